"""The report as one web page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gradaudit.formats.charts.palette import FONT
from gradaudit.formats.charts.shapes import coordinate
from gradaudit.formats.interface import DRAWN_FROM
from gradaudit.formats.page import SCREEN, Page, build
from gradaudit.formats.visible import visible
from gradaudit.report import Report

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_PACKAGE = Path(__file__).resolve().parents[1]
_PACKAGED, _CHECKOUT = _PACKAGE / "templates", _PACKAGE.parent / "templates"


class Html:
    """One self-contained file, for screens of any width, light and dark."""

    name = "html"
    suffix = ".html"
    needs = DRAWN_FROM

    def render(self, report: Report) -> bytes:
        """The page in UTF-8."""
        return document(build(report, SCREEN)).encode()


FORMAT = Html()


def templates() -> Path:
    """The folder of the templates: inside the package where it was installed, else at the top of the checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def document(page: Page, created: str = "") -> str:
    """The page as HTML; `created` is a date for the file's metadata."""
    text: str = _environment(templates()).get_template("report.html.j2").render(page=page, created=created)
    return text


def marked(text: str) -> Markup:
    """The text as HTML, what stands between backticks as code."""
    from markupsafe import Markup, escape

    pieces = [escape(piece) for piece in visible(text).split("`")]
    if len(pieces) % 2 == 0:
        return escape(visible(text))
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(pieces))


@cache
def _environment(folder: Path) -> Environment:
    """Escapes every value, whatever its template is called, and fails on a name that is not there."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment
    from markupsafe import Markup

    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["px"] = coordinate
    environment.filters["marked"] = marked
    environment.globals["font"] = FONT
    # The style sheets are ours, and the text of a style element knows no escapes.
    environment.globals["styles"] = {
        name: Markup((folder / f"{name}.css").read_text("utf-8"))  # noqa: S704
        for name in ("report", "print")
    }
    return environment
