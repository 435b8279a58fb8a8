"""Keras's initializers and activations by a spec's names."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.layers.interface import matrix
from tests.inputs.keras.writing import dense, layer, named, sequential

INITIALS = {
    "Zeros": {},
    "Ones": {},
    "Constant": {"value": 0.3},
    "RandomNormal": {"mean": 0.5, "stddev": 0.2},
    "RandomUniform": {"minval": -0.1, "maxval": 0.3},
    "TruncatedNormal": {"mean": 0.0, "stddev": 0.2},
    "GlorotUniform": {},
    "GlorotNormal": {},
    "HeUniform": {},
    "HeNormal": {},
    "LecunUniform": {},
    "LecunNormal": {},
    "VarianceScaling": {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"},
    "Orthogonal": {"gain": 0.7},
    "Identity": {"gain": 1.0},
}
FUNCTIONS = (
    *("relu", "relu6", "elu", "selu", "gelu", "silu", "mish", "sigmoid", "tanh", "softplus", "softsign"),
    *("exponential", "hard_tanh", "hard_sigmoid", "leaky_relu", "linear", "swish"),
)


def keras_of(monkeypatch):
    """Keras itself, on PyTorch."""
    pytest.importorskip("torch", reason="Keras needs a backend")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="compares with Keras")


@pytest.mark.torch
@pytest.mark.parametrize("kind", INITIALS)
def test_an_initializer_draws_what_keras_draws(monkeypatch, load, kind):
    """Mean, standard deviation and the largest value of 90,000 weights, within four standard errors or so."""
    keras = keras_of(monkeypatch)
    keras.utils.set_random_seed(0)
    shape = (300, 300) if kind == "Orthogonal" else (450, 200)
    theirs = getattr(keras.initializers, kind)(**INITIALS[kind])(shape)
    theirs = np.asarray(theirs.detach().cpu() if hasattr(theirs, "detach") else theirs)
    ours = load(sequential(dense(kernel_initializer=named(kind, **INITIALS[kind])))).init
    table = INITIALIZERS[ours.name]
    drawn = table.draw(np.random.default_rng(0), matrix(*shape), **table.arguments(ours))

    np.testing.assert_allclose(drawn.mean(), theirs.mean(), atol=6 * theirs.std() / 300 + 1e-6)
    np.testing.assert_allclose(drawn.std(), theirs.std(), rtol=0.02, atol=1e-6)
    if "Normal" not in kind:  # Keras's truncated normal on PyTorch now and then leaves its bounds
        np.testing.assert_allclose(np.abs(drawn).max(), np.abs(theirs).max(), rtol=0.2)


@pytest.mark.torch
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_activation_is_keras_s(monkeypatch, load, name):
    """Function by function, at their defaults."""
    keras = keras_of(monkeypatch)
    z = np.linspace(-6, 8, 101)
    theirs = getattr(keras.activations, name)(keras.ops.convert_to_tensor(z, dtype="float64"))
    ours = load(sequential(dense(activation=name), dense())).activation

    np.testing.assert_allclose(ACTIVATIONS[ours.name].bind(ours).f(z), np.asarray(theirs.detach()), atol=1e-6)


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        ("he_normal", Named.of("variance_scaling", scale=2.0)),
        ("glorot_uniform", Named("glorot_uniform")),
        (named("HeUniform", seed=7), Named("he_uniform")),
        (named("OrthogonalInitializer", gain=2.0), Named.of("orthogonal", gain=2.0)),
        (
            named("VarianceScaling", scale=1.0, mode="fan_avg", distribution="normal"),
            Named.of("variance_scaling", mode="fan_avg"),
        ),
        (named("RandomNormal", mean=0.0, stddev=0.05, seed=None), Named.of("normal", std=0.05)),
        (None, Named("glorot_uniform")),
    ],
)
def test_an_initializer_by_name_or_with_its_configuration(load, init, expected):
    """Seeds are not heeded, `normal` is truncated, absent is glorot_uniform."""
    assert load(sequential(dense(kernel_initializer=init))).init == expected


@pytest.mark.parametrize(
    ("inner", "activation"),
    [
        (layer("ReLU"), Named("relu")),
        (layer("ReLU", max_value=6.0, negative_slope=0.0, threshold=0.0), Named("relu6")),
        (layer("ReLU", max_value=None, negative_slope=0.1), Named.of("leaky_relu", negative_slope=0.1)),
        (layer("LeakyReLU"), Named.of("leaky_relu", negative_slope=0.3)),
        (layer("LeakyReLU", alpha=0.1), Named.of("leaky_relu", negative_slope=0.1)),
        (layer("ELU", alpha=0.5), Named.of("elu", alpha=0.5)),
        (layer("Activation", activation="swish"), Named("silu")),
        (layer("Activation", activation={"class_name": "function", "config": "tanh"}), Named("tanh")),
    ],
)
def test_activations_that_are_layers(load, inner, activation):
    """Behind a dense layer without activation; LeakyReLU's slope was alpha in Keras 2."""
    assert load(sequential(dense(), inner, dense())).activation == activation


def test_a_layer_may_be_an_argument(load):
    """Dense(3, activation=ELU(0.5))."""
    inner = layer("ELU", alpha=0.5)

    assert load(sequential(dense(activation=inner), dense())).activation == Named.of("elu", alpha=0.5)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (dense(kernel_initializer=named("Mine")), "config.layers[1].config.kernel_initializer: the initializer 'Mine'"),
        (dense(kernel_initializer=named("Identity", gain=2.0)), "an identity with another gain than 1"),
        (dense(kernel_initializer=named("Constant", value="x")), "config.value: 'x' is no number"),
        (dense(activation="my_function"), "config.layers[1].config.activation: the activation 'my_function' is not"),
        (dense(activation={"class_name": "function", "config": "celu"}), "the activation 'celu' is not audited"),
        (layer("ReLU", max_value=3.0), "a ReLU is audited without threshold"),
        (layer("Softmax", axis=0), "a Softmax over another axis"),
        (layer("PReLU"), "a layer of the class 'PReLU' is not audited"),
    ],
)
def test_what_has_no_name_in_a_spec_is_refused_by_its_own(fault, config, message):
    """With its path in the configuration."""
    assert message in fault(sequential(config))


def test_the_hard_sigmoid_of_keras_2_is_another_one(fault):
    """It is clip(0.2·x + 0.5, 0, 1)."""
    found = fault(sequential(dense(activation="hard_sigmoid"), keras_version="2.15.0"))

    assert "the activation 'hard_sigmoid' is not audited (Keras 2's is steeper" in found
