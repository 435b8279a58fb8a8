from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gradaudit.domain.findings import BASELINED, Severity
from gradaudit.domain.report import Failure, ModelReport, Report
from gradaudit.formats.standing import standing
from gradaudit.formats.text import FORMAT
from gradaudit.text.columns import columns
from gradaudit.text.text_style import GOOD, TextStyle
from tests.formats.small import LINES, SMALL, small_report, text


def test_the_terminal_leads_with_what_decides() -> None:
    """Verdict and sentence, cause with its place, the best fix with before and after, the counts, the next command."""
    assert (
        text(SMALL, lines=LINES)
        == """\
deep (model.yaml): error - Nothing arrives.
model.yaml:2:13: error[vanishing-gradient] sigmoid passes back a quarter
  fix:      relu with he_normal (verified: fixes the finding)
            activation: sigmoid -> relu; init: {name: he_normal, gain: 2} (new)
            training loss 100% -> 20% of the baseline
1 error, 0 warnings in 1 model
next: gradaudit fix model.yaml --seeds 3
"""
    )


def long_report(findings: int = 6) -> ModelReport:
    """Everything that a report says, at length."""
    report, words = small_report(), "many words that say the same thing over and over " * 12
    first = report.findings[0]
    fix = replace(
        first.fixes[0], title=words, changes=first.fixes[0].changes * 20, better=(8, 8),
        before={"progress": -0.2, "dead_fraction": 0.2}, after={"progress": 0.9, "dead_fraction": 0.1},
    )  # fmt: skip
    worst = replace(first, cause=words, message=words, fixes=(fix,))
    roots = [None, "vanishing-gradient"] * findings
    others = [replace(worst, rule=f"rule-{k}", symptom_of=roots[k]) for k in range(findings)]
    return replace(report, summary=words, findings=(worst, *others))


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_sick_model_takes_at_most_twelve_lines(width: int) -> None:
    """However much there is to say."""
    lines = text(Report((long_report(),)), style=TextStyle(width=width)).splitlines()

    assert len(lines) <= 12
    assert max(map(columns, lines)) <= width


def test_symptoms_of_one_cause_stand_in_one_line() -> None:
    """Beside what has another one."""
    shown = text(Report((long_report(3),)))

    assert "  also:     cured by the same change: rule-1; error[rule-0], error[rule-2]\n" in shown
    assert "training loss 120% -> 10% of the baseline; dead units at start, worst layer 20% -> 10%\n" in shown


def test_a_healthy_model_is_its_verdict_alone() -> None:
    """Nothing else is to be said."""
    assert text(Report((healthy(),))) == "deep (model.yaml): healthy - It learns.\n"


def healthy(**changes: object) -> ModelReport:
    """The small report without a finding."""
    return replace(small_report(), **{"findings": (), "verdict": "healthy", "summary": "It learns."} | changes)  # type: ignore[arg-type]


def test_what_is_not_healthy_is_not_called_so() -> None:
    """Suppressed, in the baseline, not selected, not shown to learn: each is said, and none is green."""
    found = small_report().findings[0]
    cases = {
        "no new findings (1 suppressed)": healthy(findings=(replace(found, suppressed="known"),)),
        "no new findings (1 in the baseline)": healthy(findings=(replace(found, suppressed=BASELINED),)),
        "only saddle-point was checked": healthy(rules=("saddle-point",), unchecked=("plateau",)),
        "1 of 5 rules not checked": healthy(rules=("a", "b", "c", "d"), unchecked=("e",)),
        "not shown to learn": healthy(conclusive=False),
    }
    for word, report in cases.items():
        shown = text(Report((report,)), style=TextStyle(color=True))
        assert f"{word}\x1b[0m - It learns." in shown
        assert GOOD not in shown
        assert standing(report) == word
        assert "in 1 model" in shown


def test_many_models_are_a_table_the_worst_first() -> None:
    """Within a severity the one that loses most; the suppressed before the healthy."""
    sick = small_report()
    worse = replace(sick, findings=(replace(sick.findings[0], rule="dead-units", regret=0.9),))
    hidden = healthy(findings=(replace(sick.findings[0], suppressed="known"),))
    warned = replace(sick, verdict="warning", findings=(replace(sick.findings[0], severity=Severity.WARNING),))

    lines = text(Report((healthy(), hidden, warned, sick, worse))).splitlines()

    assert [line.split("  ")[0] for line in lines[:9]] == [
        "verdict", "error", "", "error", "", "warning", "", "no finding", "healthy",
    ]  # fmt: skip
    assert "dead-units" in lines[1]
    assert lines[4] == "            relu with he_normal; training loss 100% -> 20% of the baseline"
    assert "no new findings (1 suppressed)" in lines[7]


def test_the_table_says_which_fix_was_not_tried() -> None:
    """As the report of one model does."""
    sick = small_report()
    (finding,) = sick.findings
    untried = replace(finding, fixes=(replace(finding.fixes[0], verified=False, clears=(), after={}),))

    lines = text(Report((sick,) * 3 + (replace(sick, findings=(untried,)),))).splitlines()

    assert [line.strip() for line in lines].count("relu with he_normal (not tried)") == 1


def test_colour_is_only_added() -> None:
    """Without its colours the coloured report is the plain one."""
    colored = text(SMALL, style=TextStyle(color=True), verbose=True, lines=LINES)

    assert "\x1b[1;31merror[vanishing-gradient]\x1b[0m" in colored
    assert "\x1b[1;32mfix 1:    relu with he_normal" in colored
    assert "\x1b[1;31m#\x1b[0m\n" in colored, "the bar of the layer that the finding names"
    assert "(model.yaml): \x1b[1;31merror\x1b[0m - " in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == text(SMALL, verbose=True, lines=LINES)


def test_counts_leave_nothing_out() -> None:
    """Sources that failed, faults of our own and suppressed findings stand beside errors and warnings."""
    report = small_report()
    found = report.findings[0]
    mixed = replace(
        report,
        findings=(
            found,
            replace(found, severity=Severity.WARNING),
            replace(found, severity=Severity.INFO),
            replace(found, suppressed="known"),
        ),
    )
    failures = (Failure("a", "x"), Failure("a", "y"), Failure("b", "z"), Failure("m", "broke", internal=True))

    last = text(Report((mixed, mixed), failures)).splitlines()[-2]

    assert last == (
        "2 errors, 2 warnings, 2 info in 2 models; 2 sources not audited; 1 fault of gradaudit's own; "
        "2 findings suppressed"
    )


def test_our_own_words_are_ascii(sick: Report) -> None:
    """What gradaudit adds around the names can be shown by any terminal."""
    assert text(SMALL, verbose=True).isascii()


def test_the_format_asks_for_nothing() -> None:
    """Text is content with what the rules measured."""
    assert (FORMAT.name, FORMAT.needs) == ("text", ())


@pytest.mark.parametrize("width", [40, 60, 100, 120])
@pytest.mark.parametrize("fixture", ["sick", "healthy", "patchy", "several"])
def test_prose_keeps_to_the_width(fixture: str, width: int, request: pytest.FixtureRequest) -> None:
    """What is wider is a line to be copied or to be read by an editor: headlines, changes, commands, counts."""
    report = request.getfixturevalue(fixture)
    whole = re.compile(r"^(next: |\d+ errors?, |  again: | {14}\S|.*: (error|warning|info)\[)")

    lines = text(report, style=TextStyle(width=width), verbose=True).splitlines()

    assert [line for line in lines if columns(line) > width and not whole.match(line)] == []


def test_healthy_models_stand_close_together() -> None:
    """A few of them are a list, the worst first; a finding's block keeps its distance."""
    lines = text(Report((healthy(), healthy(), small_report()))).splitlines()

    assert lines[-5:-2] == ["", *["deep (model.yaml): healthy - It learns."] * 2]
    assert lines[-2] == "1 error, 0 warnings in 3 models"


def test_nothing_audited_is_not_said_in_green() -> None:
    """No error was found because nothing was looked at."""
    failed = Report((), (Failure("a.yaml", "x"),))

    assert text(failed, style=TextStyle(color=True)) == "0 errors, 0 warnings in 0 models; 1 source not audited\n"
    assert text(Report(()), style=TextStyle(color=True)) == "0 errors, 0 warnings in 0 models\n"
