"""A finding in full: the line of its source with a caret, its fixes by number."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.domain.report import ModelReport, Report
from gradaudit.errors import Location
from gradaudit.formats.finding_text import evidence_text
from gradaudit.text.columns import columns
from gradaudit.text.text_style import TextStyle
from tests.formats.small import LINES, SMALL, small_report, text


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
  evidence: measured 1.9e-7, limit 0.001, below the limit in 8 seeds, share [1, 2] (before training)
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
    assert "  measured: 3 seeds from 0, at most 256 rows, standard effort\n" in shown
    assert "  again:    gradaudit check model.yaml --seeds 3\n" in shown


def test_evidence_is_told_in_words() -> None:
    """What is so by its name, what is not so and what is not known not at all: the JSON report has them."""
    known = {"measured": 0.5, "plan_is_short": True, "plan_is_cut": False, "best_rate": None}
    assert evidence_text(known, whole=True) == "measured 0.5, plan is short"


def test_seeds_are_told_of_how_many_and_how_sure() -> None:
    """The four numbers of one count are one clause; a mapping is for programs."""
    count = {
        "seeds_below": 8,
        "seeds": 8,
        "share_low": 0.676,
        "share_high": 1.0,
        "with_changes": {"relu": {"symptom": 1}},
    }
    assert evidence_text(count, whole=True) == "below the limit in 8 of 8 seeds (95% CI: 67.6% to 100%)"


def excerpt(report: ModelReport, **style: object) -> list[str]:
    """The finding's line, the line of the source, and the caret."""
    lines = text(Report((report,)), verbose=True, **style).splitlines()
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


def test_a_suppressed_finding_is_shown_on_demand() -> None:
    """What was silenced is left out, and with -v shown with its reason."""
    report = small_report()
    silenced = Report(
        (replace(report, verdict="healthy", findings=(replace(report.findings[0], suppressed="known"),)),)
    )

    assert "the signal dies" not in text(silenced)
    assert "  suppressed: known\n" in text(silenced, verbose=True)


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


def test_an_excerpt_fits_the_terminal_and_keeps_its_caret() -> None:
    """Wide characters take two columns each, before the caret and in the window."""
    report = small_report()
    line = "名前: 深い # " + "x" * 20 + "HERE" + "y" * 100
    placed = replace(report, findings=(replace(report.findings[0], location=Location("m.yaml", 1, 30)),))

    shown = excerpt(placed, style=TextStyle(width=60), lines={("m.yaml", 1): line})

    assert max(map(columns, shown[1:3])) <= 60
    before = shown[2].index("^")
    assert columns(shown[1][: shown[1].index("HERE")]) == before
