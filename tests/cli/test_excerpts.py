from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.cli.excerpts import source_lines
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Model, ModelReport, Report, Settings
from gradaudit.errors import Location


def report(*places: Location | None) -> Report:
    """One finding at each place."""
    findings = tuple(Finding("r", Severity.ERROR, "m", "c", {}, location=place) for place in places)
    model = Model("m", "m.yaml", 1, 1, ())
    return Report((ModelReport(model, Settings(), "error", "", findings, Measurements()),))


def test_the_lines_of_findings_are_read(folder: Path) -> None:
    """Each finding's line, of files and of given texts; those without a line are left out."""
    (folder / "a.yaml").write_bytes(b"one\r\ntwo\r\n\xff\n")
    found = report(Location("a.yaml", 2), Location("a.yaml", 3), Location("<stdin>", 1), Location("a.yaml"), None)

    assert source_lines(found, {"<stdin>": "here\nthere"}) == {
        ("a.yaml", 2): "two",
        ("a.yaml", 3): "\N{REPLACEMENT CHARACTER}",
        ("<stdin>", 1): "here",
    }


@pytest.mark.parametrize("file", ["gone.yaml", ".", "a\0b", "a.yaml"])
def test_a_line_that_cannot_be_read_is_left_out(folder: Path, file: str) -> None:
    """A missing file, a folder, a name that no file can have, a line beyond the end: no line, no error."""
    (folder / "a.yaml").write_text("one\n")

    assert source_lines(report(Location(file, 9, 1)), {}) == {}
