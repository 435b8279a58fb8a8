from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.bias import Bias

REMEDY = Bias()
LOW = Named.of("constant", value=-5.0)


def model(*layers, **given):
    """A network of these layers and an output."""
    return ModelSpec("m", 4, (*(layers or (DenseSpec(8),)), DenseSpec(3)), **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_a_bias_that_is_not_zero_is_set_to_zero(propose, rule):
    """The one change, for every rule that it addresses."""
    spec = model(bias=LOW)
    (fix,) = propose(REMEDY, spec, rule)
    assert fix.changes == (Change("bias", {"name": "constant", "value": -5.0}, "zeros"),)
    assert apply(spec, fix.changes).bias == Named("zeros")


def test_every_layers_own_bias_is_set_to_zero(propose):
    """Blocks are opened, and the output layer is a layer."""
    spec = model(DenseSpec(4, bias=LOW), ResidualSpec((DenseSpec(4, bias=Named("ones")),)))
    (fix,) = propose(REMEDY, spec, "dead-units")
    assert [change.path for change in fix.changes] == ["layers[1].bias", "layers[2].layers[0].bias"]


@pytest.mark.parametrize("bias", [None, False, Named("zeros")])
def test_biases_of_zero_and_none_at_all_are_left_alone(propose, bias):
    """There is nothing to change; a framework's own draw belongs to `init`."""
    assert propose(REMEDY, model(bias=bias), "dead-units") == []
    assert propose(REMEDY, model(DenseSpec(8, bias=bias)), "dead-units") == []
