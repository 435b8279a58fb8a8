from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.findings import Fix, Severity
from gradaudit.domain.report import Failure, Report
from gradaudit.errors import Location
from gradaudit.formats.github import FORMAT, MOST
from tests.formats.golden_file import golden
from tests.formats.pull_request import MODEL, SILENCED, finding, report

COMMAND = re.compile(r"::(?P<kind>error|warning|notice) (?P<properties>[^:\r\n]*)::(?P<message>[^\r\n]*)")


def printed(found: Report) -> list[str]:
    """Its lines."""
    return FORMAT.render(found).decode().split("\n")[:-1]


def unescaped(text: str) -> str:
    """As the runner gives it back."""
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def commands(found: Report) -> list[dict[str, str]]:
    """What the runner makes of the log: a line that begins with `::` is a command, whatever white space is before."""
    lines = [line for line in printed(found) if line.lstrip().startswith("::")]
    matches = [COMMAND.fullmatch(line) for line in lines]
    assert None not in matches
    return [
        {
            "kind": match["kind"],
            "message": unescaped(match["message"]),
            **{k: unescaped(v) for k, _, v in (pair.partition("=") for pair in match["properties"].split(","))},
        }
        for match in matches
        if match is not None
    ]


def test_a_finding_annotates_its_line() -> None:
    """With what, why and what helps, and the rule as the title."""
    (made,) = commands(report(finding(fixes=(Fix("zero biases", ()),))))

    assert made == {
        "kind": "error",
        "file": "models/my net.yaml",
        "line": "3",
        "col": "7",
        "title": "gradaudit[dead-units] deep",
        "message": "units of encoder are dead\nCause: negative biases\nFix: zero biases (not tried)",
    }


def test_the_worst_come_first() -> None:
    """What could not be audited, errors, warnings, notices; what was silenced is not shown."""
    failure = Failure("b.yaml", "bad", Location("b.yaml", 4))
    found = report(*(finding(severity=each) for each in Severity), SILENCED, errors=(failure,))

    assert [(made["kind"], made["file"]) for made in commands(found)] == [
        ("error", "b.yaml"),
        ("error", "models/my net.yaml"),
        ("warning", "models/my net.yaml"),
        ("notice", "models/my net.yaml"),
    ]


@pytest.mark.parametrize("severity", Severity)
def test_no_more_than_github_shows_of_a_kind(severity: Severity) -> None:
    """The last says how many more there are, and these follow as plain lines."""
    for count in (MOST, MOST + 1, 300):
        found = report(*(finding(severity=severity, message=f"number {i}.") for i in range(count)))
        made = commands(found)
        plain = [line for line in printed(found) if line.startswith("models/my net.yaml:3:7: ")]

        assert len(made) == MOST
        assert len(plain) == (0 if count == MOST else count - MOST + 1)
        assert count == MOST or made[-1]["message"].startswith(f"{len(plain)} more ")
        assert all(f"number {i}." in " ".join((*plain, *(m["message"] for m in made))) for i in range(count))


def test_the_log_ends_with_verdicts_and_counts(several: Report) -> None:
    """For who reads the log instead of the annotations."""
    lines = printed(several)

    assert lines[-1].startswith("3 errors, 2 warnings in 4 models; 1 source not audited")
    assert "relu-he (relu-he.yaml): healthy - The gradient" in lines[-5]


ATTACKS = st.lists(
    st.sampled_from(("::error::x", "\n", "\r", "%0A", "%", ":", ",", "::", "##[add-path]/x", " ", "\t", "a", "\x85",
                     "\u2028", "\x0b", "\x0c", "::stop-commands::t", "\udcff", "file=x")),
    max_size=8,
).map("".join)  # fmt: skip


@given(name=ATTACKS, said=ATTACKS, file=ATTACKS)
def test_nothing_from_a_spec_can_start_a_command(name: str, said: str, file: str) -> None:
    """One finding is one command, whatever it says, and its parts arrive as they were; no other line is one."""
    model = replace(MODEL, name=name, source=file)
    found = finding(message=said, cause=said, location=Location(file, 3))
    whole = report(found, model=model)
    silent = replace(whole.reports[0], summary=said, verdict=said)

    made = commands(replace(whole, reports=(silent,)))

    assert len(made) == 1
    assert made[0]["line"] == "3"
    assert made[0]["title"].startswith("gradaudit[dead-units] ")
    assert "##[" not in FORMAT.render(whole).decode()
    assert len(re.split(r"[\r\n\x0b\x0c\x85\u2028]", FORMAT.render(whole).decode())) == 4


@pytest.mark.parametrize("fixture", ["sick", "healthy", "patchy", "hostile", "several"])
def test_every_report_can_be_printed(fixture: str, request: pytest.FixtureRequest) -> None:
    """Whatever a report holds or lacks: no other command."""
    assert len(commands(request.getfixturevalue(fixture))) <= 3 * MOST


def test_the_log_reads_as_it_did(several: Report) -> None:
    """Every line of it stands in the golden file."""
    written = FORMAT.render(several)

    assert written == golden("several.github.txt", written)
