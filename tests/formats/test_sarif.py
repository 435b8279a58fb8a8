from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradaudit.domain.findings import Fix, Severity
from gradaudit.domain.report import Failure, Report
from gradaudit.errors import Location
from gradaudit.formats.sarif import FORMAT
from tests.formats.pull_request import EDITS, EXCUSED, MODEL, SILENCED, finding, report

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
SUBSET = Path(__file__).parent / "sarif-subset.schema.json"
OFFICIAL = os.environ.get("SARIF_SCHEMA", "")
FIXTURES = ("sick", "healthy", "patchy", "hostile", "several")


def document(found: Report) -> dict[str, Any]:
    """What another program reads."""
    written: dict[str, Any] = json.loads(FORMAT.render(found))
    return written


def results(found: Report) -> list[dict[str, Any]]:
    """Of the only run."""
    return document(found)["runs"][0]["results"]  # type: ignore[no-any-return]


def faults(schema: Path, found: Report) -> list[str]:
    """What the schema says against the document."""
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text("utf-8")))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document(found))]


@pytest.fixture(params=[*FIXTURES, "whole"])
def any_report(request: pytest.FixtureRequest) -> Report:
    """Each of the reports that the formats are tried with."""
    if request.param == "whole":
        fixed = finding(fixes=(Fix("zero biases", (), edits=EDITS),))
        return report(fixed, SILENCED, EXCUSED, errors=(Failure("a:b", "broke", internal=True), Failure("", "x")))
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_it_is_the_part_of_the_standard_that_we_write(any_report: Report) -> None:
    """No other keys, no empty messages, and URIs of characters that a URI may have."""
    assert faults(SUBSET, any_report) == []


@pytest.mark.skipif(not OFFICIAL, reason="SARIF_SCHEMA names no file with the schema that OASIS publishes")
def test_it_is_valid_by_the_published_schema(any_report: Report) -> None:
    """The whole of SARIF 2.1.0."""
    assert faults(Path(OFFICIAL), any_report) == []


def test_it_is_ascii(any_report: Report) -> None:
    """Every other character is JSON's escape."""
    assert FORMAT.render(any_report).isascii()


def test_a_result_says_what_where_and_why() -> None:
    """Level, place with line and column, spec path, layers, and the best fix in words."""
    fix = Fix("zero biases", (), verified=True, clears=("dead-units",), after={"loss_after": 0.1})
    (found,) = results(report(finding(fixes=(fix,))))

    assert (found["ruleId"], found["level"]) == ("dead-units", "error")
    assert found["message"]["text"].split("\n") == [
        "units of encoder are dead",
        "Cause: negative biases",
        "Fix: zero biases (verified: the finding is gone)",
    ]
    (place,) = found["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "models/my%20net.yaml"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert [(each.get("name"), each.get("fullyQualifiedName")) for each in place["logicalLocations"]] == [
        ("deep", None),
        (None, "layers[1].bias"),
        ("encoder", "layers[1]/encoder"),
    ]
    assert found["properties"]["evidence"] == {"measured": 0.9, "limit": 0.5}


def test_levels() -> None:
    """Information is a note."""
    levels = [found["level"] for found in results(report(*(finding(severity=each) for each in Severity)))]

    assert levels == ["note", "warning", "error"]


def test_edits_of_the_spec_are_replacements() -> None:
    """With the end exclusive, as ours; a fix that the text cannot hold is none."""
    fixes = (Fix("zero biases", (), edits=EDITS), Fix("another model", ()))
    (fix,) = results(report(finding(fixes=fixes)))[0]["fixes"]
    (change,) = fix["artifactChanges"]

    assert fix["description"]["text"] == "zero biases (not tried)"
    assert change["artifactLocation"]["uri"] == "models/my%20net.yaml"
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 12},
        "insertedContent": {"text": "zeros"},
    }


def test_what_does_not_count_is_marked() -> None:
    """A comment is in the source, a baseline is not; both keep their reason."""
    marks = [found.get("suppressions") for found in results(report(finding(), SILENCED, EXCUSED))]

    assert marks == [
        None,
        [{"kind": "inSource", "status": "accepted", "justification": "a lecture shows it"}],
        [{"kind": "external", "status": "accepted", "justification": "in the baseline"}],
    ]


def test_rules_come_with_their_manuals() -> None:
    """Those that were checked, in the order of the list; the result points at its own."""
    run = document(report(finding()))["runs"][0]
    rules = run["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == ["vanishing-gradient", "dead-units", "plateau"]
    assert rules[run["results"][0]["ruleIndex"]]["id"] == "dead-units"
    assert "### What to do\n\nUse LeakyReLU" in rules[1]["help"]["markdown"]
    assert rules[1]["fullDescription"]["text"].startswith("Units give the same output")


def test_what_could_not_be_audited_is_a_notification() -> None:
    """And the run is no success."""
    failure = Failure("broken.yaml", "no such activation", Location("broken.yaml", 4, 13))
    (invocation,) = document(report(errors=(failure,)))["runs"][0]["invocations"]
    (told,) = invocation["toolExecutionNotifications"]

    assert not invocation["executionSuccessful"]
    assert told["message"]["text"] == "broken.yaml: no such activation"
    assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 13}
    assert document(report())["runs"][0]["invocations"][0]["executionSuccessful"]


def test_no_part_of_a_message_is_a_link() -> None:
    """SARIF's plain messages may hold links in Markdown's form."""
    (found,) = results(report(finding(message="[click](http://evil)")))

    assert "](" not in found["message"]["text"]


def test_an_object_s_findings_are_in_its_file() -> None:
    """`net.py:model` is a file with a name behind it, a module has none."""
    places = [
        results(report(finding(location=None), model=replace(MODEL, source=source)))[0]["locations"][0]
        for source in ("net.py:model", "package.module:model")
    ]

    assert places[0]["physicalLocation"] == {"artifactLocation": {"uri": "net.py"}}
    assert "physicalLocation" not in places[1]
