from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.expanded import ExpandedBlock, ExpandedLayer, expand, flatten
from gradaudit.domain.spec import BatchNormSpec, DenseSpec, DropoutSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec


def rows(*layers, **given):
    """The flat rows of a model with four inputs."""
    return list(flatten(expand(ModelSpec("m", 4, layers, **given))))


def test_defaults_are_filled_in():
    """Hidden rows take the model's activation and the last one its output; indices and widths follow."""
    first, last = rows(
        DenseSpec(8), DenseSpec(3), activation=Named("tanh"), output=Named("softmax"), init=Named("zeros")
    )
    zeros, default = Named("zeros"), Named("default")
    assert first == ExpandedLayer(0, "layers[1]", "dense_0", DenseSpec(8, Named("tanh"), zeros, default), (4,), (8,))
    assert last == ExpandedLayer(1, "layers[2]", "dense_1", DenseSpec(3, Named("softmax"), zeros, default), (8,), (3,))


def test_a_layers_own_settings_go_first():
    """What a layer says about itself beats the model's default, in the last layer too."""
    own = DenseSpec(3, activation=Named("elu"), init=Named("zeros"), bias=Named("ones"))
    for row in rows(own, own, output=Named("softmax"), bias=Named("zeros")):
        assert (row.activation, row.init, row.bias) == (Named("elu"), Named("zeros"), Named("ones"))


def test_repeat_is_written_out():
    """Nine times the same layer is nine rows with one path and consecutive names; the first adapts the width."""
    found = rows(DenseSpec(5, repeat=3), DenseSpec(1))
    assert [(row.index, row.path, row.name, row.inputs, row.units) for row in found] == [
        (0, "layers[1]", "dense_0", 4, 5),
        (1, "layers[1]", "dense_1", 5, 5),
        (2, "layers[1]", "dense_2", 5, 5),
        (3, "layers[2]", "dense_3", 5, 1),
    ]


def test_a_repeated_last_layer_has_one_output():
    """Only the last copy is the output."""
    found = rows(DenseSpec(5, repeat=3), activation=Named("relu"), output=Named("softmax"))
    assert [row.activation.name for row in found] == ["relu", "relu", "softmax"]


def test_without_an_output_the_last_row_is_linear():
    """A spec whose loss is not decided has no better word."""
    assert rows(DenseSpec(1))[-1].activation == Named("identity")


def test_a_norm_makes_its_own_row_before_the_activation():
    """`norm: batch_norm` stands between the linear map and the activation of the row before it."""
    dense, norm, last = rows(DenseSpec(5, norm=Named("batch_norm")), DenseSpec(1))
    assert (dense.kind, dense.normed, dense.activation) == ("dense", True, Named("relu"))
    assert norm == ExpandedLayer(1, "layers[1]", "batch_norm_0", BatchNormSpec(), (5,), (5,))
    assert (last.index, last.normed) == (2, False)


def test_layers_of_their_own_keep_the_width():
    """Norms and dropout pass on as many units as they get."""
    found = rows(DenseSpec(5), LayerNormSpec(repeat=2), DropoutSpec(0.25), DenseSpec(1))
    assert [(row.kind, row.name, row.inputs, row.units) for row in found] == [
        ("dense", "dense_0", 4, 5),
        ("layer_norm", "layer_norm_0", 5, 5),
        ("layer_norm", "layer_norm_1", 5, 5),
        ("dropout", "dropout_0", 5, 5),
        ("dense", "dense_1", 5, 1),
    ]
    assert all(row.activation is row.init is row.bias is None for row in found[1:4])


def test_norms_count_together_wherever_they_stand():
    """A norm of a dense layer and one of its own share one sequence of names."""
    found = rows(DenseSpec(5, norm=Named("batch_norm")), BatchNormSpec(), DenseSpec(5, norm=Named("batch_norm")))
    assert [row.name for row in found if row.kind == "batch_norm"] == ["batch_norm_0", "batch_norm_1", "batch_norm_2"]


def test_a_residual_block_keeps_its_rows_together():
    """The block's rows count on, and their paths begin at 0 inside it; the last dense row may lie in a block."""
    block = ResidualSpec((DenseSpec(4), ResidualSpec((DenseSpec(4),))), repeat=2)
    expanded = expand(ModelSpec("m", 4, (block,), activation=Named("relu"), output=Named("softmax")))
    assert [type(row) for row in expanded] == [ExpandedBlock, ExpandedBlock]
    assert [row.path for row in expanded] == ["layers[1]", "layers[1]"]
    found = list(flatten(expanded))
    assert [(row.index, row.path) for row in found] == [
        (0, "layers[1].layers[0]"),
        (1, "layers[1].layers[1].layers[0]"),
        (2, "layers[1].layers[0]"),
        (3, "layers[1].layers[1].layers[0]"),
    ]
    assert [row.activation.name for row in found] == ["relu", "relu", "relu", "softmax"]


def test_names_are_the_persons_where_given():
    """A name stands as it is, with a number where the layer is repeated; unnamed rows count all rows of their kind."""
    found = rows(DenseSpec(5, name="encoder", repeat=2), DenseSpec(5), DenseSpec(1, name="head"))
    assert [row.name for row in found] == ["encoder_0", "encoder_1", "dense_2", "head"]


@pytest.mark.parametrize(
    ("model", "layer", "expected"),
    [
        (None, None, Named("default")),
        (Named("ones"), None, Named("ones")),
        (Named("ones"), Named("zeros"), Named("zeros")),
        (False, None, None),
        (False, Named("zeros"), Named("zeros")),
        (Named("ones"), False, None),
        (None, False, None),
    ],
)
def test_biases_follow_the_layer_then_the_model_then_the_initializer(model, layer, expected):
    """False is none, and where nobody says anything the initializer brings what it has."""
    (row,) = rows(DenseSpec(1, bias=layer), bias=model)
    assert row.bias == expected


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4), st.booleans()), min_size=1, max_size=5))
def test_rows_chain(shapes):
    """Whatever the widths and repeats: each row takes what the one before it gives, and indices count from 0."""
    layers = [
        DenseSpec(units, repeat=repeat, norm=Named("layer_norm") if norm else None) for units, repeat, norm in shapes
    ]
    found = rows(*layers)
    assert [row.index for row in found] == list(range(len(found)))
    assert found[0].inputs == 4
    assert all(after.inputs == before.units for before, after in pairwise(found))
    assert sum(row.kind == "dense" for row in found) == sum(repeat for _, repeat, _ in shapes)
    assert len({row.name for row in found}) == len(found)
