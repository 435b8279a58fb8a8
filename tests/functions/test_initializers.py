"""Initializers draw what their variance says, and frameworks' defaults are the frameworks' own."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from gradaudit.domain.expanded import FROM_INIT, ExpandedLayer
from gradaudit.domain.spec import DenseSpec, Named
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.functions.parameter import Parameter
from gradaudit.layers.interface import matrix
from gradaudit.nn.network import concrete, draw

SCALED = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"]
NAMED = [
    *(Named(name) for name in SCALED),
    Named.of("he_normal", gain=0.2),
    Named.of("normal", std=0.7),
    Named.of("uniform", low=-0.3, high=0.5),
    Named.of("truncated_normal", std=0.4),
    Named.of("variance_scaling", scale=2.0, mode="fan_avg", distribution="truncated_normal"),
    Named.of("variance_scaling", scale=3.0, mode="fan_out", distribution="uniform"),
    Named.of("orthogonal", gain=1.5),
    Named("pytorch"),
    Named("keras"),
    Named("sklearn"),
]


@pytest.mark.parametrize("init", NAMED, ids=str)
def test_sample_variance_is_the_stated_one(init):
    """The variance of 200 × 300 draws is within four standard errors of what theory is told."""
    row = INITIALIZERS[init.name]
    given = row.arguments(init)
    W = row.draw(np.random.default_rng(0), matrix(200, 300), **given)
    assert W.shape == (200, 300)
    assert W.var() == pytest.approx(row.variance(matrix(200, 300), **given), rel=0.03)


def test_orthogonal_columns_are_orthonormal():
    """WᵀW is gain² times the identity where there are fewer units than inputs."""
    W = INITIALIZERS["orthogonal"].draw(np.random.default_rng(0), matrix(30, 20), gain=2.0)
    np.testing.assert_allclose(W.T @ W, 4 * np.eye(20), atol=1e-12)


def test_truncated_normal_has_no_tail():
    """Nothing lies beyond two standard deviations."""
    W = INITIALIZERS["truncated_normal"].draw(np.random.default_rng(0), matrix(100, 100), mean=1.0, std=0.5)
    assert np.abs(W - 1.0).max() <= 1.0


def test_sklearn_draws_what_scikit_learn_draws():
    """Glorot's bound with factor 6, biases from the same bound; factor 2 where the hidden units are logistic."""
    from sklearn.neural_network import MLPRegressor

    for activation, hidden in (("tanh", "tanh"), ("logistic", "sigmoid")):
        rng = np.random.RandomState(0)
        model = MLPRegressor((300,), activation=activation, max_iter=1, random_state=0)
        model.n_layers_, model.out_activation_, model._random_state = 3, "identity", rng  # noqa: SLF001
        weight, bias = model._init_coef(200, 300, np.float64)  # noqa: SLF001
        bound = INITIALIZERS["sklearn"].arguments(concrete(Named("sklearn"), Named(hidden)))["factor"]
        limit = sqrt(bound / 500)
        layer = DenseSpec(300, Named(hidden), Named("sklearn"), FROM_INIT)
        row, ours_from = ExpandedLayer(0, "layers[1]", "d", layer, (200,), (300,)), np.random.default_rng(0)
        ours, our_bias = (draw(row, parameter, Named(hidden), ours_from) for parameter in row.parameters)
        for theirs, mine in ((weight, ours), (bias, our_bias)):
            assert np.abs(theirs).max() <= limit
            assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)


def test_pytorch_default_has_variance_a_third_of_fan_in():
    """U(−1/√n, 1/√n) for weights and biases (torch.nn.Linear.reset_parameters)."""
    row = INITIALIZERS["pytorch"]
    assert row.variance(matrix(100, 7)) == pytest.approx(1 / 300)
    assert row.draw_bias is not None
    biases = row.draw_bias(np.random.default_rng(0), replace(matrix(100, 5000), shape=(5000,)))
    assert np.abs(biases).max() == pytest.approx(0.1, rel=1e-2)


def test_a_kernel_is_drawn_as_frameworks_flatten_it():
    """Orthogonal over window × channels in; delta_orthogonal and identity stand in the middle of the window alone."""
    kernel, rng = Parameter("weight", (3, 3, 4, 6), "weight", 36, 54), np.random.default_rng(0)
    flat = INITIALIZERS["orthogonal"].draw(rng, kernel, gain=1.0).reshape(36, 6)
    np.testing.assert_allclose(flat.T @ flat, np.eye(6), atol=1e-12)
    assert INITIALIZERS["orthogonal"].variance(kernel, gain=1.0) == 1 / 36
    delta = INITIALIZERS["delta_orthogonal"].draw(rng, kernel, gain=2.0)
    np.testing.assert_allclose(delta[1, 1] @ delta[1, 1].T, 4 * np.eye(4), atol=1e-12)
    assert np.count_nonzero(delta) == 24
    assert 36 * INITIALIZERS["delta_orthogonal"].variance(kernel, gain=2.0) == pytest.approx(4 * 4 / 6)
    np.testing.assert_array_equal(INITIALIZERS["identity"].draw(rng, kernel)[1, 1], np.eye(4, 6))


@pytest.mark.parametrize("name", [*SCALED, "orthogonal"])
def test_a_gain_whose_square_overflows_still_draws(name):
    """The deviation is a number although the variance is none."""
    row = INITIALIZERS[name]
    small, large = (row.draw(np.random.default_rng(0), matrix(5, 5), gain=gain) for gain in (1.0, 1e200))
    np.testing.assert_allclose(large, 1e200 * small, rtol=1e-12)
    assert row.variance(matrix(5, 5), gain=1e200) == np.inf


@pytest.mark.parametrize(
    "init",
    [
        Named.of("normal", std=1e200),
        Named.of("truncated_normal", std=1e200),
        Named.of("uniform", low=-1e200, high=1e200),
    ],
    ids=str,
)
def test_a_variance_beyond_the_range_is_infinite(init):
    """And no OverflowError."""
    row = INITIALIZERS[init.name]
    assert row.variance(matrix(5, 5), **row.arguments(init)) == np.inf
