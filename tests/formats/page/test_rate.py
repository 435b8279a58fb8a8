"""The chapter on the learning rate: the loss against the rate, and the largest stable one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.measurements import LearningRate, Trajectory
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page.view import Section
from tests.formats.measured import NOTHING, alike, short_run, sweep
from tests.formats.page_views import UNSAID, at_stage, longest_line, measuring, page_of, section, strings

INF = math.inf


UNTRIED = Trajectory(None, (0,), (NOTHING,), *(NOTHING,) * 4)
"""Stands for a configured run that has no rate."""


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model, whose configured rate is 0.1."""
    return sick.reports[0]


def rates(report: ModelReport, *runs: Trajectory, trivial: float = 2.3026) -> Section:
    """The chapter with these runs."""
    descent = report.measurements.descent
    assert descent is not None
    own = next((run for run in runs if run.learning_rate == descent.configured.learning_rate), UNTRIED)
    others = tuple(run for run in runs if run is not own)
    changed = measuring(report, descent=replace(descent, trivial_loss=trivial, configured=own, others=others))
    return section(page_of(changed), "rate")


def test_the_rates_that_learn_are_named(model: ModelReport) -> None:
    """Which rates learn, which is best, and whether the configured one is among them."""
    (curve,) = rates(model, *sweep({0.001: 2.4, 0.01: 1.5, 0.1: 0.3, 1.0: 1.2, 10.0: INF})).pictures

    assert curve.heading == (
        "Within 40 steps the network learns at rates from 0.01 to 1, best at 0.1; the configured one, 0.1, is among "
        "them."
    )
    assert [column.label for column in curve.tables[0].columns] == [
        "Learning rate", "Steps", "Loss, % of baseline", "Loss at the end", "Lowest to highest seed",
    ]  # fmt: skip
    assert [(row[0], row[2]) for row in curve.tables[0].rows[-3:]] == [("0.1", "13%"), ("1", "52%"), ("10", "diverged")]


def test_the_configured_rate_may_be_the_only_one_that_fails(model: ModelReport) -> None:
    """The sentence says so without accusing the others."""
    curve = rates(model, *sweep({0.1: 2.4, 1.0: 0.4, 10.0: 0.5})).pictures[0]
    assert curve.heading.endswith("learns at rates from 1 to 10, best at 1; at the configured one, 0.1, it does not.")

    alone = rates(model, *sweep({0.01: 2.4, 0.1: 0.4, 1.0: INF})).pictures[0]
    assert alone.heading.endswith("learns at a rate of 0.1 alone; it is the configured one.")


def test_a_rate_that_was_not_tried_is_not_judged(model: ModelReport) -> None:
    """Nobody knows how the network learns at 0.1 if nobody has looked."""
    curve = rates(model, *sweep({0.05: 1.4, 0.5: 0.4, 5.0: 0.5})).pictures[0]

    assert curve.heading.endswith("best at 0.5; configured is 0.1.")


@pytest.mark.parametrize("ends", [(2.31, 2.3, 2.29), (INF, 2.3, 1e300)])
def test_where_no_rate_helps_no_rate_is_praised(model: ModelReport, ends: tuple[float, ...]) -> None:
    """They diverge, or stay where a constant output is."""
    chapter = rates(model, *sweep(dict(zip((0.01, 0.1, 1.0), ends, strict=True))))

    assert chapter.pictures[0].heading == "At none of 3 rates does the network learn within 40 steps."
    assert not UNSAID & {word for text in strings(chapter) for word in text.split()}


def test_runs_that_all_leave_the_picture_are_a_sentence(model: ModelReport) -> None:
    """An empty chart would say the same in half a page."""
    chapter = rates(model, *sweep({0.01: INF, 0.1: 1e300, 1.0: INF}))
    assert not chapter.pictures
    assert chapter.lead.endswith(" At none of 3 rates does the network learn within 40 steps.")


@pytest.mark.parametrize("runs", [{}, {0.1: 0.4}, {0.1: 0.4, 1.0: 0.5}])
def test_too_few_runs_make_no_curve(model: ModelReport, runs: dict[float, float]) -> None:
    """The limit's picture stands in their place."""
    chapter = rates(model, *sweep(runs))

    assert [picture.wide.name for picture in chapter.pictures] == ["rate"]
    assert chapter.pictures[0].wide.title == chapter.lead


@pytest.mark.parametrize("trivial", [0.0, INF, -1.0])
def test_a_constant_output_may_have_any_loss(model: ModelReport, trivial: float) -> None:
    """Without a number to hold the runs against, none of them is said to learn."""
    chapter = rates(model, *sweep({0.01: 0.3, 0.1: 1.0, 1.0: INF}), trivial=trivial)

    assert chapter.pictures[0].heading.startswith("At none of 3 rates")


def test_runs_without_a_rate_or_a_step_are_left_out(model: ModelReport) -> None:
    """A report from elsewhere may hold anything."""
    odd = (short_run(None, 2.4, 0.1), short_run(-1.0, 2.4, 0.1), Trajectory(0.2, (), (), *(NOTHING,) * 4))
    holed = short_run(0.02, None, INF, 1.0)
    chapter = rates(model, *odd, *sweep({0.01: 0.3, 0.1: 1.0}), holed)

    assert [row[0] for row in chapter.pictures[0].tables[0].rows] == ["0.01", "0.02", "0.1"]


def test_long_runs_are_thinned(model: ModelReport) -> None:
    """At most 200 points a line."""
    runs = (short_run(rate, *([2.4] * 999), end) for rate, end in ((0.01, 2.4), (0.1, 0.1), (1.0, 2.4)))

    assert max(longest_line(picture) for picture in rates(model, *runs).pictures) <= 200


@pytest.mark.parametrize("limit", [None, alike(None), alike(0.0), alike(INF)])
def test_no_limit_is_no_picture(model: ModelReport, limit: object) -> None:
    """A limit that is not known, zero or infinite leaves the sentence, and the runs if there are some."""
    given = LearningRate(0.1, limit, None)  # type: ignore[arg-type]
    alone = replace(model.measurements.descent, others=())  # type: ignore[type-var]
    bare = measuring(at_stage(model, "initialised", learning_rate=given), descent=alone)
    bare = at_stage(bare, "trained", learning_rate=None)

    chapter = section(page_of(bare), "rate")
    assert chapter.pictures == ()
    assert chapter.lead == "The learning rate is 0.1; the largest stable one could not be measured before training."
    swept = measuring(bare, descent=model.measurements.descent)
    assert len(section(page_of(swept), "rate").pictures) == 1
