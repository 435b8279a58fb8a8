from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.penalty import Penalty

REMEDY = Penalty()
DECAY = Named.of("sgd", learning_rate=0.1, weight_decay=0.5)


def model(**given):
    """One hidden layer."""
    return ModelSpec("m", 4, (DenseSpec(8), DenseSpec(3)), **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_every_penalty_is_taken_away(propose, rule):
    """The loss's term and the optimizer's decay are one factor."""
    spec = model(l2=0.1, optimizer=DECAY)
    (fix,) = propose(REMEDY, spec, rule)
    assert fix.changes == (Change("l2", 0.1, 0.0), Change("optimizer.weight_decay", 0.5, 0.0))
    edited = apply(spec, fix.changes)
    assert (edited.l2, edited.optimizer.get("weight_decay")) == (0.0, 0.0)


@pytest.mark.parametrize("given", [{"l2": 0.1}, {"optimizer": DECAY}])
def test_one_of_them_is_enough(propose, given):
    """Only what is there is changed."""
    (fix,) = propose(REMEDY, model(**given), "plateau")
    assert len(fix.changes) == 1


@pytest.mark.parametrize("optimizer", [Named("sgd"), Named.of("sgd", weight_decay=0.0)])
def test_without_a_penalty_nothing_is_proposed(propose, optimizer):
    """Written as zero or not at all."""
    assert propose(REMEDY, model(optimizer=optimizer), "plateau") == []


def test_scikit_learn_has_one_penalty_alone(propose):
    """Its alpha is the loss's term; its solvers have no decay."""
    (fix,) = propose(REMEDY, model(l2=0.1, framework="sklearn"), "plateau")
    assert fix.changes == (Change("l2", 0.1, 0.0),)
