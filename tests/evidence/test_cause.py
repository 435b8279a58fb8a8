"""The cause is the smallest change that cures, and of equals the plainest."""

from __future__ import annotations

from math import inf

import pytest

from gradaudit.evidence import cause, cures
from tests.evidence.changes import changed, model


def test_a_change_and_a_rate_can_be_needed_together(given):
    """Either alone still fails: both are named, the change first."""
    found = cause.cause(model(given, 0.0, changed(given, "initializer", 0.05, at_1=0.8), rates={1.0: 0.1}))
    assert found.factors == ("initializer", "learning-rate")
    assert cures.cure_in_words(found) == "initializer and set the learning rate to 1"


@pytest.mark.parametrize(
    ("trials", "rates", "expected"),
    [
        ({"activation": 0.9, "initializer": 0.88}, {}, "initializer"),  # the plainer of two that are alike
        ({"activation": 0.9, "initializer": 0.5}, {}, "activation"),  # the other reaches far less
        ({"standardised-inputs": 0.6}, {0.01: 0.9}, "standardised-inputs"),  # a scale goes before a rate …
        ({"standardised-inputs": 0.5}, {0.01: 0.9}, "learning-rate"),  # … unless it leaves half undone
        ({"width": 0.9, "output": 0.8}, {}, "output"),
        ({"depth": 0.9}, {10.0: 0.9}, "learning-rate"),
        ({}, {10.0: 0.9}, "learning-rate"),
    ],
)
def test_the_plainest_of_the_changes_that_reach_alike_is_the_cause(given, trials, rates, expected):
    """Order, and what each must reach for it."""
    changes = [changed(given, kind, reach) for kind, reach in trials.items()]
    assert cause.cause(model(given, 0.0, *changes, rates=rates)).factors == (expected,)


def test_a_factor_that_carries_a_rate_goes_before_the_rate_alone(given):
    """It helps alone, and with a rate it beats the rate alone by far."""
    trial = changed(given, "activation", 0.35, at_1=0.95)
    assert cause.cause(model(given, 0.0, trial, rates={1.0: 0.6})).factors == ("activation",)
    assert cause.cause(model(given, 0.0, trial, rates={1.0: 0.9})).factors == ("learning-rate",)


def test_fewer_factors_come_first_unless_they_leave_most_undone(given):
    """A change that does it alone is the cause, though two together reach a little more."""
    one, two = changed(given, "depth", 0.7), changed(given, "initializer + standardised-inputs", 0.95)
    assert cause.cause(model(given, 0.0, one, two)).factors == ("depth",)
    assert cause.cause(model(given, 0.0, changed(given, "depth", 0.4), two)).factors == (
        "initializer",
        "standardised-inputs",
    )


def test_the_nearest_of_the_rates_that_reach_alike_is_named(given):
    """A person need not go further than it takes."""
    failing = model(given, 0.0, rates={1.0: 0.85, 10.0: 0.9, 100.0: 0.2})
    assert cause.rate_cure(failing, below=False).run.learning_rate == 1.0
    assert cause.rate_cure(failing, below=True) is None


def test_of_several_rates_the_one_that_suits_all_seeds_is_named(given):
    """A larger one that gets further in the median, and nowhere in one of the seeds, is a matter of luck."""
    rates = {1.0: (0.65, 0.7, 0.7), 10.0: (0.1, 0.9, 0.95)}
    failing = model(given, 0.0, rates=rates, optimizer="sgd")
    assert cause.cause(failing).run.learning_rate == 1.0
    assert cause.rate_cure(failing, below=False).run.learning_rate == 1.0
    steady = model(given, 0.0, rates={**rates, 10.0: (0.8, 0.9, 0.95)}, optimizer="sgd")
    assert cause.cause(steady) == cause.rate_cure(steady, below=False)
    assert cause.cause(steady).run.learning_rate == 10.0


def test_seeds_that_another_rate_rescues_are_no_matter_of_the_draw(given):
    """Every seed learns there, as many as were run at the model's own rate."""
    own = (0.0, inf, *(0.9,) * 6)
    run, lost = cause.rescued(model(given, own, rates={0.01: 0.8}))
    assert (run.learning_rate, sum(lost)) == (0.01, 2)
    assert cause.rescued(model(given, own, rates={0.01: (0.8,) * 3})) is None
    assert cause.rescued(model(given, own, rates={0.01: (0.2, *(0.8,) * 7)})) is None


def test_without_a_run_or_a_rate_nothing_rescues(given):
    """What was not run says nothing, and scikit-learn's lbfgs has no rate."""
    assert cause.rescued(given.case(None, None)) is None
    assert cause.rescued(given.case(None, given.descent(given.run(0.0, rate=None), {0.01: 0.8}))) is None


@pytest.mark.parametrize(("rate", "more"), [(0.05, True), (0.59, True), (0.61, False)])
def test_a_change_that_needs_a_rate_is_more_than_the_rate(given, rate, more):
    """Where that gets by far less alone; the rate itself is not more than it is, and another change always."""
    case = model(given, 0.0, changed(given, "initializer", 0.4, at_1=0.8), rates={1.0: rate})
    found = {cure.factors: cure for cure in cures.cures(case)}
    assert cause.is_more_than_the_rate(case, found["initializer", "learning-rate"]) is more
    assert all(
        cause.is_more_than_the_rate(case, cure) is (factors == ("initializer",))
        for factors, cure in found.items()
        if len(factors) == 1
    )


def test_scaling_the_data_on_both_sides_is_one_change(given):
    """It goes before another single change that reaches as much."""
    trials = (changed(given, "width", 0.9), changed(given, "standardised-inputs + standardised-targets", 0.9))
    assert cause.cause(model(given, 0.0, *trials)).factors == ("standardised-inputs", "standardised-targets")


def test_without_a_cure_there_is_no_cause(given):
    """What hardly helps names nothing."""
    assert cause.cause(model(given, 0.0, changed(given, "activation", 0.25))) is None


def test_the_cause_is_recommended_first_and_then_what_reaches_most(given):
    """Of what reaches alike, fewer changes come first."""
    reach = {"initializer + bias": 0.95, "depth": 0.95, "standardised-inputs": 0.6}
    ranked = cause.ranked_cures(model(given, 0.0, *(changed(given, *pair) for pair in reach.items())))
    assert [" + ".join(cure.factors) for cure in ranked] == ["standardised-inputs", "depth", "initializer + bias"]


@pytest.mark.parametrize(
    ("kinds", "factor", "found"),
    [
        (("depth",), "depth", "depth"),
        (("depth",), "width", None),
        (("initializer + activation",), "activation", "initializer + activation"),
        (("initializer + activation", "depth"), "activation", None),
    ],
)
def test_a_factor_cures_alone_or_as_a_part_of_the_cause(given, kinds, factor, found):
    """What cures only together with another factor counts where nothing smaller does."""
    cure = cause.cure_by(model(given, 0.0, *(changed(given, kind, 0.9) for kind in kinds)), factor)
    assert (cure and " + ".join(cure.factors)) == found
