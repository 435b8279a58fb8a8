from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Model, ModelReport, Report, Settings
from gradaudit.formats.charts import Chart
from gradaudit.formats.page import PAPER, SCREEN, build
from gradaudit.formats.page.method import method_view
from gradaudit.formats.page.tables import Column
from gradaudit.formats.page.view import Limits
from tests.formats.page_views import UNSAID, longest_line, pictures, section, strings, tables

GOLDEN = Path(__file__).parent / "golden" / "sick.page.txt"


def outline(node: object, name: str = "", depth: int = 0) -> Iterator[str]:
    """A view model as indented lines, charts by their titles alone: what a person reads, without coordinates."""
    pad, said = "  " * depth, f"{name}: " if name else ""
    if isinstance(node, Chart):
        yield f"{pad}{said}{node.title}"
    elif isinstance(node, tuple) and node and all(isinstance(item, str | Column) for item in node):
        yield pad + said + " | ".join(item.label if isinstance(item, Column) else item for item in node)
    elif isinstance(node, tuple):
        for item in node:
            yield from outline(item, name, depth)
    elif is_dataclass(node):
        yield f"{pad}{name}"
        for field in fields(node):
            yield from outline(getattr(node, field.name), field.name, depth + 1)
    elif node not in ("", None, False):
        yield f"{pad}{said}{node}"


def only(report: Report, **changes: object) -> Report:
    """The report's only model with other values."""
    return Report((replace(report.reports[0], **changes),))  # type: ignore[arg-type]


def test_the_page_of_a_sick_network_reads_as_it_did(sick: Report) -> None:
    """Every word of the page stands in the golden file; run with UPDATE_GOLDEN=1 to accept a change."""
    text = "\n".join(outline(build(sick, PAPER))) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")

    assert text == GOLDEN.read_text("utf-8")


def test_the_chapters_stand_in_their_order(sick: Report) -> None:
    """Signal, ledger, run, units, rate, critical point."""
    ids = [s.id.rsplit("-", 1)[1] for s in build(sick, SCREEN).models[0].sections]

    assert ids == ["signal", "ledger", "run", "units", "rate", "critical"]


def test_the_first_screen_names_verdict_cause_and_fix(sick: Report) -> None:
    """Nobody has to scroll to learn what is wrong, why, where, and what helped."""
    page = build(sick, SCREEN).models[0]
    first = page.glances[0]

    assert (page.word, first.rule, first.where) == (
        "Error",
        "vanishing-gradient",
        "line 2 · layers 1 to 8",
    )
    assert "each sigmoid passes back at most a quarter" in page.summary
    assert page.picture is not None
    assert page.tried is not None
    assert page.tried.title == "relu with he_normal"
    assert page.tried.gains[0] == ("Training loss, share of the baseline", "100%", "9%")
    assert page.figures == ()


def test_each_chart_carries_its_sentence(sick: Report, healthy: Report) -> None:
    """The title of the picture is what to take away, for screen readers and for the PDF's alt text."""
    for report in (sick, healthy):
        page = build(report, SCREEN).models[0]
        leads = {chapter.lead for chapter in page.sections}
        for picture in pictures(page):
            assert picture.wide.title == picture.narrow.title
            said = {picture.heading} if picture.heading else leads
            assert picture.wide.title in said or picture.key.endswith(picture.wide.title)
            assert picture.wide.title.endswith(".")
            assert picture.key


def test_each_chapter_with_a_chart_has_its_numbers(sick: Report) -> None:
    """Who cannot see the picture, or wants the digits, has a table."""
    for chapter in build(sick, SCREEN).models[0].sections:
        assert [t for picture in chapter.pictures for t in picture.tables] or chapter.tables


def test_a_full_audit_fills_every_chapter(sick: Report) -> None:
    """Forecast, profiles, sweep and spectrum have their places; the chart of the first page stands nowhere else."""
    page = build(sick, SCREEN)
    names = {c.id.rsplit("-", 1)[1]: [p.wide.name for p in c.pictures] for c in page.models[0].sections}

    assert names == {
        "signal": [],
        "ledger": ["gains", "profile"],
        "units": ["units"],
        "rate": ["sweep"],
        "critical": ["spectrum"],
        "run": ["run"],
    }


def test_the_ledger_takes_the_width_out_of_the_weights(sick: Report) -> None:
    """128 units behind 10: the change of width is shown as width, and the product is the step."""
    table = next(t for t in tables(build(sick, SCREEN).models[0]) if t.caption.startswith("Factors"))
    row = dict(zip([c.label for c in table.columns], table.rows[0], strict=True))

    assert row["Back to"] == "layer 10"
    assert row["Width change"] == "0.28×"
    assert row["Weights’ gain"] == "3.58×"
    assert row["Product"] == "0.236×"


def test_key_figures_say_on_which_side_of_their_range_they_lie(sick: Report, healthy: Report) -> None:
    """The word says it, not the colour; they stand where no fix has its own numbers."""
    untried = replace(sick, reports=(replace(sick.reports[0], findings=()),))
    ill, well = (build(report, SCREEN).models[0].figures[0] for report in (untried, healthy))

    assert ill.label.startswith("Gradient at layer 1 / layer ")
    assert (ill.usual, ill.off) == ("too small; good: 0.01\u00a0to\u00a010", True)
    assert (well.usual, well.off) == ("good: 0.01\u00a0to\u00a010", False)


def test_a_healthy_network_has_no_findings_and_no_idle_pictures(healthy: Report) -> None:
    """Where no unit is dead a sentence suffices."""
    page = build(healthy, SCREEN)

    assert page.models[0].findings == ()
    assert section(page, "units").pictures == ()
    assert section(page, "units").lead == "No unit is dead."


def test_a_report_full_of_holes_still_makes_a_page(patchy: Report) -> None:
    """Missing, undefined and non-finite numbers become dashes and words; nothing is called `None` or `nan`."""
    page = build(patchy, SCREEN)
    found = list(strings(page))

    heading = "As fitted, the gradient is not finite: the pass overflows or gives NaN."
    assert heading in found
    assert not [text for text in found if text.split() != [] and (UNSAID) & set(text.split())]
    assert "–" in found


def test_a_report_without_measurements_says_so() -> None:
    """No chapter is made up, and the method names what is missing."""
    bare = ModelReport(Model("", "", 0, 0, ()), Settings(), "healthy", "", (), Measurements())
    (page,) = build(Report((bare,)), SCREEN).models

    assert (page.sections, page.figures) == ((), ())
    assert page.name == "a model without a name"
    assert page.method is not None
    assert "the gradient" in page.method.reservations[0]


def test_an_optimizer_without_a_rate_is_not_judged_by_one(healthy: Report) -> None:
    """scikit-learn's lbfgs has no learning rate: one sentence, no picture."""
    stages = healthy.reports[0].measurements.stages
    rate = replace(stages["initialised"].learning_rate, configured=None)  # type: ignore[type-var]
    stage = replace(stages["initialised"], learning_rate=rate)
    measurements = replace(healthy.reports[0].measurements, stages={"initialised": stage})
    page = build(only(healthy, measurements=measurements), SCREEN)

    assert section(page, "rate").pictures == ()
    assert "no learning rate" in section(page, "rate").lead


def test_several_models_stand_worst_first(several: Report) -> None:
    """The overview and the chapters have one order, and the lead counts the verdicts."""
    page = build(several, SCREEN)

    assert [row.word for row in page.index] == ["Error", "Error", "Error", "Healthy"]
    assert [row.id for row in page.index] == [m.id for m in page.models]
    assert page.lead == "3 with errors, 1 healthy. The worst come first."
    assert [failure.internal for failure in page.failures] == [False, True]


def test_long_tables_keep_their_ends_and_say_what_is_left_out(sick: Report) -> None:
    """On paper, rows from the middle go to the JSON report."""
    page = build(sick, Limits(rows=4, stages=1, findings=1, models=1, fixes=1))
    table = next(t for t in tables(page.models[0]) if t.caption.startswith("Per layer"))

    assert [row[0] for row in table.rows] == ["layer 1", "layer 2", "⋮", "layer 10", "layer 11"]
    assert "7 more rows are in the JSON report." in table.note
    assert page.models[0].more_findings == "1 more finding not shown here; the JSON report has everything."


def test_models_beyond_the_limit_are_only_listed(several: Report) -> None:
    """The overview has them all, without a link to nowhere."""
    page = build(several, Limits(rows=4, stages=1, findings=1, models=2, fixes=1))

    assert (len(page.index), len(page.models)) == (4, 2)
    assert [bool(row.id) for row in page.index] == [True, True, False, False]
    assert page.more_models.startswith("2 more models not shown")


def test_charts_have_at_most_two_hundred_points(healthy: Report) -> None:
    """A network of 1,000 layers is thinned, both ends kept."""
    measurements = healthy.reports[0].measurements
    stage = measurements.stages["initialised"]
    assert stage.signal is not None
    row = stage.signal.layers[0]
    signal = replace(stage.signal, layers=tuple(replace(row, index=i) for i in range(1000)))
    deep = replace(measurements, stages={"initialised": replace(stage, signal=signal)})
    page = build(only(healthy, measurements=deep), SCREEN).models[0]

    assert longest_line(section(page, "signal").pictures[0]) == 200
    assert max(longest_line(picture) for picture in pictures(page)) == 200


def test_suppressed_findings_stand_apart_with_their_reasons(sick: Report) -> None:
    """They are not counted among the findings."""
    quiet = replace(sick.reports[0].findings[1], suppressed="known, see #12")
    page = build(only(sick, findings=(sick.reports[0].findings[0], quiet)), SCREEN).models[0]

    assert [f.rule for f in page.findings] == ["vanishing-gradient"]
    assert [(f.rule, f.reason) for f in page.silenced] == [("saddle-point", "known, see #12")]


def test_texts_from_outside_are_cut_and_say_how_long_they_were(hostile: Report) -> None:
    """A name of 10,000 characters does not fill the page."""
    found = list(strings(build(hostile, SCREEN)))

    assert max(len(text) for text in found) < 2000
    assert any("characters)" in text for text in found)


def test_a_message_that_the_summary_repeats_is_said_once(sick: Report) -> None:
    """The first screen does not say the same sentence twice."""
    finding = replace(sick.reports[0].findings[0], message="each sigmoid passes back at most a quarter of it")
    page = build(only(sick, findings=(finding,)), SCREEN).models[0]

    assert page.glances[0].said == ""
    assert page.findings[0].severity == str(Severity.ERROR)


@pytest.mark.parametrize(("effort", "said"), [("quick", "no fix and no other learning rate"), ("mine", "mine")])
def test_an_effort_that_is_not_the_standard_one_is_explained(sick: Report, effort: str, said: str) -> None:
    """A quick look misses faults; of the standard effort there is nothing to say."""
    model = replace(sick.reports[0], settings=replace(sick.reports[0].settings, effort=effort))

    assert said in dict(method_view(model).facts)["Effort"]
    assert "Effort" not in dict(method_view(sick.reports[0]).facts)


def test_on_paper_several_models_share_what_holds_of_all(several: Report) -> None:
    """One model's source and command would be taken for those of the others."""
    method = build(several, PAPER).method

    assert method is not None
    assert "Seeds" in dict(method.facts)
    assert "Source" not in dict(method.facts)
    assert method.command == ""
