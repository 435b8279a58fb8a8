"""The lines of the sources that findings point at, for the text report, which reads no files itself."""

from __future__ import annotations

from collections.abc import Mapping

from gradaudit.domain.report import Report
from gradaudit.files.opening import FileError, read_file

MAX_BYTES = 1 << 22


def source_lines(report: Report, texts: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """(file, line) → the line, for every finding's place; `texts` holds what is no file: standard input.

    A file that has gone or that cannot be read is left out: the finding stands without its line.
    """
    wanted: dict[str, set[int]] = {}
    for model in report.reports:
        for place in (finding.location for finding in model.findings):
            if place is not None and place.line is not None:
                wanted.setdefault(place.file, set()).add(place.line)
    return {
        (file, number): line
        for file, numbers in wanted.items()
        for number, line in enumerate(_lines(file, texts), 1)
        if number in numbers
    }


def _lines(file: str, texts: Mapping[str, str]) -> list[str]:
    if file in texts:
        return texts[file].splitlines()
    try:
        return read_file(file, MAX_BYTES, "a source").decode("utf-8-sig", "replace").splitlines()
    except FileError:
        return []
