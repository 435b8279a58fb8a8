"""What a run that covers a part of the plan can tell."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.evidence import short_runs


def run(given, progress, steps, planned, start=1.0, trivial=1.0):
    """A straight line to this progress, of a plan that goes on."""
    whole = given.descent(given.run(progress, steps=steps, start=start))
    return replace(whole, planned_steps=planned, trivial_loss=trivial)


@pytest.mark.parametrize(
    ("steps", "planned", "short"), [(99, 396, True), (99, 395, False), (100, 400, False), (100, 4000, False)]
)
def test_a_run_is_short_that_has_few_steps_and_covers_little(given, steps, planned, short):
    """Under a hundred, and a quarter of the plan."""
    assert short_runs.is_short(run(given, 0.0, steps, planned)) is short


@pytest.mark.parametrize(
    ("start", "last", "trivial", "rests"),
    [
        (2.0, 1.78, 1.0, True),  # three times as far again is 1.12
        (2.0, 1.77, 1.0, False),  # and this comes to 1.08
        (2.0, 2.0, 1.0, True),
        (2.0, 2.01, 1.0, False),  # it rises: another matter
        (2.0, 1.9, 0.0, False),  # nothing to be held against
        (2.0, inf, 1.0, False),
    ],
)
def test_a_run_rests_that_would_end_the_plan_above_the_baseline(given, start, last, trivial, rests):
    """A quarter of the plan was run, in a straight line; a tenth above the baseline is the limit."""
    assert short_runs.is_at_rest(run(given, 1 - last, 50, 200, start, trivial)) is rests


@pytest.mark.parametrize(
    ("progress", "steps", "start", "begun"),
    [
        (0.05, 50, 1.0, False),
        (0.05, 200, 1.0, True),  # long enough
        (inf, 50, 1.0, True),  # diverged
        (-0.99, 50, 2.0, True),  # at rest
    ],
)
def test_a_run_has_begun_once_it_shows_whether_it_learns(given, progress, steps, start, begun):
    """By its length, by its end, or by its pace."""
    assert short_runs.is_begun(run(given, progress, steps, 1000, start)) is begun


@pytest.mark.parametrize(("assumed", "word"), [(False, "planned"), (True, "assumed")])
def test_what_a_run_covers_is_said(given, assumed, word):
    """In steps, of a plan that somebody made or that was assumed."""
    covered = replace(run(given, 0.0, 1030, 6400), plan_is_assumed=assumed)
    assert short_runs.coverage(covered) == f"1,030 of 6,400 {word} steps"
