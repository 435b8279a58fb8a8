from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.width import NARROW, Width, wider

REMEDY = Width()


def model(*layers, **given):
    """A network of these layers and an output."""
    return ModelSpec("m", 4, (*layers, DenseSpec(3)), **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_narrow_layers_are_made_wider_and_the_narrowest_named(propose, rule):
    """However they are written: a number, or a mapping, whose other keys stay. The output keeps its width."""
    tanh = DenseSpec(8, activation=Named("tanh"), repeat=2)
    spec = model(DenseSpec(5), tanh, DenseSpec(NARROW))
    (fix,) = propose(REMEDY, spec, rule)
    assert fix.title == "widen the narrowest hidden layers from 5 to 20 units"
    assert fix.changes == (Change("layers[1]", 5, 20), Change("layers[2].units", 8, 32))
    edited = DenseSpec(32, activation=Named("tanh"), repeat=2)
    assert apply(spec, fix.changes) == model(DenseSpec(20), edited, DenseSpec(NARROW))


@pytest.mark.parametrize("units", range(1, NARROW))
def test_wider_is_wider(units):
    """And no longer a matter of a few units."""
    assert wider(units) >= max(16, 4 * units)


def test_what_is_wide_is_left_alone(propose):
    """And what has no hidden layer."""
    assert propose(REMEDY, model(DenseSpec(NARROW)), "dead-units") == []
    assert propose(REMEDY, model(), "dead-units") == []


def test_residual_blocks_keep_their_width(propose):
    """Input and output of a block agree."""
    assert propose(REMEDY, model(DenseSpec(8), ResidualSpec((DenseSpec(8),))), "dead-units") == []
