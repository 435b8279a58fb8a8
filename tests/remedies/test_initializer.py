from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.remedies.initializer import ChangeInitializer

REMEDY = ChangeInitializer()
SMALL = Named.of("normal", std=0.01)


def model(activation="relu", init=SMALL, **given):
    """Two hidden layers and an output."""
    return ModelSpec(
        "m", 4, (DenseSpec(8), DenseSpec(8), DenseSpec(3)), activation=Named(activation), init=init, **given
    )


@pytest.mark.parametrize("activation", ["relu", "tanh", "selu", "sigmoid", "gelu"])
def test_each_activation_gets_the_initializer_that_fits_it(propose, activation):
    """He for the rectifiers, Glorot for the saturating ones, LeCun for SELU: the table's."""
    matching = ACTIVATIONS[activation].matching_init
    (fix,) = propose(REMEDY, model(activation), "vanishing-gradient")
    assert fix.title == f"initialise with {matching}"
    assert fix.changes == (Change("init", {"name": "normal", "std": 0.01}, matching),)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_every_rule_that_it_addresses_gets_one_fix(propose, rule):
    """Weights of the right size are one way out of each of them."""
    assert len(propose(REMEDY, model(), rule)) == 1


@pytest.mark.parametrize("init", ["he_normal", "he_uniform"])
def test_weights_of_the_right_family_are_left_alone(propose, init):
    """Uniform or normal makes no difference to the signal."""
    assert propose(REMEDY, model(init=Named(init)), "dead-units") == []


def test_an_assumed_initializer_of_the_right_family_is_left_alone(propose):
    """Writing down what is assumed already changes nothing."""
    assert propose(REMEDY, model("tanh", Named("glorot_uniform"), assumed=("init",)), "vanishing-gradient") == []


def test_a_gain_makes_it_another_size(propose):
    """The right family with a gain of its own is not the matching initializer."""
    (fix,) = propose(REMEDY, model(init=Named.of("he_normal", gain=0.01)), "vanishing-gradient")
    assert fix.changes == (Change("init", {"name": "he_normal", "gain": 0.01}, "he_normal"),)


def test_an_output_that_knows_no_width_gets_glorot(propose):
    """The last layer's own zeros are replaced as well; an initializer of a family stays."""
    zeros = DenseSpec(3, init=Named("zeros"))
    (fix,) = propose(REMEDY, ModelSpec("m", 4, (DenseSpec(8), zeros), init=Named("zeros")), "saddle-point")
    assert fix.changes == (Change("init", "zeros", "he_normal"), Change("layers[2].init", "zeros", "glorot_uniform"))
    lecun = DenseSpec(3, init=Named("lecun_normal"))
    (fix,) = propose(REMEDY, ModelSpec("m", 4, (DenseSpec(8), lecun), init=Named("zeros")), "saddle-point")
    assert [change.path for change in fix.changes] == ["init"]


def test_biases_are_another_remedys(propose):
    """Each remedy changes one factor, so that what clears a symptom when it is tried alone is its cause."""
    (fix,) = propose(REMEDY, model(bias=Named.of("constant", value=-5.0)), "dead-units")
    assert [change.path for change in fix.changes] == ["init"]


@pytest.mark.parametrize(("repeat", "gain"), [(4, 0.5), (10, 0.32)])
def test_residual_branches_without_norms_start_small(propose, repeat, gain):
    """Every layer in a block gets a gain of one over the root of the blocks' number, after what fits it."""
    block = ResidualSpec((DenseSpec(4), DropoutSpec(0.1), DenseSpec(4, init=Named("zeros"))), repeat)
    spec = ModelSpec("m", 4, (block, DenseSpec(3)), init=SMALL)
    first, second = propose(REMEDY, spec, "exploding-gradient")
    small = {"name": "he_normal", "gain": gain}
    assert first.title == "initialise with he_normal"
    assert second.changes == (
        Change("layers[1].layers[0].init", None, small),
        Change("layers[1].layers[2].init", "zeros", small),
    )
    (again,) = propose(REMEDY, apply(spec, second.changes), "exploding-gradient")
    assert again.title == first.title


def test_small_branches_keep_the_size_of_the_sum(propose):
    """Measured: behind many blocks the outputs have the inputs' size, where without them they explode."""
    blocks = ResidualSpec((DenseSpec(64), DenseSpec(64, activation=Named("identity"))), 32)
    spec = ModelSpec("m", 64, (blocks, DenseSpec(64)), init=Named("he_normal"), output=Named("identity"))
    (fix,) = propose(REMEDY, spec, "exploding-gradient")

    def size(of):
        rows = [row for row in flatten(expand(of)) if row.kind == "dense"][:-1]
        rng = np.random.default_rng(0)
        x = rng.normal(size=(16, 64))
        for first, second in zip(rows[::2], rows[1::2], strict=True):
            inner = np.maximum(x @ _drawn(first, rng), 0)
            x = x + inner @ _drawn(second, rng)
        return x.std()

    assert size(spec) > 1e3
    assert 0.5 < size(apply(spec, fix.changes)) < 2


def _drawn(row, rng):
    return row.init.number("gain", 1.0) * np.sqrt(2 / row.inputs) * rng.normal(size=(row.inputs, row.units))


@pytest.mark.parametrize(
    "layers",
    [
        (ResidualSpec((DenseSpec(4),)),),  # one branch adds no more than the input's own variance
        (ResidualSpec((LayerNormSpec(), DenseSpec(4)), 8),),
        (ResidualSpec((DenseSpec(4, norm=Named("batch_norm")),), 8),),
        (DenseSpec(4, repeat=8),),
    ],
)
def test_one_block_normed_blocks_and_none_start_as_they_are(propose, layers):
    """There no sum grows with the number of blocks."""
    assert propose(REMEDY, ModelSpec("m", 4, (*layers, DenseSpec(3)), init=Named("he_normal")), "plateau") == []
