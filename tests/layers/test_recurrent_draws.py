"""How recurrent layers and embeddings are drawn: by gates, by a framework's whole default, with a forget bias."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.layers import DenseSpec, EmbeddingSpec, GruSpec, LstmSpec, RnnSpec
from gradaudit.nn.network import build, initial

N, F, T = 64, 16, 100


def drawn(layer, init="glorot_uniform", **model):
    """The layer's parameters by name."""
    spec = ModelSpec("m", F, (layer, DenseSpec(1)), init=Named(init), loss=Named("mse"), positions=(T,), **model)
    network = build(spec)
    theta = initial(network, np.random.default_rng(0))[None]
    views = network.layout.views(theta)
    return {p.name: views[0, p.name][0] for p in network.rows[0].parameters}


def test_gates_are_drawn_one_by_one():
    """Glorot's bound is of one gate, and each block of the recurrent weight is orthogonal."""
    found = drawn(LstmSpec(units=N))
    assert np.abs(found["weight"]).max() == pytest.approx((6 / (F + N)) ** 0.5, rel=0.01)
    for gate in range(4):
        block = found["recurrent"][:, gate * N : (gate + 1) * N]
        np.testing.assert_allclose(block.T @ block, np.eye(N), atol=1e-12)
    np.testing.assert_array_equal(found["bias"].reshape(4, N), np.array([0, 1, 0, 0])[:, None] * np.ones(N))


def test_pytorch_draws_all_from_one_uniform():
    """U(±1/√units); two biases, of which a GRU keeps the candidate's apart."""
    found = drawn(LstmSpec(units=N), "pytorch")
    for name in ("weight", "recurrent"):
        assert np.abs(found[name]).max() == pytest.approx(1 / 8, rel=0.01)
    assert found["bias"].std() == pytest.approx((2 / 3) ** 0.5 / 8, rel=0.1)
    assert (drawn(LstmSpec(units=N, forget_bias=2.0), "pytorch")["bias"][N : 2 * N] == 2).all()
    gru = drawn(GruSpec(units=N), "pytorch")
    assert gru["bias"][: 2 * N].std() == pytest.approx((2 / 3) ** 0.5 / 8, rel=0.1)
    for single in (gru["bias"][2 * N :], gru["recurrent_bias"]):
        assert np.abs(single).max() <= 1 / 8
        assert single.std() == pytest.approx(3**-0.5 / 8, rel=0.2)


def test_keras_draws_all_gates_at_once():
    """Glorot with fan_out 4·units, a recurrent matrix with orthonormal rows, forget bias 1."""
    found = drawn(LstmSpec(units=N), "keras")
    assert np.abs(found["weight"]).max() == pytest.approx((6 / (F + 4 * N)) ** 0.5, rel=0.01)
    np.testing.assert_allclose(found["recurrent"] @ found["recurrent"].T, np.eye(N), atol=1e-12)
    assert (found["bias"][N : 2 * N] == 1).all()
    assert (np.delete(found["bias"], np.s_[N : 2 * N]) == 0).all()


def test_written_keys_win():
    """Over a framework's default, and over the model's."""
    found = drawn(RnnSpec(units=N, recurrent_init=Named("identity"), bias=Named.of("constant", value=0.5)), "pytorch")
    np.testing.assert_array_equal(found["recurrent"], np.eye(N))
    assert (found["bias"] == 0.5).all()
    assert np.abs(found["weight"]).max() == pytest.approx(1 / 8, rel=0.01)
    assert "bias" not in drawn(RnnSpec(units=N), bias=False)
    assert np.abs(drawn(RnnSpec(units=N, init=Named.of("constant", value=3.0)))["weight"]).max() == 3


def test_chrono_spreads_memories_over_the_sequence():
    """Forget bias log U(1, T − 1), input bias its negative; of a GRU the update gate alone."""
    found = drawn(LstmSpec(units=N, forget_bias="chrono"))["bias"].reshape(4, N)
    np.testing.assert_array_equal(found[0], -found[1])
    memories = np.exp(found[1])
    assert 1 <= memories.min() < 15
    assert 85 < memories.max() <= T - 1
    assert (found[2:] == 0).all()
    gru = drawn(GruSpec(units=N, update_bias="chrono"))["bias"].reshape(3, N)
    assert (gru[[0, 2]] == 0).all()
    assert np.exp(gru[1]).max() > 85
    assert (drawn(GruSpec(units=N, update_bias=2))["bias"].reshape(3, N)[1] == 2).all()


@pytest.mark.parametrize(("init", "std"), [("glorot_uniform", 1), ("pytorch", 1), ("keras", 0.05 / 3**0.5)])
def test_an_embedding_follows_whole_defaults_alone(init, std):
    """N(0, 1), but for Keras's U(±0.05)."""
    layers = (EmbeddingSpec(50, 64), LstmSpec(units=2), DenseSpec(1))
    network = build(ModelSpec("m", 7, layers, init=Named(init), loss=Named("mse")))
    weight = network.layout.views(initial(network, np.random.default_rng(0))[None])[0, "weight"][0]
    assert weight.shape == (50, 64)
    assert weight.std() == pytest.approx(std, rel=0.05)
