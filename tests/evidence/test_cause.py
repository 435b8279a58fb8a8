"""The cause is the smallest change that cures, and of equals the plainest; cases are made of hand-written runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.evidence.cause import AS_GOOD, BY_FAR, SCALE_FIRST, cause, cure_by, ranked_cures, rate_cure, rescued
from gradaudit.evidence.cures import RATE

BOTH_SCALES = "standardised-inputs + standardised-targets"


def failing(given, *trials, others=None):
    """A model that learns nothing at rate 0.1, with changes and what each of them reaches."""
    made = tuple(given.trial(kinds, reach) for kinds, reach in trials)
    return given.case(None, given.descent(0.0, others), trials=made)


@pytest.mark.parametrize(
    ("trials", "factors"),
    [
        ((), None),
        ((("activation", 0.25),), None),
        ((("activation", 0.9), ("initializer", 0.9)), "initializer"),
        ((("activation", 0.9), ("initializer", 0.9 * AS_GOOD - 0.01)), "activation"),
        ((("activation", 0.9), ("standardised-inputs", 0.9 * SCALE_FIRST + 0.01)), "standardised-inputs"),
        ((("activation", 0.9), ("standardised-inputs", 0.9 * SCALE_FIRST - 0.01)), "activation"),
        ((("width", 0.9), ("depth", 0.9)), "depth"),
        ((("initializer + activation", 0.9), ("depth", 0.6)), "depth"),
        ((("initializer + activation", 0.9), ("depth", 0.5)), "initializer + activation"),
        (
            ((BOTH_SCALES, 0.9), ("width", 0.9)),
            BOTH_SCALES,
        ),
    ],
)
def test_the_smallest_and_then_the_plainest_change_is_the_cause(given, trials, factors):
    """Scaling the data on both sides counts as one change; a little less is as good, much less is not."""
    found = cause(failing(given, *trials))

    assert (found and " + ".join(found.factors)) == factors


@pytest.mark.parametrize(("joint", "factor"), [(0.5 + BY_FAR, "activation"), (0.5 + BY_FAR - 0.01, RATE)])
def test_a_factor_goes_before_the_rate_where_both_are_better_by_far(given, joint, factor):
    """Another rate alone often hides what is wrong with the model."""
    case = failing(given, ("activation", 0.4), others={0.01: 0.5})
    (trial,) = case.trials
    trial = replace(trial, case=given.case(None, given.descent(0.4, {0.01: joint})))

    found = cause(replace(case, trials=(trial,)))

    assert found is not None
    assert found.factors == (factor,)


def test_the_cause_is_recommended_first_and_then_what_reaches_most(given):
    """Of what reaches alike, fewer changes come first."""
    trials = (("initializer + bias", 0.95), ("depth", 0.95), ("standardised-inputs", 0.6))

    ranked = ranked_cures(failing(given, *trials))

    assert [" + ".join(cure.factors) for cure in ranked] == ["standardised-inputs", "depth", "initializer + bias"]


@pytest.mark.parametrize(
    ("trials", "factor", "found"),
    [
        ((("depth", 0.9),), "depth", "depth"),
        ((("depth", 0.9),), "width", None),
        ((("initializer + activation", 0.9),), "activation", "initializer + activation"),
        ((("initializer + activation", 0.9), ("depth", 0.9)), "activation", None),
    ],
)
def test_a_factor_cures_alone_or_as_a_part_of_the_cause(given, trials, factor, found):
    """What cures only together with another factor counts where nothing smaller does."""
    cure = cure_by(failing(given, *trials), factor)

    assert (cure and " + ".join(cure.factors)) == found


@pytest.mark.parametrize(
    ("others", "below", "rate"),
    [
        ({0.001: 0.9, 0.01: 0.9, 1.0: 0.9}, True, 0.01),
        ({0.001: 0.9, 0.01: 0.9, 1.0: 0.9}, False, 1.0),
        ({0.001: 0.9, 0.01: 0.9 * AS_GOOD - 0.01}, True, 0.001),
        ({1.0: 0.9}, True, None),
        ({1e-9: 0.9}, True, None),
    ],
)
def test_of_rates_that_reach_alike_the_nearest_cures(given, others, below, rate):
    """One that nobody would type is no cure."""
    cure = rate_cure(failing(given, others=others), below=below)

    assert (cure and cure.run.learning_rate) == rate


@pytest.mark.parametrize(("there", "lost"), [(0.9, [True] * 2 + [False] * 6), ((0.9,) * 7 + (0.0,), None)])
def test_seeds_are_rescued_where_all_of_them_learn(given, there, lost):
    """Where some fail at the other rate too, it is a matter of the draw."""
    own = (0.0, 0.0, *(0.9,) * 6)
    found = rescued(given.case(None, given.descent(own, {0.01: there})), below=True)

    assert (found and list(found[1])) == lost
