"""Keras models of the running program, on PyTorch's backend."""

from __future__ import annotations

import types

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, Named
from gradaudit.errors import InputError
from gradaudit.inputs.keras.live import flat_rows, from_live, is_keras
from gradaudit.inputs.python_object import Loaded, subjects_of

pytestmark = pytest.mark.torch


@pytest.fixture
def keras(monkeypatch):
    """Keras itself."""
    pytest.importorskip("torch", reason="Keras needs a backend")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="reads Keras's own models")


@pytest.fixture
def model(keras):
    """A compiled network with a model inside."""
    inner = keras.Sequential([keras.layers.Dense(3, activation="tanh", name="a")], name="inner")
    made = keras.Sequential([keras.Input((2, 2)), keras.layers.Flatten(), inner, keras.layers.Dense(1, name="b")])
    made.compile(keras.optimizers.SGD(0.5), "mse")
    return made


def test_a_fresh_model_is_drawn_anew(model):
    """Its weights are one draw of many; loss and optimizer are those that it was compiled with."""
    spec = from_live(model, "net")

    assert spec.layers == (DenseSpec(3, name="a"), DenseSpec(1, name="b"))
    assert (spec.weights, spec.name, spec.lines) == (None, "net", {})
    assert (spec.loss, spec.optimizer.get("learning_rate")) == (Named("mse"), 0.5)


def test_a_trained_model_brings_its_weights(model):
    """By the layers' names, inside a model too; whether a step or a bias tells it."""
    model.layers[-1].bias.assign([0.25])
    spec = from_live(model, "net")

    for coef, layer in zip(spec.weights.each("weight"), (model.layers[-2].layers[0], model.layers[-1]), strict=True):
        np.testing.assert_array_equal(coef, layer.weights[0].value.detach().numpy())
    assert spec.weights.each("bias")[1].tolist() == [0.25]


def test_a_keras_model_is_no_module(model):
    """Though on PyTorch it is one; its rows go through the Flatten."""
    (network,) = subjects_of(Loaded(model, np.ones((5, 2, 2)), np.ones(5), source="k.py:model"))

    assert (network.spec.framework, network.spec.name, network.X.shape) == ("keras", "model", (5, 4))
    assert flat_rows(None) is None


def test_what_has_no_configuration_is_told(keras):
    """A subclass of the person's own, in one sentence; other objects are no models of Keras."""

    class Own(keras.Model):
        def __init__(self, width):
            super().__init__()

    with pytest.raises(InputError, match=r"Sequential and functional models have a configuration|class .*Own"):
        from_live(Own(3), "own")
    assert not is_keras(types.SimpleNamespace())
