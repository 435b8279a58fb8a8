"""The trial run on page one: how far it gets, with the fix and without, and where it was lost."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.findings import FixTrajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page.story import story_picture
from tests.formats.measured import alike
from tests.formats.page_views import found, measuring, page_of


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model."""
    return sick.reports[0]


def test_the_run_is_told_with_the_fix(model: ModelReport) -> None:
    """Both ends of the run, in the sentence."""
    fix = model.findings[0].fixes[0]
    picture = story_picture(replace(model, findings=(found("plateau", fix),)))

    assert picture is not None
    assert picture.heading.startswith(
        "After all 5,600 planned steps (extrapolated from 600) at learning rate 0.1, the training loss is 100% of the"
    )
    assert picture.heading.endswith("With the fix it is 9% of the baseline.")

    for last, said in ((65, "65 steps"), (1, "1 step")):
        course = FixTrajectory(steps=(0, last), loss=(1.0, 0.1))
        sooner = story_picture(replace(model, findings=(found("plateau", replace(fix, course=course)),)))
        assert sooner is not None
        assert sooner.heading.endswith(f"With the fix it is 9% of the baseline after {said}.")


def test_the_seeds_of_a_run_without_a_fix_are_told(healthy: Report) -> None:
    """The band has its sentence; seeds that end alike need none."""
    descent = healthy.reports[0].measurements.descent
    assert descent is not None
    apart = replace(descent, configured=replace(descent.configured, progress=PerSeed((0.8, 0.95, 0.9, 0.9))))
    picture = story_picture(measuring(healthy.reports[0], descent=apart))

    assert picture is not None
    assert picture.heading.endswith("10% of the constant-prediction baseline (5% to 20% over the 4 seeds).")
    alike_ends = story_picture(healthy.reports[0])
    assert alike_ends is not None
    assert "seeds" not in alike_ends.heading


def test_a_run_that_diverges_is_told_by_the_step_at_which_no_seed_was_left(model: ModelReport) -> None:
    """And not by the end of a plan that it went through as nothing but overflow."""
    descent = model.measurements.descent
    assert descent is not None
    losses = (alike(2.0), alike(9.0), alike(math.inf), alike(math.inf))
    lost = replace(descent.configured, steps=(0, 5, 10, 90), loss=losses, final=alike(math.inf))
    page = page_of(measuring(replace(model, findings=()), descent=replace(descent, configured=lost)))

    assert page.picture is not None
    assert page.picture.heading.startswith("Within 10 steps at learning rate ")
    assert "the training loss is not finite: the run diverges." in page.picture.heading
    at_once = replace(lost, loss=(alike(math.inf),) * 4)
    page = page_of(measuring(replace(model, findings=()), descent=replace(descent, configured=at_once)))
    assert page.picture is not None
    assert page.picture.heading.startswith("Before the first step at learning rate ")
