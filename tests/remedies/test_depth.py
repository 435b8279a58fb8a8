from __future__ import annotations

import pytest

from gradaudit.finding import Change
from gradaudit.remedies.depth import FEW, Depth
from gradaudit.remedies.edit import apply
from gradaudit.spec import DenseSpec, DropoutSpec, ModelSpec

REMEDY = Depth()


def model(*layers):
    """A network of these layers and an output."""
    return ModelSpec("m", 4, (*layers, DenseSpec(3)))


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_a_layer_that_is_often_repeated_is_repeated_less(propose, rule):
    """The one change, for every rule that it addresses."""
    spec = model(DenseSpec(8, repeat=10))
    (fix,) = propose(REMEDY, spec, rule)
    assert fix.title == f"{FEW} layers where there were 10"
    assert fix.changes == (Change("layers[1].repeat", 10, FEW),)
    assert apply(spec, fix.changes).layers[0].repeat == FEW


def test_every_such_layer_is_shortened_and_the_deepest_named(propose):
    """Layers that are repeated a few times stay."""
    spec = model(DenseSpec(8, repeat=5), DropoutSpec(0.5), DenseSpec(8, repeat=FEW), DenseSpec(8, repeat=20))
    (fix,) = propose(REMEDY, spec, "vanishing-gradient")
    assert fix.title.endswith("there were 20")
    assert [change.path for change in fix.changes] == ["layers[1].repeat", "layers[4].repeat"]


def test_what_is_shallow_or_fitted_is_left_alone(propose):
    """Layers that are written out one by one have no single number to change, and fitted ones keep their weights."""
    assert propose(REMEDY, model(*[DenseSpec(8)] * 10), "vanishing-gradient") == []
    assert propose(REMEDY, model(DenseSpec(8, repeat=FEW)), "vanishing-gradient") == []
    assert propose(REMEDY, model(DenseSpec(8, repeat=10)), "vanishing-gradient", stage="fitted") == []
