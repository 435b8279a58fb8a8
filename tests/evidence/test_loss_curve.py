from __future__ import annotations

from itertools import accumulate
from math import exp, inf, nan

import numpy as np
import pytest

from gradaudit.evidence.loss_curve import CLIMBED, SHORTEST, UPS, classify_curve, describe_curve


def falling(epochs, pace):
    """An exponential fall from 1 at this pace an epoch."""
    return tuple(exp(-pace * k) for k in range(epochs))


def test_a_curve_that_has_settled_says_so():
    """It fell, and its last tenth adds nothing."""
    assert classify_curve(falling(100, 0.1)) == "settled"


def test_a_curve_that_still_falls_stopped_early():
    """A straight line down gains a tenth of its fall in its last tenth."""
    assert classify_curve(tuple(1 - k / 100 for k in range(50))) == "stopped early"


@pytest.mark.parametrize("end", [nan, inf, CLIMBED * 1.01])
def test_a_curve_that_ends_above_its_beginning_diverged(end):
    """Not finite, or higher than where it began."""
    assert classify_curve((*falling(20, 0.1), end)) == "diverged"


def test_a_rise_just_short_of_the_limit_is_not_divergence():
    """A loss that ends about where it began has learnt nothing, and has not diverged."""
    assert classify_curve((*(1.0,) * 20, CLIMBED * 0.99)) != "diverged"


@pytest.mark.parametrize(("height", "said"), [(0.1 * UPS, "oscillated"), (0.01 * UPS, "settled")])
def test_a_curve_whose_ups_outweigh_its_fall_oscillated(height, said):
    """A zigzag whose ups in the second half add up to more than all that it fell; mini-batch noise does not."""
    curve = tuple((1.0 if k == 0 else 0.1) + height * (k % 2) for k in range(100))
    assert classify_curve(curve) == said


def test_mini_batch_noise_on_a_falling_curve_is_healthy():
    """A few per cent of noise on an exponential fall, as scikit-learn's curves have it."""
    noise = np.random.default_rng(0).normal(1, 0.02, 200)
    assert classify_curve(tuple(np.array(falling(200, 0.05)) * noise)) == "settled"


def test_a_curve_that_is_too_short_tells_nothing():
    """A few epochs may look like anything."""
    assert classify_curve(falling(SHORTEST - 1, 0.1)) is None
    assert classify_curve(()) is None
    assert classify_curve(falling(SHORTEST, 0.01)) is not None


def test_a_curve_that_never_fell_has_settled():
    """A constant loss neither oscillates nor stops early: there is no fall to compare with."""
    assert classify_curve((1.0,) * 20) == "settled"


def test_first_lowest_and_last_loss_are_told():
    """What is not finite is passed over, unless there is nothing else."""
    assert describe_curve((2.0, 0.5, 1.0)) == (2.0, 0.5, 1.0)
    assert describe_curve((nan, 2.0, 0.5, inf)) == (2.0, 0.5, inf)
    assert describe_curve((nan,)) == (inf, inf, inf)
    assert describe_curve(tuple(accumulate((1.0,) * 3))) == (1.0, 1.0, 3.0)


@pytest.mark.parametrize(("last", "said"), [(0.0198, "settled"), (0.0202, "stopped early")])
def test_a_fiftieth_of_the_fall_in_the_last_tenth_is_still_falling(last, said):
    """Ninety epochs down to there, and ten to the end."""
    assert classify_curve((*np.linspace(3.0, 1 + 2 * last, 91), *np.linspace(1 + 2 * last, 1.0, 11)[1:])) == said


def test_the_last_tenth_of_a_short_curve_is_its_last_epoch():
    """What fell before has settled."""
    assert classify_curve((2.0, 1.6, 1.4, 1.3, 1.2, 1.1, 1.05, 1.0, 1.0)) == "settled"
    assert classify_curve((2.0, 1.6, 1.4, 1.3, 1.2, 1.1, 1.05, 1.03, 1.0)) == "stopped early"


@pytest.mark.parametrize(("height", "said"), [(0.0396, "settled"), (0.0404, "oscillated")])
def test_only_the_ups_of_the_second_half_count(height, said):
    """Twenty-five of them against a fall of 1; those of the first half are forgiven."""
    first = [2.0, *(1.0 + 0.5 * (k % 2) for k in range(49))]
    assert classify_curve((*first, *(1.0 + height * (k % 2) for k in range(50)))) == said


def test_ups_that_only_make_up_for_the_fall_are_no_oscillation():
    """Thirty-two of a thirty-second each, against a fall of 1."""
    assert classify_curve((2.0, *(1.0,) * 63, *(1.0 + (k % 2) / 32 for k in range(64)))) == "settled"


@pytest.mark.parametrize(("end", "said"), [(1.09, False), (1.11, True)])
def test_a_tenth_above_its_beginning_is_divergence(end, said):
    """From eight epochs on."""
    assert (classify_curve((2.0, *(1.0,) * 6, 2.0 * end)) == "diverged") is said
    assert classify_curve((2.0, *(1.0,) * 5, 2.0 * end)) is None
