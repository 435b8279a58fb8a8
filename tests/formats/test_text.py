from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.findings import BASELINED, Change, Finding, Fix, Severity
from gradaudit.domain.measurements import LayerSignal, Measurements, Signal, Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Failure, Model, ModelReport, Report, ReportedLayer, Settings
from gradaudit.errors import Location
from gradaudit.formats.concise import ConciseFormat
from gradaudit.formats.standing import standing
from gradaudit.formats.text import FORMAT, TextFormat
from gradaudit.text.columns import columns
from gradaudit.text.text_style import GOOD, TextStyle


def three(*values: float) -> PerSeed:
    """A number over three seeds."""
    return PerSeed.of(values)


def small_report() -> ModelReport:
    """Two layers, one finding about the signal with a fix that was tried and one that was not."""
    rows = tuple(
        LayerSignal(k, three(*rms), three(0, 0, 0), three(1, 1, 1), three(1, 1, 1))
        for k, rms in enumerate([(1e-6, 2e-6, 4e-6), (0.1, 0.2, 0.3)])
    )
    signal = Signal(*(three(1, 1, 1),) * 6, layers=rows)
    layers = tuple(
        ReportedLayer(k, f"layers[{k + 1}]", f"dense_{k}", "dense", 8, "sigmoid", "glorot_normal", 1) for k in (0, 1)
    )
    finding = Finding(
        rule="vanishing-gradient",
        severity=Severity.ERROR,
        message="the signal dies",
        cause="sigmoid passes back a quarter",
        evidence={"measured": 1.9e-7, "limit": 1e-3, "seeds_below": 8, "share": [1, 2]},
        stage="initialised",
        layers=(0,),
        path="activation",
        location=Location("model.yaml", 2, 13),
        fixes=(
            Fix(
                "relu with he_normal",
                (Change("activation", "sigmoid", "relu"), Change("init", None, {"name": "he_normal", "gain": 2.0})),
                why="it passes all",
                verified=True,
                clears=("vanishing-gradient",),
                before={"progress": 0.0},
                after={"progress": 0.8},
            ),
            Fix("fewer layers", (Change("layers[1].repeat", 9, 2),)),
        ),
    )
    return ModelReport(
        model=Model("deep", "model.yaml", 100, 2, layers, {"loss": "mse"}, ("`init` is glorot_uniform",)),
        settings=Settings(seeds=3),
        verdict="error",
        summary="Nothing arrives.",
        findings=(finding,),
        measurements=Measurements({"initialised": Stage(signal=signal)}),
        command="gradaudit check model.yaml --seeds 3",
        versions={"gradaudit": "0.1.0"},
    )


SMALL = Report((small_report(),), version="0.1.0")
LINES = {("model.yaml", 2): "activation: sigmoid   # of the hidden layers"}


def text(report: Report, **look: object) -> str:
    """The report as text."""
    return TextFormat(**look).render(report).decode()  # type: ignore[arg-type]


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


def test_verbose_tells_all() -> None:
    """-v goes on with each finding under its line, every fix, the layers' signal and how it was measured."""
    shown = text(SMALL, verbose=True, lines=LINES)

    assert shown.startswith("deep (model.yaml): error - Nothing arrives.\n")
    assert (
        """

model.yaml:2:13: error[vanishing-gradient] the signal dies
    2 | activation: sigmoid   # of the hidden layers
      |             ^
  cause:    sigmoid passes back a quarter
  evidence: measured 1.9e-7, limit 0.001, seeds below 8, share [1, 2] (initialised)
  fix 1:    relu with he_normal (verified: the finding is gone)
              activation: sigmoid -> relu
              init: {name: he_normal, gain: 2} (new)
            training loss, share of the baseline: 100% -> 20%
            it passes all
  fix 2:    fewer layers (not tried)
              layers[1].repeat: 9 -> 2
"""
        in shown
    )
    assert "    layer 1    5.66e-6 |#\n" in shown
    assert "  assumed:  `init` is glorot_uniform\n  model:    loss mse\n" in shown
    assert "  measured: 3 seeds from 0, 256 samples, standard\n" in shown
    assert "  again:    gradaudit check model.yaml --seeds 3\n" in shown


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
    lines = text(Report((long_report(),)), look=TextStyle(width=width)).splitlines()

    assert len(lines) <= 12
    assert max(map(columns, lines)) <= width


def test_symptoms_of_one_cause_stand_in_one_line() -> None:
    """Beside what has another one."""
    shown = text(Report((long_report(3),)))

    assert "  also:     same cause: rule-1; error[rule-0], error[rule-2]\n" in shown
    assert "training loss 120% -> 10% of the baseline; dead units at the start 20% -> 10%\n" in shown


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
        shown = text(Report((report,)), look=TextStyle(color=True))
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

    assert [line.split("  ")[0] for line in lines[:6]] == [
        "verdict", "error", "error", "warning", "no finding", "healthy",
    ]  # fmt: skip
    assert "dead-units" in lines[1]
    assert "vanishing-gradient              relu with he_normal; training loss" in lines[2]
    assert "no new findings (1 suppressed)" in lines[4]


def concise(report: Report) -> str:
    """A line a finding."""
    return ConciseFormat().render(report).decode()


def test_concise_is_one_line_a_finding_and_the_counts() -> None:
    """For editors and scripts."""
    first, last = concise(SMALL).splitlines()

    assert first == "model.yaml:2:13: error[vanishing-gradient] the signal dies"
    assert last == "1 error, 0 warnings in 1 model"


def test_colour_is_only_added() -> None:
    """Without its colours the coloured report is the plain one."""
    colored = text(SMALL, look=TextStyle(color=True), verbose=True, lines=LINES)

    assert "\x1b[1;31merror[vanishing-gradient]\x1b[0m" in colored
    assert "\x1b[1;32mfix 1:    relu with he_normal" in colored
    assert "\x1b[1;31m#\x1b[0m\n" in colored, "the bar of the layer that the finding names"
    assert "(model.yaml): \x1b[1;31merror\x1b[0m - " in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == text(SMALL, verbose=True, lines=LINES)


def test_a_finding_without_a_line_names_its_source() -> None:
    """Where the reader knows no place, the finding begins with the source, and an object's with its name."""
    report = small_report()
    lost = replace(report, findings=(replace(report.findings[0], location=None),))
    unnamed = replace(lost, model=replace(report.model, source=""))

    assert concise(Report((lost,))).startswith("model.yaml: error[vanishing-gradient] ")
    assert concise(Report((unnamed,))).startswith("deep: error[vanishing-gradient] the signal dies")


def excerpt(report: ModelReport, **look: object) -> list[str]:
    """The finding's line, the line of the source, and the caret."""
    lines = text(Report((report,)), verbose=True, **look).splitlines()
    return lines[lines.index("") + 1 :]


def test_a_very_long_line_is_shown_where_it_matters() -> None:
    """Of a one-line JSON file the excerpt shows the column's surroundings, the caret under the column."""
    report = small_report()
    placed = replace(report, findings=(replace(report.findings[0], location=Location("m.json", 1, 5001)),))
    line = "x" * 5000 + "HERE" + "y" * 5000

    shown = excerpt(placed, lines={("m.json", 1): line})

    assert len(shown[1]) < 120
    assert shown[1][shown[2].index("^") :].startswith("HERE")


def test_a_caret_stands_under_what_was_escaped() -> None:
    """Tabs and escapes before the column do not move the caret off it."""
    report = small_report()
    line = "a\t\x1b[31m: sigmoid"
    placed = replace(report, findings=(replace(report.findings[0], location=Location("m.yaml", 1, 10)),))

    shown = excerpt(placed, lines={("m.yaml", 1): line})

    assert shown[1] == "    1 | a \\x1b[31m: sigmoid"
    assert shown[1][shown[2].index("^") :] == "sigmoid"


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


def test_a_suppressed_finding_is_shown_on_demand() -> None:
    """What was silenced is left out, and with -v shown with its reason."""
    report = small_report()
    silenced = Report(
        (replace(report, verdict="healthy", findings=(replace(report.findings[0], suppressed="known"),)),)
    )

    assert "the signal dies" not in text(silenced)
    assert "  suppressed: known\n" in text(silenced, verbose=True)


def test_our_own_words_are_ascii(sick: Report) -> None:
    """What gradaudit adds around the names can be shown by any terminal."""
    assert text(SMALL, verbose=True).isascii()


def test_the_format_asks_for_nothing() -> None:
    """Text is content with what the rules measured."""
    assert (FORMAT.name, FORMAT.needs) == ("text", ())


def doubled(**changes: object) -> Report:
    """The small report with a second finding that the same fix clears."""
    report = small_report()
    first = report.findings[0]
    fix = replace(first.fixes[0], clears=("dead-units",), **changes)  # type: ignore[arg-type]
    return Report((replace(report, findings=(first, replace(first, rule="dead-units", fixes=(fix,)))),))


def test_a_fix_is_shown_once_and_named_again() -> None:
    """The second finding refers to it by its number, with what it does there."""
    shown = text(doubled(), verbose=True)

    assert shown.count("              activation: sigmoid -> relu\n") == 1
    assert shown.count("training loss, share of the baseline: 100% -> 20%") == 1
    assert "  fix 1:    relu with he_normal (as above; verified: the finding is gone)\n" in shown
    assert "relu with he_normal (verified: fixes both findings)" in shown


def test_other_numbers_of_the_same_fix_are_shown() -> None:
    """What was measured again and came out otherwise is no repetition."""
    shown = text(doubled(after={"progress": 0.9}), verbose=True)

    assert "training loss, share of the baseline: 100% -> 20%" in shown
    assert "training loss, share of the baseline: 100% -> 10%" in shown


def test_models_of_one_source_are_told_apart() -> None:
    """Where a file holds several models each headline names its own, and stays one that editors read."""
    report = small_report()
    other = replace(report, model=replace(report.model, name="vote.estimators_[1]"))

    assert concise(Report((report, other))).splitlines()[:2] == [
        "model.yaml:2:13: error[vanishing-gradient] deep: the signal dies",
        "model.yaml:2:13: error[vanishing-gradient] vote.estimators_[1]: the signal dies",
    ]


@pytest.mark.parametrize("width", [40, 60, 100, 120])
@pytest.mark.parametrize("fixture", ["sick", "healthy", "patchy", "several"])
def test_prose_keeps_to_the_width(fixture: str, width: int, request: pytest.FixtureRequest) -> None:
    """What is wider is a line to be copied or to be read by an editor: headlines, changes, commands, counts."""
    report = request.getfixturevalue(fixture)
    whole = re.compile(r"^(next: |\d+ errors?, |  again: | {14}\S|.*: (error|warning|info)\[)")

    lines = text(report, look=TextStyle(width=width), verbose=True).splitlines()

    assert [line for line in lines if columns(line) > width and not whole.match(line)] == []


@given(text_of=st.text(max_size=300), width=st.integers(40, 120))
def test_a_headline_is_one_line_whatever_it_says(text_of: str, width: int) -> None:
    """Editors read a line a finding."""
    report = small_report()
    odd = replace(report, findings=(replace(report.findings[0], message=text_of, rule=text_of),))

    (line,) = ConciseFormat(TextStyle(width), counts=False).render(Report((odd,))).decode().splitlines()

    assert line.startswith("model.yaml:2:13: error[")


def test_healthy_models_stand_close_together() -> None:
    """A few of them are a list; a finding's block keeps its distance."""
    lines = text(Report((healthy(), healthy(), small_report()))).splitlines()

    assert lines[:3] == ["deep (model.yaml): healthy - It learns."] * 2 + [""]
    assert lines[-2] == "1 error, 0 warnings in 3 models"


def test_an_excerpt_fits_the_terminal_and_keeps_its_caret() -> None:
    """Wide characters take two columns each, before the caret and in the window."""
    report = small_report()
    line = "名前: 深い # " + "x" * 20 + "HERE" + "y" * 100
    placed = replace(report, findings=(replace(report.findings[0], location=Location("m.yaml", 1, 30)),))

    shown = excerpt(placed, look=TextStyle(width=60), lines={("m.yaml", 1): line})

    assert max(map(columns, shown[1:3])) <= 60
    before = shown[2].index("^")
    assert columns(shown[1][: shown[1].index("HERE")]) == before


def test_nothing_audited_is_not_said_in_green() -> None:
    """No error was found because nothing was looked at."""
    failed = Report((), (Failure("a.yaml", "x"),))

    assert text(failed, look=TextStyle(color=True)) == "0 errors, 0 warnings in 0 models; 1 source not audited\n"
    assert text(Report(()), look=TextStyle(color=True)) == "0 errors, 0 warnings in 0 models\n"
