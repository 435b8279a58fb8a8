from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import (
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerNormSpec,
    ModelSpec,
    Named,
    ResidualSpec,
    Weights,
)
from gradaudit.editing.spec_changes import apply, merged
from gradaudit.layers.plain import layer_of
from tests.editing.nested import BLOCK, NESTED


def test_a_top_level_key_is_replaced():
    """Names become nouns, numbers stay numbers, and the rest of the spec is untouched."""
    edited = apply(NESTED, [Change("activation", "relu", "elu"), Change("l2", 0.0, 0.1), Change("bias", None, False)])
    assert (edited.activation, edited.l2, edited.bias) == (Named("elu"), 0.1, False)
    assert edited.layers == NESTED.layers


def test_a_mapping_becomes_a_name_with_parameters():
    """`{name: leaky_relu, negative_slope: 0.2}` is what a spec would say."""
    edited = apply(NESTED, [Change("activation", "relu", {"name": "leaky_relu", "negative_slope": 0.2})])
    assert edited.activation == Named.of("leaky_relu", negative_slope=0.2)


def test_a_layer_counts_from_the_input_width():
    """`layers[1]` is the first layer: the input width stands at 0."""
    edited = apply(NESTED, [Change("layers[1].units", 4, 8)])
    assert edited.layers[0].units == 8
    assert edited.layers[1:] == NESTED.layers[1:]


def test_nested_residual_layers_count_from_their_own_first():
    """`layers[2].layers[1].layers[1]` is a layer of a block in a block, which has no input width."""
    edited = apply(NESTED, [Change("layers[2].layers[1].layers[1].init", None, "he_normal")])
    block = edited.layers[1]
    assert block.layers[0] == BLOCK.layers[0]
    assert block.layers[1].layers[1] == DenseSpec(4, init=Named("he_normal"))


def test_a_parameter_of_a_named_thing_is_set_beside_the_others():
    """`optimizer.momentum` is added, `optimizer.learning_rate` replaced."""
    edited = apply(NESTED, [Change("optimizer.momentum", None, 0.9), Change("optimizer.learning_rate", 0.1, 1.0)])
    assert edited.optimizer == Named.of("sgd", learning_rate=1.0, momentum=0.9)


def test_no_value_takes_a_new_key_away_again():
    """None is what an absent key is written as, in layers and in parameters."""
    changes = [Change("layers[2].layers[0].activation", "tanh", None), Change("optimizer.learning_rate", 0.1, None)]
    edited = apply(NESTED, changes)
    assert edited.layers[1].layers[0] == DenseSpec(4)
    assert edited.optimizer == Named("sgd")


def test_a_layer_may_be_replaced_and_taken_away_by_its_number_before_either():
    """The numbers of paths are those of the spec as it was."""
    block = {"name": "residual", "layers": [4, {"name": "dropout", "rate": 0.5}, "layer_norm"]}
    edited = apply(NESTED, [Change("layers[1]", 4, None), Change("layers[2]", None, block)])
    assert edited.layers[0] == ResidualSpec((DenseSpec(4), DropoutSpec(0.5), LayerNormSpec()))
    assert len(edited.layers) == len(NESTED.layers) - 1


@pytest.mark.parametrize(
    "layer",
    [
        DenseSpec(3),
        DenseSpec(3, Named.of("elu", alpha=2.0), Named("zeros"), False, Named("batch_norm"), 4, "encoder"),
        DenseSpec(3, norm=Named.of("layer_norm", eps=1e-3)),
        BatchNormSpec(),
        LayerNormSpec(2),
        BatchNormSpec(eps=1e-3),
        BatchNormSpec(2, eps=1e-3),
        DropoutSpec(0.1, 2, "drop"),
        ResidualSpec((DenseSpec(3), ResidualSpec((LayerNormSpec(),))), 3, "block"),
    ],
)
def test_a_layer_is_read_as_it_is_written(layer):
    """`plain` and `layer` undo each other."""
    assert layer_of(layer.plain()) == layer


def test_several_layers_may_stand_where_one_was():
    """Side by side, in a block as well; the layers behind them keep their numbers until all changes are made."""
    edited = apply(
        NESTED,
        [
            Change("layers[1]", 4, [4, {"name": "residual", "layers": [4], "repeat": 3}]),
            Change("layers[2].layers[0]", None, ["layer_norm", {"units": 4, "activation": "elu"}]),
            Change("layers[4]", 2, 7),
        ],
    )
    first, blocks, block, dropout, last = edited.layers
    assert (first, blocks) == (DenseSpec(4), ResidualSpec((DenseSpec(4),), 3))
    assert block.layers == (LayerNormSpec(), DenseSpec(4, activation=Named("elu")), BLOCK.layers[1])
    assert (dropout, last) == (DropoutSpec(0.5), DenseSpec(7))


def test_a_layer_in_a_block_may_be_taken_away():
    """The block is left, with the layers that it still has."""
    edited = apply(NESTED, [Change("layers[2].layers[1].layers[0]", "layer_norm", None)])
    assert edited.layers[1] == ResidualSpec((BLOCK.layers[0], ResidualSpec((DenseSpec(4),))))


@pytest.mark.parametrize("value", ["convolution", {"name": "convolution"}, {"name": "layer", "activation": "relu"}])
def test_what_is_no_layer_is_refused(value):
    """A kind that no spec has, and a mapping without units."""
    with pytest.raises(KeyError):
        apply(NESTED, [Change("layers[1]", 4, value)])


GIVEN = Weights(({"weight": np.zeros((2, 3))}, {"weight": np.zeros((3, 1))}), "w.npz")
FITTED = ModelSpec("m", 2, (DenseSpec(3), DenseSpec(1)), weights=GIVEN, audits_initialisation=False)


def test_without_its_weights_a_spec_draws_them():
    """Nothing else is left to look at."""
    edited = apply(FITTED, [Change("weights", "w.npz", None)])
    assert (edited.weights, edited.audits_initialisation) == (None, True)


@pytest.mark.parametrize(
    "change",
    [
        Change("layers[1]", 3, 4),
        Change("layers[1]", 3, None),
        Change("layers[1].repeat", None, 2),
        Change("layers[1].norm", None, "batch_norm"),
        Change("layers[1]", 3, [3, "layer_norm"]),
    ],
)
def test_layers_of_another_shape_leave_given_weights_behind(change):
    """They would not fit."""
    edited = apply(FITTED, [change])
    assert (edited.weights, edited.audits_initialisation) == (None, True)


@pytest.mark.parametrize(
    "change",
    [
        Change("activation", "relu", "elu"),
        Change("layers[1].name", None, "first"),
        Change("layers[1]", 3, [3, {"name": "dropout", "rate": 0.1}]),
        Change("optimizer.learning_rate", 0.01, 0.1),
    ],
)
def test_layers_of_the_same_shape_keep_given_weights(change):
    """Whatever else is said of them."""
    edited = apply(FITTED, [change])
    assert edited.weights is GIVEN
    assert not edited.audits_initialisation


def test_changes_of_one_path_are_one_change():
    """From what it was to what it is in the end; what is back where it was is no change."""
    first, second = Change("activation", "sigmoid", "tanh"), Change("activation", "tanh", "relu")
    assert merged([first, Change("l2", 0.1, 0.0), second]) == (
        Change("l2", 0.1, 0.0),
        Change("activation", "sigmoid", "relu"),
    )
    assert merged([first, Change("activation", "tanh", "sigmoid")]) == ()


ADAM = {"name": "adam", "learning_rate": 0.001}
STEPS = [
    Change("optimizer.learning_rate", 0.1, 0.5),
    Change("optimizer.clip_norm", None, 1.0),
    Change("optimizer", {"name": "sgd", "learning_rate": 0.5, "clip_norm": 1.0}, ADAM),
    Change("activation", "relu", "elu"),
    Change("layers[1].init", "zeros", "ones"),
    Change("layers[1]", 4, {"units": 4, "activation": "tanh"}),
    Change("layers[1].units", 4, 6),
    Change("layers[2].layers[0].units", 4, 5),
    Change("init", "glorot_uniform", "he_normal"),
]


@given(st.lists(st.sampled_from(STEPS), max_size=8))
def test_merged_changes_do_what_they_did_one_after_another(steps):
    """A whole that is replaced makes earlier changes inside it void and stands before later ones."""
    spec = NESTED
    for step in steps:
        spec = apply(spec, [step])
    together = merged(steps)
    assert apply(NESTED, together) == spec
    assert len({change.path for change in together}) == len(together)


def test_a_new_loss_decides_an_output_that_nobody_wrote():
    """Only where the spec left it to the loss."""
    left = replace(NESTED, output=Named("identity"), assumed=("output",))
    assert apply(left, [Change("loss", "mse", "cross_entropy")]).output is None
    assert apply(replace(left, assumed=()), [Change("loss", "mse", "cross_entropy")]).output == Named("identity")


@pytest.mark.parametrize(
    "path",
    ["colour", "layers[1].colour", "layers[0].init", "layers[9].init", "layers[9]", "layers[3].units", "loss.x.y"],
)
def test_a_path_that_no_spec_has_is_a_key_error(path):
    """A remedy that names a strange place is found out, and never edits another place."""
    spec = apply(NESTED, [Change("loss", None, "mse")])
    with pytest.raises(KeyError):
        apply(spec, [Change(path, None, "zeros")])


def test_what_a_change_says_is_assumed_no_longer():
    """The report must not call an edited key assumed."""
    spec = ModelSpec("m", 2, (DenseSpec(1),), assumed=("init", "loss"))
    assert apply(spec, [Change("init", None, "zeros")]).assumed == ("loss",)
