from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.remedies.clipping import Clipping

REMEDY = Clipping()


def model(optimizer=Named.of("sgd", learning_rate=0.1), **given):
    """One hidden layer, trained by this optimizer."""
    return ModelSpec("m", 4, (DenseSpec(8), DenseSpec(3)), optimizer=optimizer, **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_a_gradient_without_a_bound_gets_one(propose, rule):
    """Beside what the optimizer says already."""
    (fix,) = propose(REMEDY, model(), rule)
    assert fix.changes == (Change("optimizer.clip_norm", None, 1.0),)
    assert apply(model(), fix.changes).optimizer == Named.of("sgd", learning_rate=0.1, clip_norm=1.0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_of_a_spec_takes_a_bound(propose, name):
    """So it is proposed for each of them."""
    assert len(propose(REMEDY, model(Named(name)), "exploding-gradient")) == 1
    assert "clip_norm" in OPTIMIZERS[name].parameters


def test_a_bound_that_is_there_is_left_alone(propose):
    """Whatever its size."""
    assert propose(REMEDY, model(Named.of("sgd", learning_rate=0.1, clip_norm=50.0)), "exploding-gradient") == []
