"""Keras's recurrent layers: weights in a spec's order of gates, and what is not read."""

from __future__ import annotations

import os

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.errors import GradauditError
from gradaudit.inputs.keras.live import from_live
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")
RNG = np.random.default_rng(0)
pytestmark = pytest.mark.filterwarnings("ignore")  # Keras's own, on old ways of NumPy's and on HDF5


def sequential(*layers, tokens=False):
    """A model over seven steps of three features, or of tokens, every weight moved."""
    model = keras.Sequential([keras.Input((7,) if tokens else (7, 3)), *layers, keras.layers.Dense(2)])
    for weight in model.weights:
        weight.assign(keras.ops.convert_to_numpy(weight) + 0.3 * RNG.standard_normal(weight.shape))
    return model


def stacks():
    """Each cell, form and direction."""
    L = keras.layers
    yield "rnn", sequential(L.SimpleRNN(4, activation="relu")), False
    yield "lstm", sequential(L.LSTM(4, return_sequences=True), L.LSTM(5, use_bias=False)), False
    yield "gru", sequential(L.GRU(4, return_sequences=True), L.GRU(3, reset_after=False)), False
    yield (
        "both ways",
        sequential(
            L.Bidirectional(L.GRU(4, return_sequences=True)),
            L.TimeDistributed(L.Dense(3, activation="relu")),
            L.Bidirectional(L.LSTM(2)),
        ),
        False,
    )
    yield "tokens", sequential(L.Embedding(9, 4), L.Bidirectional(L.SimpleRNN(3)), tokens=True), True


@pytest.mark.parametrize("suffix", [".keras", ".h5", ""])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "both ways", "tokens"])
def test_gives_what_keras_gives(tmp_path, name, suffix):
    """From an archive, an HDF5 file and a live model, to float32."""
    import gradaudit

    model, tokens = next((model, tokens) for each, model, tokens in stacks() if each == name)
    X = RNG.integers(0, 9, (5, 7)).astype(float) if tokens else RNG.standard_normal((5, 7, 3))
    due = keras.ops.convert_to_numpy(model(X.astype("float32")))
    if suffix:
        model.save(tmp_path / f"m{suffix}")
        spec = gradaudit.load(tmp_path / f"m{suffix}")
    else:
        spec = from_live(model, "m")
    complete, data = prepare(spec, 0, X, due)
    bp = Backprop(build(complete), data.X, data.T, 1)
    bp.theta[:] = fitted(bp.network, complete.weights)
    np.testing.assert_allclose(bp.output().reshape(due.shape), due, atol=1e-5)


def test_the_whole_default_is_keras():
    """Other initialisers are named key by key."""
    L = keras.layers
    model = keras.Sequential(
        [
            keras.Input((7, 3)),
            L.LSTM(4, return_sequences=True),
            L.LSTM(4, unit_forget_bias=False, kernel_initializer="he_normal", return_sequences=True),
            L.GRU(2),
            L.Dense(1),
        ]
    )
    first, second, third, _ = from_live(model, "m").layers
    assert (first.init.name, first.recurrent_init, first.forget_bias) == ("keras", None, None)
    assert (second.init.name, second.recurrent_init.name, second.forget_bias) == ("variance_scaling", "orthogonal", 0.0)
    assert third.init.name == "keras"


def test_what_is_not_read_is_said_or_refused():
    """Masks and dropout are told; reading backwards and other gates are refused."""
    L = keras.layers
    masked = keras.Sequential([keras.Input((7, 3)), L.Masking(), L.GRU(2, dropout=0.5), L.Dense(1)])
    assert [note.partition(": ")[2] for note in from_live(masked, "m").notes] == [
        "a Masking is not audited: all steps count",
        "its dropout is not read",
    ]
    for layer, message in (
        (L.GRU(2, go_backwards=True), "reading backwards is not audited"),
        (L.LSTM(2, recurrent_activation="hard_sigmoid"), "gates with 'hard_sigmoid' are not audited"),
        (L.Bidirectional(L.GRU(2), merge_mode="sum"), "merge_mode 'concat'"),
    ):
        with pytest.raises(GradauditError, match=message):
            from_live(keras.Sequential([keras.Input((7, 3)), layer, L.Dense(1)]), "m")
