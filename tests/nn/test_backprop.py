"""Gradients and Hessian products against central differences, for every activation × output × loss."""

import itertools

import numpy as np
import pytest

from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.losses import LOSSES
from gradaudit.spec import Named

HIDDEN = [name for name, row in ACTIVATIONS.items() if not row.last_only]
POSITIVE = ("sigmoid", "softmax", "softplus", "exponential")
PAIRS = [
    (output, loss)
    for output, loss in itertools.product(ACTIVATIONS, LOSSES)
    if loss not in ("poisson", "cross_entropy") or output in POSITIVE
]


def objective(bp: Backprop, theta: np.ndarray) -> np.ndarray:
    bp.theta[:] = theta
    return bp.data_loss() + bp.penalty()


def gradient(bp: Backprop, theta: np.ndarray) -> np.ndarray:
    bp.theta[:] = theta
    bp.gradient()
    return bp.g.copy()


def derivative(function, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Richardson's extrapolation of the central difference: error of order step⁴."""
    e = 2e-4
    central = lambda h: (function(theta + h * v) - function(theta - h * v)) / (2 * h)  # noqa: E731
    return (4 * central(e / 2) - central(e)) / 3


def agree(bp: Backprop, tolerance: float = 1e-9) -> None:
    """Gradient along a random direction, and Hessian product, against differences, relative to their norms."""
    theta = bp.theta.copy()
    rng = np.random.default_rng(1)
    v = rng.standard_normal(theta.shape)
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    g = gradient(bp, theta)
    bp.v[:] = v
    Hv = bp.hessian_product().copy()
    slope = derivative(lambda t: objective(bp, t), theta, v)
    scale = np.linalg.norm(g, axis=1) + 1e-2 * np.abs(objective(bp, theta))
    assert np.all(np.abs(slope - (g * v).sum(axis=1)) <= tolerance * scale)
    bend = derivative(lambda t: gradient(bp, t), theta, v)
    assert np.all(np.linalg.norm(bend - Hv, axis=1) <= 10 * tolerance * (np.linalg.norm(Hv, axis=1) + scale))


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_gradients_and_hessian_products_agree_with_differences(make, activation, output, loss):
    """Every activation × output × loss: central differences along a random direction, to 1e-9 of the norm."""
    seed = seed_away_from_kinks(make, activation, output, loss)
    agree(make(Named(activation), Named(output), Named(loss), seed=seed, std=0.5))


def seed_away_from_kinks(make, activation: str, output: str, loss: str) -> int:
    """The first seed whose pre-activations and errors keep a distance from every kink: differences cannot cross one.

    Inside the clip the distance from its edges is larger: beside them lie the poles of ln h and ln(1 − h), where the
    difference quotient itself is wrong by step⁴/distance⁶.
    """
    for seed in range(200):
        bp = make(Named(activation), Named(output), Named(loss), seed=seed, std=0.5)
        with np.errstate(all="ignore"):
            bp.gradient()
        near = [np.abs(link.z - k).min() for link in bp.activate.values() for k in ACTIVATIONS[activation].kinks]
        near += [np.abs(bp.z - k).min() for k in ACTIVATIONS[output].kinks]
        if loss in ("mae", "huber"):
            near += [np.abs(bp.h - bp.T).min(), np.abs(np.abs(bp.h - bp.T) - 1).min()]
        if loss in ("binary_cross_entropy", "cross_entropy"):
            moving = bp.h[output_slope(bp, output) != 0]
            weight = np.where((moving > 0) & (moving < 1), 0.1, 1.0)
            near += [(weight * np.abs(moving - edge)).min(initial=1.0) for edge in (1e-7, 1 - 1e-7)]
        if min(near, default=1.0) > 3e-3 and np.abs(bp.z).max() < 8:
            return seed
    raise AssertionError("no seed keeps clear of the kinks")


def output_slope(bp: Backprop, output: str) -> np.ndarray:
    """f′ of the output; an output that stands still cannot cross the edge of the loss's clip."""
    row = ACTIVATIONS[output]
    return np.ones_like(bp.z) if row.last_only else row.bind(Named(output)).df(bp.z, bp.h)


@pytest.mark.parametrize("activation", ["tanh", "elu", "mish"])
def test_hessian_is_symmetric_and_equals_the_dense_one(make, activation):
    """uᵀHv = vᵀHu, and products with unit vectors give the dense Hessian of the gradient's differences."""
    bp = make(Named(activation), Named("softmax"), Named("cross_entropy"), seed=3)
    theta = bp.theta.copy()
    size = theta.shape[1]
    gradient(bp, theta)
    columns = []
    for k in range(size):
        bp.v[:] = 0.0
        bp.v[:, k] = 1.0
        columns.append(bp.hessian_product().copy())
    H = np.stack(columns, axis=-1)
    np.testing.assert_allclose(H, H.swapaxes(1, 2), atol=1e-13)
    dense = np.stack(
        [derivative(lambda t: gradient(bp, t), theta, np.broadcast_to(e, theta.shape)) for e in np.eye(size)], axis=-1
    )
    np.testing.assert_allclose(H, dense, atol=1e-8)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_reduction_sum_multiplies_the_mean_by_its_count(make, loss, reduction):
    """`reduction: sum` sums over samples and outputs, as PyTorch does."""
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "poisson": "exponential"}.get(loss, "tanh")
    bp = make(Named("tanh"), Named(output), Named.of(loss, reduction=reduction), l2=0.0)
    terms = LOSSES[loss].value(bp.output(), bp.T)
    count = 1 if reduction == "sum" else 5 * (1 if LOSSES[loss].over_outputs == "sum" else 3)
    np.testing.assert_allclose(bp.data_loss(), terms.sum(axis=(1, 2)) / count, rtol=1e-6)
    agree(bp, 1e-8)


def test_seeds_side_by_side_equal_seeds_one_by_one(make):
    """The first axis only batches: each seed's gradient is what it would be alone."""
    both = make(Named("gelu"), Named("identity"), Named("mse"))
    both.gradient()
    for seed in range(2):
        alone = Backprop(both.network, both.X, both.T, seeds=1)
        alone.theta[0] = both.theta[seed]
        alone.gradient()
        np.testing.assert_allclose(alone.g[0], both.g[seed], rtol=1e-13, atol=1e-16)
