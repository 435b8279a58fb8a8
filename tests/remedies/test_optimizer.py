from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.remedies.optimizer import ADAPTIVE, KEPT, RATE, ChangeOptimizer

REMEDY = ChangeOptimizer()


def model(optimizer, **given):
    """One hidden layer, trained by this optimizer."""
    return ModelSpec("m", 4, (DenseSpec(8), DenseSpec(3)), optimizer=optimizer, **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_another_optimizer_becomes_adam_at_its_usual_rate(propose, rule):
    """The one change, for every rule that it addresses."""
    spec = model(Named.of("sgd", learning_rate=0.5, momentum=0.9, nesterov=True))
    (fix,) = propose(REMEDY, spec, rule)
    old = {"name": "sgd", "learning_rate": 0.5, "momentum": 0.9, "nesterov": True}
    assert fix.changes == (Change("optimizer", old, {"name": "adam", "learning_rate": 0.001}),)
    assert apply(spec, fix.changes).optimizer == Named.of("adam", learning_rate=0.001)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_only_adam_is_left_alone(propose, name):
    """At whatever rate: another rate is another remedy's."""
    fixes = propose(REMEDY, model(Named.of(name, learning_rate=3.0)), "plateau")
    assert [fix.title for fix in fixes] == ([] if name in ADAPTIVE else ["use adam with learning rate 0.001"])


def test_the_rate_is_the_one_that_adam_has_by_default():
    """What the table says where nobody says it."""
    assert OPTIMIZERS["adam"].parameters["learning_rate"] == RATE


def test_the_bound_and_the_decay_stay(propose):
    """Each is a factor of its own, and Adam takes both."""
    spec = model(Named.of("rmsprop", learning_rate=0.1, clip_norm=2.0, weight_decay=0.1, momentum=0.9))
    (fix,) = propose(REMEDY, spec, "plateau")
    kept = Named.of("adam", learning_rate=0.001, clip_norm=2.0, weight_decay=0.1)
    assert apply(spec, fix.changes).optimizer == kept
    assert set(KEPT) <= set(OPTIMIZERS["adam"].parameters)


def test_an_assumed_optimizer_is_a_new_key(propose):
    """There is nothing to replace in the spec."""
    (fix,) = propose(REMEDY, model(Named.of("sgd", learning_rate=0.01), assumed=("optimizer",)), "plateau")
    assert fix.changes[0].old is None


def test_scikit_learn_s_lbfgs_is_replaced_too(propose):
    """It is no optimizer of a spec."""
    assert len(propose(REMEDY, model(Named("lbfgs"), framework="sklearn"), "plateau")) == 1
