"""A cure is a change beside the model itself, in paired seeds: what it reaches, what it gains, and what is none."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.spec import Named
from gradaudit.evidence.cures import GAINS, RATE, calms, changed_by, cures, is_typed, named, tried
from gradaudit.evidence.learning_outcome import LEARNS


@pytest.mark.parametrize(
    ("own", "there", "helps"),
    [
        (0.0, LEARNS, True),
        (0.0, LEARNS - 0.01, False),
        (0.5, 0.5 + GAINS + 0.01, True),
        (0.5, 0.5 + GAINS - 0.01, False),
        (-inf, LEARNS, True),
        ((0.0,) * 5 + (0.95,) * 3, 0.9, True),
        ((0.0,) * 4 + (0.95,) * 4, 0.9, False),
    ],
)
def test_a_cure_learns_visibly_further_in_most_seeds(given, own, there, helps):
    """What a model misses that diverges is counted from the baseline."""
    case = given.case(None, given.descent(own), trials=(given.trial("initializer", there),))

    assert bool(cures(case)) is helps


def test_every_change_is_tried_at_every_rate_that_was_run(given):
    """The rate alone, the change alone, and both together, each beside the model after as many steps."""
    trial = replace(given.trial("depth"), case=given.case(None, given.descent(0.5, {0.01: 0.9})))
    case = given.case(None, given.descent(0.0, {1.0: 0.4}), trials=(trial,))

    assert [(cure.factors, round(cure.reach, 9)) for cure in tried(case)] == [
        ((RATE,), 0.4),
        (("depth",), 0.5),
        (("depth", RATE), 0.9),
    ]


def test_nothing_is_tried_where_there_is_nothing_to_learn(given):
    """Targets that are all alike leave no baseline."""
    descent = replace(given.descent(0.0, {0.01: 0.9}), trivial_loss=0.0)

    assert not list(tried(given.case(None, descent)))
    assert not list(tried(given.case()))


def test_a_run_that_was_ended_early_is_no_cure(given):
    """The hopeless are not run to their end."""
    run = replace(given.run(0.9), finished=False)
    case, trial = given.case(None, given.descent(0.0)), given.trial("depth")

    assert changed_by(case, replace(trial, case=given.case(None, given.descent(run)))) is None


def test_given_weights_have_one_run_for_all_seeds(given):
    """A change that draws anew is held against it in each of its seeds."""
    cure = changed_by(given.case(None, given.descent((0.1,))), given.trial("initializer", 0.9))

    assert cure is not None
    assert cure.better == (True,) * 8


@pytest.mark.parametrize(
    ("optimizer", "rate", "typed"),
    [
        (Named("sgd"), 10.0, True),
        (Named("sgd"), 11.0, False),
        (Named("adam"), 1.0, True),
        (Named("adam"), 1.1, False),
        (Named("sgd"), 1e-7, False),
        (Named.of("sgd", clip_norm=0.1), 90.0, True),
        (Named("lbfgs"), None, False),
    ],
)
def test_a_rate_is_one_that_a_person_would_type(given, optimizer, rate, typed):
    """A small bound on the gradient's norm leaves room for larger ones."""
    assert is_typed(given.case(optimizer=optimizer).spec, rate) is typed


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

    assert calms(case, trial) is calm


def test_a_cure_is_named_by_all_that_is_changed(given):
    """As a person would say it."""
    trial = replace(given.trial("depth", title="take 4 layers"), case=given.case(None, given.descent(0.5, {0.01: 0.9})))
    found = list(tried(given.case(None, given.descent(0.0), trials=(trial,))))

    assert [named(cure) for cure in found] == ["take 4 layers", "take 4 layers and set the learning rate to 0.01"]
