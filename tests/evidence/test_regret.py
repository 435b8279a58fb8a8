"""Causes by comparison: which changes cure, which of them is the smallest, and how much the model misses."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.spec import Named
from gradaudit.evidence import cause, cures, regret


def tried(given, kind, own=0.0, **others):
    """A trial of this kind: progress at the model's rate of 0.1, and at others (`at_1=0.9` is rate 1)."""
    trial = given.trial(kind, own, title=kind)
    runs = {float(key.removeprefix("at_").replace("_", ".")): value for key, value in others.items()}
    descent = given.descent(own, runs)
    return replace(trial, case=replace(trial.case, measurements=replace(trial.case.measurements, descent=descent)))


def case(given, own, *trials, rates=None, optimizer=None):
    """A model with this progress, at other rates and with changes."""
    spec = {} if optimizer is None else {"optimizer": Named.of(optimizer, learning_rate=0.1)}
    return given.case(None, given.descent(own, rates), trials=trials, **spec)


@pytest.mark.parametrize(
    ("own", "there", "helps"),
    [
        (0.0, 0.3, True),
        (0.0, 0.29, False),  # that is not learning yet
        (0.2, 0.39, False),  # and that is hardly more
        (inf, 0.8, True),
        (-3.0, 0.31, True),  # what lies under the baseline counts as the baseline
        (0.0, inf, False),
        (0.0, (0.9, 0.9, 0.9, *(0.0,) * 5), False),  # few lucky seeds
    ],
)
def test_a_cure_learns_and_gets_visibly_further(given, own, there, helps):
    """In the median over paired seeds, and in most of them."""
    assert bool(cures.cures(case(given, own, tried(given, "initializer", there)))) is helps


def test_a_change_and_a_rate_can_be_needed_together(given):
    """Either alone still fails: both are named, the change first."""
    found = cause.cause(case(given, 0.0, tried(given, "initializer", 0.05, at_1=0.8), rates={1.0: 0.1}))
    assert found.factors == ("initializer", "learning-rate")
    assert cures.named(found) == "initializer and set the learning rate to 1"


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
    changes = [tried(given, kind, reach) for kind, reach in trials.items()]
    assert cause.cause(case(given, 0.0, *changes, rates=rates)).factors == (expected,)


def test_a_factor_that_carries_a_rate_goes_before_the_rate_alone(given):
    """It helps alone, and with a rate it beats the rate alone by far."""
    trial = tried(given, "activation", 0.35, at_1=0.95)
    assert cause.cause(case(given, 0.0, trial, rates={1.0: 0.6})).factors == ("activation",)
    assert cause.cause(case(given, 0.0, trial, rates={1.0: 0.9})).factors == ("learning-rate",)


def test_fewer_factors_come_first_unless_they_leave_most_undone(given):
    """A change that does it alone is the cause, though two together reach a little more."""
    one, two = tried(given, "depth", 0.7), tried(given, "initializer + standardised-inputs", 0.95)
    assert cause.cause(case(given, 0.0, one, two)).factors == ("depth",)
    assert cause.cause(case(given, 0.0, tried(given, "depth", 0.4), two)).factors == (
        "initializer",
        "standardised-inputs",
    )


def test_rates_that_nobody_would_type_are_no_cures(given):
    """1e-9 is evidence of a scale that is wrong, and so is 3 for Adam."""
    assert not cures.cures(case(given, inf, rates={1e-9: 0.9}))
    assert cures.cures(case(given, inf, rates={3.0: 0.9}, optimizer="sgd"))
    assert not cures.cures(case(given, inf, rates={3.0: 0.9}, optimizer="adam"))


def test_runs_are_compared_after_equally_many_steps(given):
    """A trial that was shorter than the model's run is held against where that stood then."""
    own = given.descent(given.run(0.8, steps=100))
    short = given.trial("initializer", 0.5)
    run = given.descent(given.run(0.5, steps=25))
    short = replace(short, case=replace(short.case, measurements=replace(short.case.measurements, descent=run)))
    cure = cures.changed_by(given.case(None, own), short)
    assert cure.own == pytest.approx((0.2,) * 8)
    assert cure.regret == pytest.approx(0.3)


def test_given_weights_have_one_run_to_compare_with(given):
    """It stands beside every seed of the change."""
    cure = cures.changed_by(case(given, (0.1,)), tried(given, "restart", 0.9))
    assert cure.own == (0.1,) * 8


@pytest.mark.parametrize(
    ("own", "there", "harmed"), [(0.05, 0.4, True), (0.2, 0.6, True), (0.2, 0.45, False), (0.31, 0.99, False)]
)
def test_regret_is_harm_where_the_model_fails_or_is_slow(given, own, there, harmed):
    """A network that learns is left alone, however much more something else would reach."""
    model = case(given, own, tried(given, "initializer", there))
    assert any(regret.is_harmed(model, cure) for cure in cures.cures(model)) is harmed


@pytest.mark.parametrize(
    ("activation", "own", "slow"),
    [("identity", 0.49, True), ("identity", 0.51, False), ("tanh", 0.29, True), ("tanh", 0.31, False)],
)
def test_hidden_layers_that_are_all_linear_are_slow_for_longer(given, activation, own, slow):
    """They are a plain symptom: half of what there is to learn is no success of a network with hidden layers."""
    trial = tried(given, "activation", 0.95)
    model = given.case(None, given.descent(own), trials=(trial,), activation=activation)
    (cure,) = cures.cures(model)
    assert regret.is_harmed(model, cure, regret.slow_limit(model)) is slow


@pytest.mark.parametrize(
    ("own", "there", "crippled"),
    [
        (0.0, 0.51, True),
        (0.0, 0.49, False),  # the cure does not teach most there is
        ((*(0.0,) * 4, *(0.3,) * 4), 0.51, True),
        ((*(0.0,) * 3, *(0.3,) * 5), 0.51, False),  # most seeds learn
        (0.14, 0.75, True),  # hardly anything, and by far less than the cure
        (0.14, 0.73, False),
        (0.16, 0.99, False),
    ],
)
def test_a_model_is_crippled_that_learns_next_to_nothing_of_what_a_cure_teaches(given, own, there, crippled):
    """In half of the seeds, or hardly more than that in all."""
    model = case(given, own, tried(given, "initializer", there))
    (cure,) = cures.cures(model)
    assert regret.is_crippled(model, cure) is crippled


def test_the_nearest_of_the_rates_that_reach_alike_is_named(given):
    """A person need not go further than it takes."""
    model = case(given, 0.0, rates={1.0: 0.85, 10.0: 0.9, 100.0: 0.2})
    assert cause.rate_cure(model, below=False).run.learning_rate == 1.0
    assert cause.rate_cure(model, below=True) is None


def test_seeds_that_another_rate_rescues_are_no_matter_of_the_draw(given):
    """Every seed learns there, as many as were run at the model's own rate."""
    own = (0.0, inf, *(0.9,) * 6)
    run, lost = cause.rescued(case(given, own, rates={0.01: 0.8}), below=True)
    assert (run.learning_rate, sum(lost)) == (0.01, 2)
    assert cause.rescued(case(given, own, rates={0.01: (0.8,) * 3}), below=True) is None
    assert cause.rescued(case(given, own, rates={0.01: (0.2, *(0.8,) * 7)}), below=True) is None
