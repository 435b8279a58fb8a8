"""The report as one web page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gradaudit.domain.report import Report
from gradaudit.formats.interface import DRAWN_FROM
from gradaudit.formats.page import SCREEN, Page, build
from gradaudit.formats.templates import rendered


@dataclass(frozen=True, slots=True)
class Html:
    """One self-contained file, for screens of any width, light and dark."""

    folder: Path | None = None
    """A folder whose templates and style sheets stand in front of the packaged ones."""
    name: str = "html"
    needs: tuple[str, ...] = DRAWN_FROM

    def render(self, report: Report) -> bytes:
        """The page in UTF-8. Raises InputError for a fault in the folder's templates."""
        return document(build(report, SCREEN), folder=self.folder).encode()


FORMAT = Html()


def document(page: Page, created: str = "", *, folder: Path | None = None) -> str:
    """The page as HTML; `created` is a date for the file's metadata."""
    return rendered("report.html.j2", folder, page=page, created=created)
