from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.evidence.learning_outcome import ALMOST_NOTHING, wilson
from gradaudit.rules.seed_sensitivity import SeedSensitivity

RULE = SeedSensitivity()
FEWEST = int(RULE.fewest)


def lottery(given, stuck, learns, *, low=0.0, high=0.8, planned=100, name="initialised", **options):
    """A run in which so many seeds are stuck and so many learn."""
    descent = given.descent((low,) * stuck + (high,) * learns, planned=planned)
    return given.case(given.signal(0.5), descent, name=name, **options)


def test_wide_layers_are_not_blamed_for_being_narrow(given):
    """Their widths explain nothing of it."""
    finding = given.one(RULE, lottery(given, 3, 5, widths=(2, 64, 64, 1)))

    assert "narrow networks" not in finding.plainly
    assert finding.cause == "some initial weights let it learn and others do not, though no layer is narrow"


def test_seeds_that_learn_beside_seeds_that_do_not_are_a_warning(given):
    """The plain case: three of eight draws are lost, with the interval of that share."""
    finding = given.one(RULE, lottery(given, 3, 5, widths=(2, 4, 2, 1)))

    assert finding.severity is Severity.WARNING
    assert finding.stage == "initialised"
    assert finding.path == "layers[2]"
    assert finding.evidence == {
        "measured": 3 / 8,
        "limit": FEWEST / 8,
        "sum_of_1_over_width": 1 / 4 + 1 / 2,
        **given.counted("seeds_stuck", 3),
    }
    low, high = wilson(3, 8)
    assert "3 of 8 seeds do no better than a constant prediction, others learn" in finding.message
    assert f"(of all seeds, {low:.0%} to {high:.0%} fail, with 95% confidence)" in finding.message
    assert "is 0.75" in finding.cause


@pytest.mark.parametrize(
    ("stuck", "count"), [(0, 0), (FEWEST - 1, 0), (FEWEST, 1), (8 - FEWEST, 1), (9 - FEWEST, 0), (8, 0)]
)
def test_it_takes_several_seeds_of_each_kind(given, stuck, count):
    """One lost draw of eight may be chance, and a network that always fails is no lottery."""
    assert len(given.all(RULE, lottery(given, stuck, 8 - stuck))) == count


def test_seeds_just_short_of_learning_are_no_lottery(given):
    """All of them learn a little: no gap stands between the two kinds."""
    assert not given.all(RULE, lottery(given, 4, 4, low=ALMOST_NOTHING * 0.9, high=RULE.learns * 0.9))


def test_a_limit_is_reached_by_its_own_number(given):
    """From `learns` on a seed learns; one that takes a tenth of the loss is not stuck."""
    assert len(given.all(RULE, lottery(given, 4, 4, high=RULE.learns))) == 1
    assert not given.all(RULE, lottery(given, 4, 4, low=0.1, high=0.3))


def test_seeds_that_learn_at_different_speeds_are_healthy(given):
    """A spread of final losses is in every run: a rule that judges the spread alone raises an alarm."""
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent((0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95))))


def test_seeds_that_diverge_are_the_rates_fault(given):
    """A draw that overshoots is lost as well, but a smaller rate brings it back: that is another rule's finding."""
    assert not given.all(RULE, lottery(given, 3, 5, low=inf))


def test_a_run_that_saw_little_of_the_plan_proves_nothing(given):
    """Seeds that have not begun may begin later: deep narrow networks rest for a third of their plan."""
    steps = 100
    assert len(given.all(RULE, lottery(given, 4, 4, planned=int(steps / RULE.seen)))) == 1
    assert not given.all(RULE, lottery(given, 4, 4, planned=int(steps / RULE.seen * 1.1)))


def test_fitted_weights_have_no_draw(given):
    """One set of weights run in several orders is no matter of the initialisation."""
    assert not given.all(RULE, lottery(given, 4, 4, name="fitted"))


def test_nothing_to_learn_is_no_lottery(given):
    """Where all targets are equal, nothing depends on the seed."""
    descent = replace(given.descent((0.0,) * 4 + (0.8,) * 4), trivial_loss=0.0)
    assert not given.all(RULE, given.case(given.signal(0.5), descent))
    assert not given.all(RULE, given.case(given.signal(0.5)))


def test_the_limits_are_the_persons_to_set(given):
    """Another `fewest` changes the verdict."""
    assert not given.all(replace(RULE, fewest=4.0), lottery(given, 3, 5))


def test_equal_starts_are_no_draws(given):
    """Constant weights are the same in every seed: runs that differ by the order of batches are no lottery of draws."""
    case = lottery(given, 4, 4)
    descent = case.measurements.descent
    first = replace(descent.configured.loss[0], values=(1.0,) * 8)
    run = replace(descent.configured, loss=(first, *descent.configured.loss[1:]))
    equal = replace(case, measurements=replace(case.measurements, descent=replace(descent, configured=run)))
    assert given.all(RULE, case) != []
    assert given.all(RULE, equal) == []


def test_seeds_that_learn_a_part_are_not_said_to_learn_nothing(given):
    """Three hidden units on XOR: all seeds take something, some far less than the best."""
    run = given.run((0.16, 0.16, 0.45, 0.45, 0.45, 0.95, 0.95, 0.96))
    half = len(run.loss) // 2
    rested = replace(run, loss=run.loss[:half] + run.loss[-1:] * (len(run.loss) - half))
    descent = given.descent(rested)
    wider = given.trial("width", 0.97)
    finding = given.one(RULE, given.case(given.signal(0.5), descent, widths=(2, 3, 1), trials=(wider,)))
    assert "5 of 8 seeds end at 55% of the baseline or higher, the best at 4%" in finding.message
    assert "learn nothing" not in finding.message + finding.plainly
    for seeds, count in ((5, 1), (4, 0)):  # of four, all may be lucky
        few = given.trial("width", (0.97,) * seeds)
        case = given.case(given.signal(0.5), descent, widths=(2, 3, 1), trials=(few,))
        assert len(given.all(RULE, case)) == count
