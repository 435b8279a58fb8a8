"""Makes the README's pictures from a real report: `make pictures` (Chromium, pdftoppm and the extra `browser`).

The page as a browser shows it in light and dark, the PDF's first page, and a pull request's comment.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, sync_playwright

import gradaudit
from gradaudit.ci.event import Base
from gradaudit.ci.outcome import side_by_side
from gradaudit.ci.summary import StepResult, markdown

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / ".github" / "images"
SAMPLE = ROOT / "sample_models" / "vanishing-gradient.yaml"
WIDTH, HEIGHT = 1120, 1160
COMMENT_WIDTH, COMMENT_HEIGHT = 800, 700
GITHUB = """
body { font: 14px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; margin: 24px; color: #1f2328; }
.box { border: 1px solid #d1d9e0; border-radius: 6px; }
.who { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; color: #59636e; }
.text { padding: 4px 16px 12px; }
h3 { font-size: 1.25em; margin: 16px 0; }
table { border-collapse: collapse; margin: 0 0 16px; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% "DejaVu Sans Mono", monospace; }
pre { background: #f6f8fa; padding: 16px; border-radius: 6px; overflow: auto; }
pre code { background: none; padding: 0; }
"""
"""How GitHub shows a comment, as far as a picture needs it."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Measure once, render, photograph."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None or shutil.which("pdftoppm") is None:
        sys.stderr.write("the pictures need Chromium and pdftoppm: apt install chromium poppler-utils\n")
        return 2
    with contextlib.chdir(ROOT):
        report = gradaudit.audit(str(SAMPLE.relative_to(ROOT)))
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for suffix in ("html", "pdf"):
            report.save(folder / f"report.{suffix}")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            photograph(browser, folder / "report.html", scheme)
        comment(browser, folder / "comment.html")
        browser.close()
        first_page(folder / "report.pdf")
    return 0


def photograph(browser: Browser, page: Path, scheme: str) -> None:
    """The first screen, as wide as a README shows it."""
    view = browser.new_page(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    view.goto(page.as_uri())
    view.screenshot(path=str(IMAGES / f"report-{scheme}.png"))
    view.close()


def comment(browser: Browser, page: Path) -> None:
    """What a pull request shows that turns ReLU into sigmoid: the comment that the action keeps."""
    sick = SAMPLE.read_text("utf-8")
    sound = sick.replace("activation: sigmoid", "activation: relu").replace("init: xavier_normal", "init: he_normal")
    with tempfile.TemporaryDirectory() as name:
        spec = Path(name) / "models" / "encoder.yaml"
        spec.parent.mkdir()
        with contextlib.chdir(name):
            reports = [(spec.write_text(text), gradaudit.audit("models/encoder.yaml"))[1] for text in (sound, sick)]
    result = StepResult(reports[1], side_by_side(reports[1], reports[0]), Base(commit="56d3614127c0"), compared=True)
    body = MarkdownIt("commonmark").enable("table").render(markdown(result))
    page.write_text(
        f"<!DOCTYPE html><meta charset=utf-8><style>{GITHUB}</style>"
        f"<div class=box><div class=who>github-actions bot commented</div><div class=text>{body}</div></div>",
        "utf-8",
    )
    view = browser.new_page(viewport={"width": COMMENT_WIDTH, "height": COMMENT_HEIGHT})
    view.goto(page.as_uri())
    view.screenshot(path=str(IMAGES / "comment.png"))
    view.close()


def first_page(pdf: Path) -> None:
    """Page one, as paper."""
    target = IMAGES / "report-pdf"
    subprocess.run(["pdftoppm", "-png", "-r", "90", "-singlefile", str(pdf), str(target)], check=True)


if __name__ == "__main__":
    sys.exit(main())
