"""Makes the README's pictures from a real report: `make pictures` (Chromium, pdftoppm and the extra `browser`).

The page as a browser shows it in light and dark, the PDF's first page, and a pull request's comment.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import gradaudit

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / ".github" / "images"
SAMPLE = ROOT / "sample_models" / "vanishing-gradient.yaml"
WIDTH, HEIGHT = 1120, 1160
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Measure once, render, photograph."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None or shutil.which("pdftoppm") is None:
        sys.stderr.write("the pictures need Chromium and pdftoppm: apt install chromium poppler-utils\n")
        return 2
    report = gradaudit.audit(SAMPLE)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        for suffix in ("html", "pdf"):
            report.save(folder / f"report.{suffix}")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            photograph(browser, folder / "report.html", scheme)
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


def first_page(pdf: Path) -> None:
    """Page one, as paper."""
    target = IMAGES / "report-pdf"
    subprocess.run(["pdftoppm", "-png", "-r", "90", "-singlefile", str(pdf), str(target)], check=True)


if __name__ == "__main__":
    sys.exit(main())
