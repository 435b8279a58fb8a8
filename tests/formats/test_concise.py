"""A line a finding, for editors and scripts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.report import Report
from gradaudit.formats.concise import ConciseFormat
from gradaudit.text.text_style import TextStyle
from tests.formats.small import SMALL, small_report


def concise(report: Report) -> str:
    """A line a finding."""
    return ConciseFormat().render(report).decode()


def test_concise_is_one_line_a_finding_and_the_counts() -> None:
    """For editors and scripts."""
    first, last = concise(SMALL).splitlines()

    assert first == "model.yaml:2:13: error[vanishing-gradient] the signal dies"
    assert last == "1 error, 0 warnings in 1 model"


def test_a_finding_without_a_line_names_its_source() -> None:
    """Where the reader knows no place, the finding begins with the source, and an object's with its name."""
    report = small_report()
    lost = replace(report, findings=(replace(report.findings[0], location=None),))
    unnamed = replace(lost, model=replace(report.model, source=""))

    assert concise(Report((lost,))).startswith("model.yaml: error[vanishing-gradient] ")
    assert concise(Report((unnamed,))).startswith("deep: error[vanishing-gradient] the signal dies")


def test_models_of_one_source_are_told_apart() -> None:
    """Where a file holds several models each headline names its own, and stays one that editors read."""
    report = small_report()
    other = replace(report, model=replace(report.model, name="vote.estimators_[1]"))

    assert concise(Report((report, other))).splitlines()[:2] == [
        "model.yaml:2:13: error[vanishing-gradient] deep: the signal dies",
        "model.yaml:2:13: error[vanishing-gradient] vote.estimators_[1]: the signal dies",
    ]


@given(text_of=st.text(max_size=300), width=st.integers(40, 120))
def test_a_headline_is_one_line_whatever_it_says(text_of: str, width: int) -> None:
    """Editors read a line a finding."""
    report = small_report()
    odd = replace(report, findings=(replace(report.findings[0], message=text_of, rule=text_of),))

    (line,) = ConciseFormat(TextStyle(width), counts=False).render(Report((odd,))).decode().splitlines()

    assert line.startswith("model.yaml:2:13: error[")
