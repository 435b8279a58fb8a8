"""A cure is a change beside the model itself, in paired seeds: what it reaches, and how much the model misses."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.spec import Named
from gradaudit.evidence import cures
from tests.evidence.changes import changed, model


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
    assert bool(cures.cures(model(given, own, changed(given, "initializer", there)))) is helps


def test_rates_that_nobody_would_type_are_no_cures(given):
    """1e-9 is evidence of a scale that is wrong, and so is 3 for Adam."""
    assert not cures.cures(model(given, inf, rates={1e-9: 0.9}))
    assert cures.cures(model(given, inf, rates={3.0: 0.9}, optimizer="sgd"))
    assert not cures.cures(model(given, inf, rates={3.0: 0.9}, optimizer="adam"))


def test_runs_are_compared_after_equally_many_steps(given):
    """A trial that was shorter than the model's run is held against where that stood then."""
    own = given.descent(given.run(0.8, steps=100))
    short = given.trial("initializer", 0.5)
    run = given.descent(given.run(0.5, steps=25))
    short = replace(short, case=replace(short.case, measurements=replace(short.case.measurements, descent=run)))
    cure = cures.changed_by(given.case(None, own), short)
    assert cure.own == pytest.approx((0.2,) * 8)
    assert cure.regret == pytest.approx(0.3)


@pytest.mark.parametrize(("own", "harmed"), [(0.5, True), (0.7, False)])
def test_a_run_that_was_ended_early_harms_none_that_gets_further(given, own, harmed):
    """Half of the seeds fail, and another rate is ahead after a quarter of the steps: by its end the model is."""
    ends = given.descent(given.run((0.0, 0.0, 0.0, 0.0, *(2 * own,) * 4), steps=100))
    ahead = given.run(0.6, steps=25, rate=0.001)
    case = given.case(None, replace(ends, others=(ahead,)))
    (cure,) = cures.cures(case)
    assert cure.helps
    assert cures.is_harmed(case, cure) is harmed


def test_given_weights_have_one_run_to_compare_with(given):
    """It stands beside every seed of the change."""
    cure = cures.changed_by(model(given, (0.1,)), changed(given, "restart", 0.9))
    assert cure.own == (0.1,) * 8


@pytest.mark.parametrize(
    ("own", "there", "harmed"), [(0.05, 0.4, True), (0.2, 0.6, True), (0.2, 0.45, False), (0.31, 0.99, False)]
)
def test_regret_is_harm_where_the_model_fails_or_is_slow(given, own, there, harmed):
    """A network that learns is left alone, however much more something else would reach."""
    failing = model(given, own, changed(given, "initializer", there))
    assert any(cures.is_harmed(failing, cure) for cure in cures.cures(failing)) is harmed


@pytest.mark.parametrize(
    ("own", "there", "slow"),
    [
        ((*(0.2,) * 6, 0.4, 0.4), 0.6, True),
        ((*(0.2,) * 5, 0.4, 0.4, 0.4), 0.6, False),  # too few of the seeds
        ((*(0.2,) * 5, 0.4, 0.4, 0.4), 0.9, True),  # which is no matter beside so much more
        ((*(0.2,) * 3, *(0.4,) * 5), 0.99, False),  # it learns
    ],
)
def test_what_is_missed_may_be_much_or_in_most_seeds(given, own, there, slow):
    """A model that learns little is slow where a change gets far further."""
    case = model(given, own, changed(given, "initializer", there))
    (cure,) = cures.cures(case)
    assert cures.is_slow(case, cure, cures.SLOW) is slow


def test_what_is_sure_is_reached_in_all_but_the_worst_quarter_of_the_seeds(given):
    """The worst of three, the third of eight."""
    case = model(given, 0.0, changed(given, "initializer", (0.0, 0.1, 0.3, *(0.9,) * 5)))
    (cure,) = cures.cures(case)
    assert (cure.sure, replace(cure, there=(0.9, 0.4, 0.8)).sure) == (0.3, 0.4)


@pytest.mark.parametrize(
    ("activation", "own", "slow"),
    [("identity", 0.49, True), ("identity", 0.51, False), ("tanh", 0.29, True), ("tanh", 0.31, False)],
)
def test_hidden_layers_that_are_all_linear_are_slow_for_longer(given, activation, own, slow):
    """They are a plain symptom: half of what there is to learn is no success of a network with hidden layers."""
    trial = changed(given, "activation", 0.95)
    failing = given.case(None, given.descent(own), trials=(trial,), activation=activation)
    (cure,) = cures.cures(failing)
    assert cures.is_harmed(failing, cure, cures.slow_limit(failing)) is slow


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
    failing = model(given, own, changed(given, "initializer", there))
    (cure,) = cures.cures(failing)
    assert cures.is_crippled(failing, cure) is crippled


def test_every_change_is_tried_at_every_rate_that_was_run(given):
    """The rate alone, the change alone, and both together, each beside the model after as many steps."""
    found = cures.tried(model(given, 0.0, changed(given, "depth", 0.5, at_1=0.9), rates={0.01: 0.4}))
    assert [(cure.factors, round(cure.reach, 9)) for cure in found] == [
        (("learning-rate",), 0.4),
        (("depth",), 0.5),
        (("depth", "learning-rate"), 0.9),
    ]


def test_a_bound_on_the_gradient_leaves_room_for_larger_rates(given):
    """What moves the weights is their product."""
    highest = {0.1: 100.0, 0.5: 20.0, 2.0: 10.0, None: 10.0}
    for bound, rate in highest.items():
        spec = given.case(optimizer=Named.of("sgd", clip_norm=bound)).spec
        assert cures.is_typed(spec, rate)
        assert not cures.is_typed(spec, 1.01 * rate)


def test_nothing_is_tried_where_there_is_nothing_to_learn(given):
    """Targets that are all alike leave no baseline."""
    descent = replace(given.descent(0.0, {0.01: 0.9}), trivial_loss=0.0)

    assert not list(cures.tried(given.case(None, descent)))
    assert not list(cures.tried(given.case()))


def test_a_run_that_was_ended_early_is_no_cure(given):
    """The hopeless are not run to their end."""
    run = replace(given.run(0.9), finished=False)
    case, trial = given.case(None, given.descent(0.0)), given.trial("depth")

    assert cures.changed_by(case, replace(trial, case=given.case(None, given.descent(run)))) is None


@pytest.mark.parametrize(
    ("steps", "own", "there", "calm"),
    [(20, -inf, 0.05, True), (20, -inf, -inf, False), (20, 0.0, 0.05, False), (100, -inf, 0.05, False)],
)
def test_a_short_run_is_calmed_where_it_no_longer_diverges(given, steps, own, there, calm):
    """So few steps teach little: that the changed model learns is not asked."""
    case = given.case(None, given.descent(given.run(own, steps=steps), planned=1000))
    trial = replace(
        given.trial("bias"), case=given.case(None, given.descent(given.run(there, steps=steps), planned=1000))
    )

    assert cures.calms(case, trial) is calm
