"""The report as Python shows it: printed, saved, and on a notebook's page."""

from __future__ import annotations

import os
from pathlib import Path

from gradaudit.domain import report as reports
from gradaudit.errors import InputError


class Report(reports.Report):
    """One run of gradaudit over any number of models, which can be printed and saved."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report whole or not at all; the suffix chooses the format: .html, .pdf, .json, .md, ….

        Raises InputError for another suffix and a place that cannot be written, OSError where writing fails,
        MissingLibraryError where the PDF's system libraries are missing.
        """
        from gradaudit.files.writing import check_writable, write_whole
        from gradaudit.formats import SUFFIXES, format_for, get

        file = Path(path)
        name = format_for(file.name)
        if name is None:
            raise InputError(f"'{file}': the suffix chooses the format, one of {', '.join(SUFFIXES)}")
        check_writable(file)
        write_whole(file, get(name).render(self))

    def _repr_html_(self) -> str:
        """The whole page for a notebook, in a frame of its own: neither's styles reach the other, and nothing runs."""
        from html import escape

        from gradaudit.formats import get

        # The frame's base is the notebook's address, which the page's links to its own parts must not lead to.
        page = get("html").render(self).decode().replace("<head>", '<head>\n<base href="about:srcdoc">', 1)
        return (
            '<iframe sandbox title="gradaudit report" width="100%" height="720" '
            f'style="border: 1px solid #8888; resize: vertical" srcdoc="{escape(page)}"></iframe>'
        )

    def _repr_markdown_(self) -> str:
        """Verdict, findings and fixes, where a notebook's viewer shows no frames."""
        from gradaudit.formats import get

        return get("markdown").render(self).decode()

    def __repr__(self) -> str:
        """In a line: a prompt must not print every number."""
        from gradaudit.formats.standing import standing

        models = ", ".join(f"{each.model.name}: {standing(each)}" for each in self.reports[:5])
        more = f", and {len(self.reports) - 5} more" if len(self.reports) > 5 else ""
        return f"<gradaudit.Report {models}{more}>"

    def __str__(self) -> str:
        """The findings as `gradaudit check` prints them, without the source's lines."""
        from gradaudit.formats import get

        return get("text").render(self).decode()
