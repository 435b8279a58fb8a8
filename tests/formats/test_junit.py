from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from gradaudit.domain.findings import Change, Fix, Severity
from gradaudit.domain.report import Failure, Report
from gradaudit.errors import Location
from gradaudit.formats.junit import FORMAT
from tests.formats.golden_file import golden
from tests.formats.pull_request import EXCUSED, SILENCED, finding, report


def parsed(found: Report) -> ET.Element:
    """The document as any XML parser reads it."""
    return ET.fromstring(FORMAT.render(found))  # noqa: S314 - our own bytes


def cases(found: Report) -> dict[str, ET.Element]:
    """By name."""
    return {case.get("name", ""): case for case in parsed(found).iter("testcase")}


def test_every_rule_that_was_checked_is_a_case() -> None:
    """One that finds nothing passes."""
    found = cases(report(finding()))

    assert list(found) == ["vanishing-gradient", "dead-units", "plateau"]
    assert list(found["plateau"]) == []
    assert found["dead-units"].attrib == {
        "classname": "models/my net.yaml", "name": "dead-units", "file": "models/my net.yaml", "line": "3",
    }  # fmt: skip


def test_a_failure_says_what_why_and_what_helps() -> None:
    """The worst finding's message, then all of them with their fixes; the numbers on standard output."""
    fix = Fix("zero biases", (Change("bias", "normal", "zeros"),))
    minor = finding(severity=Severity.WARNING, message="a unit is dead", fixes=(fix,), stage="trained")
    case = cases(report(minor, finding()))["dead-units"]
    failure = case.find("failure")

    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("error", "units of encoder are dead")
    assert (failure.text or "").split("\n") == [
        "models/my net.yaml:3:7: a unit is dead",
        "cause: negative biases",
        "fix: zero biases (not tried)",
        "  bias: normal -> zeros",
        "",
        "models/my net.yaml:3:7: units of encoder are dead",
        "cause: negative biases",
    ]
    assert "warning (after the trial run): a unit is dead\n  measured 0.9, limit 0.5" in (
        case.findtext("system-out") or ""
    )


def test_what_does_not_count_does_not_fail() -> None:
    """Information passes, what was silenced is skipped with its reason."""
    found = cases(report(finding(severity=Severity.INFO), SILENCED, EXCUSED))
    skipped = {name: case.find("skipped") for name, case in found.items()}

    assert all(case.find("failure") is None for case in found.values())
    assert skipped["dead-units"] is None
    assert {name: mark.get("message") for name, mark in skipped.items() if mark is not None} == {
        "vanishing-gradient": "suppressed: in the baseline",
        "plateau": "suppressed: a lecture shows it",
    }


def test_what_was_not_audited_is_an_error() -> None:
    """In a suite of its own, named after the source."""
    failures = (Failure("b.yaml", "bad", Location("b.yaml", 4, 1)), Failure("b.yaml", "broke", internal=True))
    suite = parsed(report(errors=failures)).findall("testsuite")[1]

    assert (suite.get("name"), suite.get("tests"), suite.get("errors")) == ("b.yaml", "2", "2")
    assert [each.text for each in suite.iter("error")] == ["b.yaml:4:1: bad", "b.yaml: broke"]


def test_the_counts_are_those_of_the_cases(several: Report) -> None:
    """Of each suite and of the whole."""
    root = parsed(several)

    for element in (root, *root.iter("testsuite")):
        inside = list(element.iter("testcase"))
        counted = [sum(case.find(tag) is not None for case in inside) for tag in ("failure", "error", "skipped")]
        assert [int(element.get(key, "")) for key in ("failures", "errors", "skipped")] == counted
        assert int(element.get("tests", "")) == len(inside)


@pytest.mark.parametrize("fixture", ["sick", "healthy", "patchy", "hostile", "several"])
def test_every_report_is_valid_xml(fixture: str, request: pytest.FixtureRequest) -> None:
    """Whatever the names are: no character that XML 1.0 refuses."""
    found = request.getfixturevalue(fixture)

    assert parsed(found).tag == "testsuites"
    assert b"<script>" not in FORMAT.render(found)


def test_the_document_reads_as_it_did(sick: Report) -> None:
    """Every line of it stands in the golden file."""
    written = FORMAT.render(sick)

    assert written == golden("sick.junit.xml", written)
