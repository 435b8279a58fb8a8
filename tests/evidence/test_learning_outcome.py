from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.per_seed import PerSeed
from gradaudit.evidence import learning_outcome


def test_a_diverged_run_is_the_worst_and_nothing_to_learn_the_best(given):
    """Not finite, or a hundred times the trivial loss, is −∞; an undefined progress has nothing left to learn."""
    assert learning_outcome.progress_at_end(given.run((0.5, None, inf, -101.0))) == (0.5, 1.0, -inf, -inf)


def test_the_middle_is_the_median():
    """Between two it is their mean: two seeds do not decide by the better one."""
    assert learning_outcome.median_progress((0.0, 1.0)) == 0.5
    assert learning_outcome.median_progress((3.0, 1.0, 2.0)) == 2.0
    assert learning_outcome.median_progress(()) == -inf


def test_a_plan_that_was_run_to_its_end_is_not_forecast(given):
    """Planned steps within the run leave progress as it was measured."""
    run = given.run(0.4)
    assert learning_outcome.forecast(run, 100) == learning_outcome.forecast(run, 50) == (0.4,) * 8


def test_a_straight_line_is_carried_on(given):
    """A run that falls as fast as ever reaches twice as far in twice the steps, and never beyond the floor."""
    run = given.run(0.2)
    assert learning_outcome.forecast(run, 200) == pytest.approx((0.4,) * 8)
    assert learning_outcome.forecast(run, 10_000) == (1.0,) * 8


def bent(given, losses):
    """A run with these losses in one seed; the trivial loss is 1."""
    columns = tuple(PerSeed((loss,)) for loss in losses)
    return replace(given.run((1 - losses[-1],)), loss=columns)


def test_gains_that_halve_add_up_to_a_geometric_series(given):
    """A run that settles on a level is not carried through it."""
    run = bent(given, (1.0, 0.95, 0.9, 0.85, 0.8, 0.76, 0.72, 0.71, 0.70))  # quarters of 0.08, then 0.02
    rest = 0.02 * 0.25 * (1 - 0.25**4) / (1 - 0.25)
    assert learning_outcome.forecast(run, 200) == pytest.approx((0.30 + rest,))
    assert learning_outcome.forecast(run, 10**9) == pytest.approx((0.30 + 0.02 * 0.25 / 0.75,))


def test_a_run_that_gains_speed_is_carried_on_at_its_last(given):
    """A fall that gets faster goes on as fast as it was last, not ever faster."""
    run = bent(given, (1.0, 1.0, 1.0, 1.0, 1.0, 0.99, 0.98, 0.96, 0.94))  # quarters of 0.02, then 0.04
    assert learning_outcome.forecast(run, 200) == pytest.approx((0.06 + 4 * 0.04,))


def test_a_run_that_rose_in_its_last_quarter_is_not_carried_on(given):
    """Only a fall has a future."""
    run = bent(given, (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.45, 0.5))
    assert learning_outcome.forecast(run, 1000) == (0.5,)


def test_an_oscillating_run_is_not_carried_on(given):
    """Where the ups outweigh the fall, the slope means nothing."""
    assert learning_outcome.forecast(given.run(0.2, wild=0.5), 1000) == (0.2,) * 8


def test_a_run_far_above_the_constant_output_is_not_carried_on(given):
    """Its slope says nothing about the plan's end."""
    assert learning_outcome.forecast(given.run(-5.0, start=20.0), 1000) == (-5.0,) * 8


@pytest.mark.parametrize(("wild", "carried"), [(0.0, True), (0.5, False)])
def test_a_run_above_the_constant_output_must_fall_steadily(given, wild, carried):
    """There a fall that outweighs the ups by half is not enough: it may just be on its way to the constant."""
    run = given.run(-0.5, start=3.0, wild=wild)  # its second half falls by 0.75
    assert (learning_outcome.forecast(run, 200) != (-0.5,) * 8) is carried


@pytest.mark.parametrize("progress", [-0.5, 0.0])
def test_a_fall_to_the_constant_output_is_carried_on_no_further(given, progress):
    """It may stop there, whatever its pace."""
    run = given.run(progress, start=3.0)
    assert learning_outcome.forecast(run, 10_000) == (learning_outcome.ALMOST_NOTHING,) * 8


@pytest.mark.parametrize(("ups", "carried"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize(("progress", "start", "steady"), [(0.2, 1.0, 1), (-0.5, 3.0, 50)])
def test_only_above_the_constant_output_a_fall_must_be_steady(given, progress, start, steady, ups, carried):
    """Below it a fall that outweighs its ups is carried on; above it one that outweighs them fifty times."""
    fall = (start - (1 - progress)) / 2  # of the second half
    run = given.run(progress, start=start, wild=ups * fall / steady)
    assert (learning_outcome.forecast(run, 200) != (progress,) * 8) is carried


def test_diverged_and_perfect_runs_stay_what_they_are(given):
    """−∞ and 1 have no slope."""
    assert learning_outcome.forecast(given.run((inf, None, 1.0)), 1000) == (-inf, 1.0, 1.0)


@pytest.mark.parametrize(("stuck", "fails"), [(3, False), (4, True)])
def test_a_run_fails_where_half_of_the_seeds_are_stuck(given, stuck, fails):
    """Stuck is less than a tenth of the constant output's loss."""
    descent = given.descent((0.09,) * stuck + (0.1,) * (8 - stuck))
    assert sum(learning_outcome.stuck(descent)) == stuck
    assert learning_outcome.fails(descent) is fails


def test_no_run_is_no_failure():
    """What was not tried did not fail."""
    assert learning_outcome.fails(None) is False
    assert learning_outcome.outcome(None) == ""


def test_seeds_are_counted_in_words():
    """One set of weights has no seeds to count."""
    assert learning_outcome.of_seeds((True, False, True)) == "in 2 of 3 seeds"
    assert learning_outcome.of_seeds((True,)) == "with these weights"
    assert learning_outcome.share(()) == 0.0


@pytest.mark.parametrize(
    ("above", "expected"), [(True, (False, True, False, True)), (False, (True, False, False, False))]
)
def test_beyond_a_limit_knows_the_infinite_and_the_undefined(above, expected):
    """Not finite is above everything, undefined is neither."""
    assert learning_outcome.beyond(PerSeed((0.5, 2.0, None, inf)), 1.0, above=above) == expected


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (0.5, "brings the loss to 50% of the constant-prediction baseline"),
        (0.0, "does no better than a constant prediction"),
        (-0.005, "does no better than a constant prediction"),
        (-1.0, "ends at 200% of the constant-prediction baseline"),
    ],
)
def test_progress_is_said_in_half_a_sentence(progress, said):
    """A share that was taken away, or how much worse than a constant output it ended."""
    assert learning_outcome.describe_progress(progress) == said


def test_a_diverging_middle_is_said_so(given):
    """Half of the seeds diverging is diverging; fewer are not the middle."""
    some = learning_outcome.outcome(given.descent((inf,) * 3 + (0.5,) * 5))
    assert some == "training brings the loss to 50% of the constant-prediction baseline"
    assert learning_outcome.outcome(given.descent((inf,) * 4 + (0.5,) * 4)) == "training diverges"
    equal = replace(given.descent((0.5,) * 8), trivial_loss=0.0)
    assert learning_outcome.outcome(equal) == "there is nothing to learn: all targets are equal"


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(hits, of, low, high):
    """The worked examples of Newcombe 1998, Statistics in Medicine 17, 857-872, table I."""
    assert learning_outcome.wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


def test_wilsons_interval_solves_its_equation():
    """Both ends lie z standard errors from what was seen, the error being that of the end itself."""
    for hits, of in ((1, 8), (3, 8), (50, 60)):
        for end in learning_outcome.wilson(hits, of):
            assert abs(hits / of - end) == pytest.approx(1.96 * (end * (1 - end) / of) ** 0.5)


def test_nothing_seen_is_nothing_known():
    """Without a trial the rate may be anything."""
    assert learning_outcome.wilson(0, 0) == (0.0, 1.0)


def test_counted_seeds_carry_their_interval():
    """Hits, seeds, and the interval of that share."""
    low, high = learning_outcome.wilson(2, 3)
    expected = {"seeds_above": 2, "seeds": 3, "share_low": low, "share_high": high}
    assert learning_outcome.count_seeds("seeds_above", (True, False, True)) == expected


def test_a_limit_itself_lies_on_neither_side():
    """Infinity lies above, and what is undefined nowhere."""
    values = PerSeed((1.0, 2.0, 3.0, inf, None))
    assert learning_outcome.beyond(values, 2.0, above=True) == (False, False, True, True, False)
    assert learning_outcome.beyond(values, 2.0, above=False) == (True, False, False, False, False)
