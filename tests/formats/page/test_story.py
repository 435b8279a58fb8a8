"""Page one's picture: the one that shows the main finding, and what the fix does to it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.findings import Fix, FixTrajectory
from gradaudit.domain.measurements import LayerUnits, Measurements, ThroughTime, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page.story import story_picture
from tests.formats.measured import about, alike, through_time, units
from tests.formats.page_views import at_stage, found, longest_line, measuring, page_of, section

SIGNAL, UNITS, RUN = "signal", "units", "run"


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model."""
    return sick.reports[0]


def key(report: ModelReport) -> str:
    """What kind the picture is; empty where there is none."""
    picture = story_picture(report)
    return picture.shows if picture else ""


def labels(report: ModelReport) -> list[str]:
    """Every word in the picture."""
    picture = story_picture(report)
    assert picture is not None
    return [word.text for group in picture.wide.groups for word in group.words]


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("vanishing-gradient", SIGNAL),
        ("exploding-gradient", SIGNAL),
        ("gradient-underflow", SIGNAL),
        ("non-finite-values", SIGNAL),
        ("init-activation-mismatch", SIGNAL),
        ("dead-units", UNITS),
        ("saturated-units", UNITS),
        ("learning-rate-too-high", RUN),
        ("saddle-point", RUN),
        ("a-rule-of-one's-own", RUN),
    ],
)
def test_the_main_finding_chooses_the_picture(model: ModelReport, rule: str, kind: str) -> None:
    """Where the trouble shows; whatever is not about signal or units is about how training goes."""
    assert key(replace(model, findings=(found(rule), found("vanishing-gradient")))) == kind


FORGETS = found("vanishing-gradient", Fix("orthogonal", (), after={"time_ratio": 0.03}, clears=("x",)))
IN_TIME = replace(FORGETS, evidence={"measured": 2e-19, "gain_per_step": 0.2})


def recurrent(model: ModelReport, *times: ThroughTime) -> ModelReport:
    """With a first layer that is recurrent, its trouble being in time."""
    whole = model.measurements.stages["initialised"].signal
    assert whole is not None
    layers = (replace(whole.layers[0], time=times), *whole.layers[1:])
    return replace(at_stage(model, "initialised", signal=replace(whole, layers=layers)), findings=(IN_TIME,))


def test_trouble_in_time_is_shown_step_by_step(model: ModelReport) -> None:
    """The gradient against steps back, the sequence's length, and where the fix leaves it; the chapter has the rest."""
    forgets = recurrent(model, through_time(2e-19))
    assert key(forgets) == "time"
    assert {"first of 30 steps", "as it is", "with the fix"} <= set(labels(forgets))
    picture = story_picture(forgets)
    assert picture is not None
    assert picture.heading == (
        "Before training, the gradient in layer 1 shrinks by a factor of 5e18 from the last of 30 steps back to the "
        "first. With the fix, it shrinks by a factor of 33."
    )
    chapter = section(page_of(forgets), "time")
    assert not chapter.folded
    assert chapter.tables[0].rows[0][:3] == ("layer 1", "30", "2e-19")
    assert section(page_of(forgets), "signal").folded


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (5e3, "grows by a factor of 5,000"),
        (0.5, "constant across steps (×0.5 from last to first)"),
        (0.0, "is exactly zero at"),
    ],
)
def test_every_way_through_time_has_its_sentence(model: ModelReport, first: float, words: str) -> None:
    """Of several layers the worst is told."""
    picture = story_picture(recurrent(model, through_time(first), through_time(0.9)))
    assert picture is not None
    assert words in picture.heading


def test_a_gradient_through_time_that_is_no_number(model: ModelReport) -> None:
    """An overflow is said, what is undefined is left out; either way a picture stands."""
    lost = replace(through_time(0.1), ratio=alike(math.inf), profile=(alike(math.inf), alike(math.inf), alike(0.1)))
    picture = story_picture(recurrent(model, lost))
    assert picture is not None
    assert "is not finite" in picture.heading
    assert key(recurrent(model, replace(lost, ratio=alike(None)))) == RUN


def test_the_healthy_see_their_run(healthy: Report) -> None:
    """There is no finding to choose by."""
    assert key(healthy.reports[0]) == RUN


def test_a_silenced_finding_chooses_nothing(model: ModelReport) -> None:
    """The first that counts is the main one."""
    silenced = replace(found("vanishing-gradient"), suppressed="known")

    assert key(replace(model, findings=(silenced, found("saddle-point")))) == RUN


def test_without_its_own_numbers_the_next_best_picture_stands_there(model: ModelReport) -> None:
    """Units without trouble, then no run, then no signal: nothing is made up."""
    dead = replace(at_stage(model, "initialised", units=Units(())), findings=(found("dead-units"),))
    assert key(dead) == RUN
    still = measuring(dead, descent=None)
    assert key(still) == SIGNAL

    bare = replace(model, measurements=Measurements(), findings=(found("dead-units"),))
    assert story_picture(bare) is None
    assert page_of(bare).picture is None


def test_the_worst_stage_shows_its_units(model: ModelReport) -> None:
    """The sentence and the lines are of one stage."""
    ill = at_stage(model, "trained", units=units(11, dead=0.9, saturated=0.1))
    picture = story_picture(replace(ill, findings=(found("dead-units"),)))

    assert picture is not None
    assert picture.heading.startswith("In layer 1, after the trial run, 90% of the units are dead.")


def test_units_that_are_alike_in_every_layer_are_a_sentence(model: ModelReport) -> None:
    """A level line says no more; the run is shown instead."""
    row = LayerUnits(0, alike(1.0), None)
    ill = at_stage(model, "initialised", units=Units((row, replace(row, index=1))))
    flat = replace(ill, findings=(found("dead-units"),))

    assert key(flat) == RUN
    assert section(page_of(flat), "units").pictures == ()
    assert section(page_of(flat), "units").lead.startswith("In layers 1 and 2, before training, 100% of the units are")


def test_the_fix_stands_beside_what_is(model: ModelReport) -> None:
    """Two lines with names, and both in the sentence; without a fix that helps there is one line."""
    fixed = story_picture(model)
    assert fixed is not None
    assert {"as it is", "with the fix"} <= set(labels(model))
    assert fixed.heading.endswith("With the fix, it is roughly constant across layers (×0.287 from last to first).")

    alone = replace(model, findings=(found("vanishing-gradient"),))
    assert "with the fix" not in labels(alone)
    assert "With the fix" not in (story_picture(alone) or fixed).heading


@pytest.mark.parametrize(
    "course",
    [
        FixTrajectory(),
        FixTrajectory((0.2,), (0,), (None,)),
        FixTrajectory((None, 0.0, math.inf), (0, 10), (2.3, None)),
        FixTrajectory((0.1,) * 4, (0, 1, 2), (math.inf,)),
        FixTrajectory((0.0,) * 300, tuple(range(500)), (1.0,) * 500),
    ],
    ids=["empty", "one layer", "diverges", "other lengths", "long"],
)
@pytest.mark.parametrize("rule", ["vanishing-gradient", "plateau"])
def test_a_fix_may_have_any_course(model: ModelReport, rule: str, course: FixTrajectory) -> None:
    """Other depths, no numbers, too many: a picture stands all the same, of at most 200 points a line."""
    fix: Fix = replace(model.findings[0].fixes[0], course=course)
    picture = story_picture(replace(model, findings=(found(rule, fix),)))

    assert picture is not None
    assert picture.wide.title == picture.heading
    assert longest_line(picture) <= 200
    assert not {"None", "nan", "inf"} & set(picture.heading.split())


def test_one_layer_has_no_way_to_show(model: ModelReport) -> None:
    """The signal of a single layer is no line; the run is."""
    stages = model.measurements.stages
    whole = stages["initialised"].signal
    assert whole is not None
    single = at_stage(model, "initialised", signal=replace(whole, layers=whole.layers[-1:]))

    assert key(single) == RUN


@pytest.mark.parametrize("value", [None, math.inf, 0.0, 1e-300])
def test_a_signal_without_numbers_is_said_in_words(model: ModelReport, value: float | None) -> None:
    """Undefined, overflown, exactly zero and all but zero have their sentences."""
    whole = model.measurements.stages["initialised"].signal
    assert whole is not None
    first = replace(whole.layers[0], error_signal_rms=alike(value))
    picture = story_picture(at_stage(model, "initialised", signal=replace(whole, layers=(first, *whole.layers[1:]))))

    assert picture is not None
    words = {None: "is not defined", math.inf: "overflows", 0.0: "exactly zero", 1e-300: "shrinks by a factor"}
    assert words[value] in picture.heading


@pytest.mark.parametrize(("lost", "agrees"), [(6, True), (7, False)])
def test_one_finite_seed_agrees_with_nobody(model: ModelReport, lost: int, agrees: bool) -> None:
    """Of eight; what is not finite is told apart."""
    whole = model.measurements.stages["initialised"].signal
    assert whole is not None
    sizes = PerSeed((*(math.inf,) * lost, *(1.0,) * (8 - lost)))
    layers = tuple(replace(row, error_signal_rms=sizes) for row in whole.layers)
    notes = section(page_of(at_stage(model, "initialised", signal=replace(whole, layers=layers))), "signal").notes

    assert any(f"not finite in up to {lost} of 8 seeds" in note for note in notes)
    assert ("All 2 seeds agree at every layer." in notes) is agrees
    assert any("agree" in note for note in notes) is agrees


def test_a_share_of_units_may_be_missing(model: ModelReport) -> None:
    """A layer without numbers is a gap in the line."""
    holed = units(4, dead=0.8, saturated=None)
    layers = (replace(holed.layers[0], dead_fraction=None), *holed.layers[1:])
    ill = at_stage(model, "initialised", units=Units((*layers, replace(holed.layers[0], dead_fraction=about(0.9)))))

    assert key(replace(ill, findings=(found("dead-units"),))) == UNITS
