from __future__ import annotations

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, DropoutSpec, ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.depth import FEW, Depth

REMEDY = Depth()


def model(*layers):
    """A network of these layers and an output."""
    return ModelSpec("m", 4, (*layers, DenseSpec(3)))


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_a_layer_that_is_often_repeated_is_repeated_less(propose, rule):
    """The one change, for every rule that it addresses."""
    spec = model(DenseSpec(8, repeat=10))
    (fix,) = propose(REMEDY, spec, rule)
    assert fix.title == f"reduce the depth from 10 to {FEW} layers"
    assert fix.changes == (Change("layers[1].repeat", 10, FEW),)
    assert apply(spec, fix.changes).layers[0].repeat == FEW


def test_every_such_layer_is_shortened_and_the_deepest_named(propose):
    """Layers that are repeated a few times stay; blocks have a way past them, and are not counted."""
    deep = ResidualSpec((DenseSpec(8),), 50)
    spec = model(DenseSpec(8, repeat=5), deep, DropoutSpec(0.5), DenseSpec(8, repeat=FEW), DenseSpec(9, repeat=20))
    (fix,) = propose(REMEDY, spec, "vanishing-gradient")
    assert fix.title.startswith("reduce the depth from 20")
    assert [change.path for change in fix.changes] == ["layers[1].repeat", "layers[5].repeat"]


def test_what_is_shallow_is_left_alone(propose):
    """A few layers of one width train."""
    assert propose(REMEDY, model(*[DenseSpec(8)] * FEW, *[DenseSpec(9)] * FEW), "vanishing-gradient") == []
    assert propose(REMEDY, model(DenseSpec(8, repeat=FEW)), "vanishing-gradient") == []


def test_layers_that_are_written_out_are_taken_away(propose):
    """The first of them stay, under whatever names; a repeated one among them is shortened to what is left."""
    spec = model(*[DenseSpec(8)] * 10)
    (fix,) = propose(REMEDY, spec, "exploding-gradient")
    assert fix.changes == tuple(Change(f"layers[{place}]", 8, None) for place in range(FEW + 1, 11))
    assert apply(spec, fix.changes) == model(*[DenseSpec(8)] * FEW)
    spec = model(DenseSpec(8, name="first"), DenseSpec(8, repeat=5), DenseSpec(8, name="last"))
    (fix,) = propose(REMEDY, spec, "exploding-gradient")
    assert fix.title.startswith("reduce the depth from 7")
    assert apply(spec, fix.changes) == model(DenseSpec(8, name="first"), DenseSpec(8, repeat=FEW - 1))


@pytest.mark.parametrize(
    "other", [{"activation": Named("tanh")}, {"norm": Named("batch_norm")}, {"init": Named("zeros")}]
)
def test_layers_that_differ_are_no_repetition(propose, other):
    """Only copies are superfluous."""
    assert propose(REMEDY, model(*[DenseSpec(8), DenseSpec(8, **other)] * 5), "vanishing-gradient") == []


def test_an_output_as_wide_as_the_hidden_layers_is_still_there(propose):
    """Of equal layers it does not matter which one goes: the last that is left gives the output."""
    spec = ModelSpec("m", 4, (DenseSpec(3),) * 6, output=Named("softmax"))
    (fix,) = propose(REMEDY, spec, "vanishing-gradient")
    activations = [row.activation for row in flatten(expand(apply(spec, fix.changes)))]
    assert activations == [Named("relu"), Named("relu"), Named("softmax")]
