from dataclasses import replace

import numpy as np
import pytest

from gradaudit.domain.spec import BatchNormSpec, DenseSpec, DropoutSpec, ModelSpec, Named, ResidualSpec
from gradaudit.errors import Location, SpecError
from gradaudit.nn.network import build, concrete, initial


def spec(*layers, **given):
    """A complete spec with four inputs."""
    return ModelSpec("m", 4, layers, **{"output": Named("identity"), "loss": Named("mse"), **given})


def weights(model, seed=0):
    """One draw, row by row."""
    network = build(model)
    theta = initial(network, np.random.default_rng(seed))[None, :]
    return {key: array[0] for key, array in network.layout.views(theta).items()}


def test_a_network_knows_its_rows_and_its_size():
    """Weights and biases, norms' scales and shifts; dropout has none."""
    network = build(spec(DenseSpec(5, norm=Named("batch_norm")), DropoutSpec(0.5), DenseSpec(3, bias=False)))
    assert [row.kind for row in network.rows] == ["dense", "batch_norm", "dropout", "dense"]
    assert [row.index for row in network.linear_maps] == [0, 3]
    assert network.layout.size == (4 * 5 + 5) + (5 + 5) + 5 * 3
    assert not network.has_skips


def test_the_output_is_the_last_dense_rows_activation():
    """A layer's own word goes above the spec's `output`."""
    assert build(spec(DenseSpec(2, activation=Named("tanh")))).output == Named("tanh")
    assert build(spec(DenseSpec(2), output=Named("softmax"), loss=Named("cross_entropy"))).output == Named("softmax")


def test_a_pass_costs_three_products_a_layer():
    """Two operations for each of them, weight and row."""
    assert build(spec(DenseSpec(5), DenseSpec(3))).flops(10) == 6 * 10 * (4 * 5 + 5 * 3)


def test_a_spec_whose_loss_is_unknown_is_not_complete():
    """The data decide it before a network is built."""
    with pytest.raises(ValueError, match="not complete"):
        build(spec(DenseSpec(1), loss=None))


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (BatchNormSpec(), "batch_norm"),
        (DropoutSpec(0.5), "dropout"),
        (ResidualSpec((DenseSpec(4),)), "residual"),
    ],
)
def test_nothing_stands_behind_the_last_dense_layer(last, kind):
    """The loss reads that layer's output; the error names the line."""
    model = spec(DenseSpec(4), last, lines={"layers[2]": Location("m.yaml", 7, 3)})
    with pytest.raises(SpecError, match=rf"m.yaml:7:3: layers\[2\]: .* this one is {kind}"):
        build(model)


def test_the_last_layers_own_norm_is_part_of_it():
    """It stands before the output activation."""
    assert build(spec(DenseSpec(3, norm=Named("layer_norm")))).rows[-1].kind == "layer_norm"


def test_weights_follow_each_rows_initializer_and_biases_are_zero():
    """A layer's own `init`, else the model's; without a word, biases are zeros."""
    drawn = weights(spec(DenseSpec(5, init=Named("ones")), DenseSpec(3), init=Named.of("constant", value=0.5)))
    assert np.all(drawn[0, "weight"] == 1.0)
    assert np.all(drawn[1, "weight"] == 0.5)
    assert not drawn[0, "bias"].any()
    assert not drawn[1, "bias"].any()


def test_norms_begin_as_the_identity():
    """Scale 1, shift 0."""
    drawn = weights(spec(DenseSpec(5, norm=Named("batch_norm")), DenseSpec(3)))
    assert np.all(drawn[1, "scale"] == 1.0)
    assert not drawn[1, "shift"].any()


def test_biases_are_drawn_by_their_own_initializer():
    """A vector of the layer's width, whatever the initializer's shape."""
    drawn = weights(spec(DenseSpec(5, bias=Named.of("uniform", low=1.0, high=2.0)), DenseSpec(3)))
    assert drawn[0, "bias"].shape == (5,)
    assert np.all((drawn[0, "bias"] >= 1) & (drawn[0, "bias"] <= 2))
    assert len(np.unique(drawn[0, "bias"])) == 5


@pytest.mark.parametrize("framework", ["pytorch", "sklearn"])
def test_a_frameworks_default_brings_its_biases(framework):
    """Drawn as that framework draws them; a `bias` of the spec overrides, `false` takes them away."""
    own = spec(DenseSpec(50), DenseSpec(3), init=Named(framework))
    bias = weights(own)[0, "bias"]
    assert bias.any()
    assert np.abs(bias).max() <= np.sqrt({"pytorch": 1 / 4, "sklearn": 6 / 54}[framework])
    assert not weights(replace(own, bias=Named("zeros")))[0, "bias"].any()
    assert (0, "bias") not in weights(replace(own, bias=False))


def test_keras_brings_zeros():
    """Glorot's weights and no biases to speak of."""
    assert not weights(spec(DenseSpec(5), DenseSpec(3), init=Named("keras")))[0, "bias"].any()


@pytest.mark.parametrize(("hidden", "factor"), [("sigmoid", 2.0), ("relu", 6.0), ("tanh", 6.0)])
def test_scikit_learns_factor_follows_the_hidden_activation(hidden, factor):
    """2 for logistic units, else 6, the output layer included."""
    assert concrete(Named("sklearn"), Named(hidden)) == Named.of("sklearn", factor=factor)
    assert concrete(Named("zeros"), Named(hidden)) == Named("zeros")
    model = spec(DenseSpec(300), DenseSpec(300), init=Named("sklearn"), activation=Named(hidden))
    for row, (inputs, units) in enumerate(((4, 300), (300, 300))):
        bound = np.sqrt(factor / (inputs + units))
        assert np.abs(weights(model)[row, "weight"]).max() == pytest.approx(bound, rel=0.02)


def test_equal_generators_draw_equal_weights():
    """And another seed draws others."""
    model = spec(DenseSpec(5), DenseSpec(3), bias=Named.of("normal", std=1.0))
    first, second, other = (weights(model, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert not np.array_equal(first[0, "weight"], other[0, "weight"])


def test_a_row_without_biases_draws_none():
    """They are no parameter of it then, and take no place."""
    network = build(spec(DenseSpec(5, bias=False), DenseSpec(1)))
    assert [(part.name, part.shape) for part in network.rows[0].parameters] == [("weight", (4, 5))]
    assert network.layout.size == 4 * 5 + 5 + 1
