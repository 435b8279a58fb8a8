"""The embedding: rows of weights by token, their gradients gathered token by token."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.layers import DenseSpec, EmbeddingSpec, GruSpec
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build

VOCABULARY, UNITS, STEPS = 5, 3, 4


def test_is_a_dense_layer_on_one_hot_tokens():
    """Loss, gradient and Hessian product are those of one-hot rows times the same weights."""
    rest, rng = (GruSpec(units=3), DenseSpec(2)), np.random.default_rng(0)
    tokens = rng.integers(0, VOCABULARY - 1, (6, STEPS))  # the last token never comes
    T, found = rng.standard_normal((6, 2)), []
    by_token = ModelSpec("m", STEPS, (EmbeddingSpec(VOCABULARY, UNITS), *rest), loss=Named("mse"))
    first = DenseSpec(UNITS, bias=False, activation=Named("identity"))
    one_hot = ModelSpec("m", VOCABULARY, (first, *rest), loss=Named("mse"), positions=(STEPS,))
    theta = v = None
    for spec, X in ((by_token, tokens.astype(float)), (one_hot, np.eye(VOCABULARY)[tokens])):
        network = build(spec)
        theta = rng.standard_normal((2, network.layout.size)) if theta is None else theta
        v = rng.standard_normal(theta.shape) if v is None else v
        bp = Backprop(network, X, T, 2)
        bp.theta[:], bp.v[:] = theta, v
        found.append((bp.gradient(), bp.g.copy(), bp.hessian_product().copy()))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13)
    assert (network.layout.views(found[0][1])[0, "weight"][:, -1] == 0).all()


def test_each_seed_may_have_its_own_batch():
    """As in a training run: what a seed sees is its own rows alone."""
    rng = np.random.default_rng(0)
    spec = ModelSpec("m", STEPS, (EmbeddingSpec(VOCABULARY, UNITS), GruSpec(units=3), DenseSpec(2)), loss=Named("mse"))
    network, T = build(spec), rng.standard_normal((2, 6, 2))
    tokens = rng.integers(0, VOCABULARY, (2, 6, STEPS)).astype(float)
    theta = rng.standard_normal((2, network.layout.size))
    both = Backprop(network, tokens, T, 2)
    both.theta[:] = theta
    both.gradient()
    for seed in range(2):
        one = Backprop(network, tokens[seed], T[seed], 1)
        one.theta[:] = theta[seed]
        one.gradient()
        np.testing.assert_allclose(both.g[seed], one.g[0], atol=1e-14)


def test_reads_tokens_alone():
    """A shape of steps and features has no tokens."""
    with pytest.raises(ValueError, match="write how many of them a sample has, instead of 20 × 8"):
        EmbeddingSpec(VOCABULARY, UNITS).output_shape((20, 8))
    assert EmbeddingSpec(VOCABULARY, UNITS).output_shape((20,)) == (20, UNITS)


def test_a_spec_writes_it():
    """With its keys, and back as it was written."""
    text = "layers: [20, {type: embedding, vocabulary: 50, units: 8}, {type: gru, units: 4}, 2]\n"
    first, gru, _ = from_text(text, "m.yaml").layers
    assert first == EmbeddingSpec(50, 8)
    assert first.plain() == {"type": "embedding", "vocabulary": 50, "units": 8}
    assert gru.plain() == {"type": "gru", "units": 4}
