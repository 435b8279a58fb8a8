from __future__ import annotations

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.normalisation import Normalisation

REMEDY = Normalisation()


def model(*layers, **given):
    """A network of these layers and an output."""
    return ModelSpec("m", 4, (*layers, DenseSpec(3)), **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_a_network_without_norms_is_offered_either_kind(propose, rule):
    """In every hidden layer, and never in the output, whose size is the targets'."""
    spec = model(DenseSpec(8), DropoutSpec(0.5), DenseSpec(8, repeat=3))
    fixes = propose(REMEDY, spec, rule)
    assert [fix.changes for fix in fixes] == [
        (Change("layers[1].norm", None, norm), Change("layers[3].norm", None, norm))
        for norm in ("layer_norm", "batch_norm")
    ]
    for fix, norm in zip(fixes, ("layer_norm", "batch_norm"), strict=True):
        kinds = [row.kind for row in flatten(expand(apply(spec, fix.changes)))]
        assert kinds == ["dense", norm, "dropout", *["dense", norm] * 3, "dense"]


def test_layers_in_blocks_are_hidden_layers_too(propose):
    """Their paths count from the block's own first."""
    fix, _ = propose(REMEDY, model(ResidualSpec((DenseSpec(4), DenseSpec(4)))), "exploding-gradient")
    assert [change.path for change in fix.changes] == ["layers[1].layers[0].norm", "layers[1].layers[1].norm"]


@pytest.mark.parametrize(
    "normed",
    [
        DenseSpec(8, norm=Named("batch_norm")),
        LayerNormSpec(),
        ResidualSpec((LayerNormSpec(), DenseSpec(4))),
        ResidualSpec((DenseSpec(4, norm=Named("layer_norm")),)),
    ],
)
def test_a_network_with_a_norm_anywhere_is_left_alone(propose, normed):
    """In a layer, between layers, in a block: where it stands was somebody's choice."""
    assert propose(REMEDY, model(normed, DenseSpec(8)), "exploding-gradient") == []


def test_without_hidden_layers_nothing_is_proposed(propose):
    """There is no place for it."""
    assert propose(REMEDY, model(), "exploding-gradient") == []
