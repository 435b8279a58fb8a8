"""Gradients and Hessian products against central differences, for every activation × output × loss."""

import itertools

import numpy as np
import pytest

from gradaudit.domain.spec import BatchNormSpec, DenseSpec, ModelSpec, Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.losses import LOSSES
from gradaudit.layers import FlattenSpec, LstmSpec, RnnSpec
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build

LSTM = LstmSpec(units=3, bidirectional=True)
HIDDEN = [name for name, row in ACTIVATIONS.items() if not row.last_only]
POSITIVE = ("sigmoid", "softmax", "softplus", "exponential")
PAIRS = [
    (output, loss)
    for output, loss in itertools.product(ACTIVATIONS, LOSSES)
    if loss not in ("poisson", "cross_entropy") or output in POSITIVE
]


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_gradients_and_hessian_products_agree_with_differences(make, oracle, activation, output, loss):
    """Every activation × output × loss: central differences along a random direction, to 1e-9 of the norm."""
    seed = seed_away_from_kinks(make, activation, output, loss)
    oracle.agree(make(Named(activation), Named(output), Named(loss), seed=seed, std=0.5))


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
def test_hessian_is_symmetric_and_equals_the_dense_one(make, oracle, activation):
    """uᵀHv = vᵀHu, and products with unit vectors give the dense Hessian of the gradient's differences."""
    bp = make(Named(activation), Named("softmax"), Named("cross_entropy"), seed=3)
    theta = bp.theta.copy()
    size = theta.shape[1]
    oracle.gradient(bp, theta)
    columns = []
    for k in range(size):
        bp.v[:] = 0.0
        bp.v[:, k] = 1.0
        columns.append(bp.hessian_product().copy())
    H = np.stack(columns, axis=-1)
    np.testing.assert_allclose(H, H.swapaxes(1, 2), atol=1e-13)
    dense = np.stack(
        [
            oracle.derivative(lambda t: oracle.gradient(bp, t), theta, np.broadcast_to(e, theta.shape))
            for e in np.eye(size)
        ],
        axis=-1,
    )
    np.testing.assert_allclose(H, dense, atol=1e-8)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_reduction_sum_multiplies_the_mean_by_its_count(make, oracle, loss, reduction):
    """`reduction: sum` sums over samples and outputs, as PyTorch does."""
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "poisson": "exponential"}.get(loss, "tanh")
    bp = make(Named("tanh"), Named(output), Named.of(loss, reduction=reduction), l2=0.0)
    terms = LOSSES[loss].value(bp.output(), bp.T)
    count = 1 if reduction == "sum" else 5 * (1 if LOSSES[loss].over_outputs == "sum" else 3)
    np.testing.assert_allclose(bp.data_loss(), terms.sum(axis=(1, 2)) / count, rtol=1e-6)
    oracle.agree(bp, 1e-8)


def test_seeds_side_by_side_equal_seeds_one_by_one(make):
    """The first axis only batches: each seed's gradient is what it would be alone."""
    both = make(Named("gelu"), Named("identity"), Named("mse"))
    both.gradient()
    for seed in range(2):
        alone = Backprop(both.network, both.X, both.T, seeds=1)
        alone.theta[0] = both.theta[seed]
        alone.gradient()
        np.testing.assert_allclose(alone.g[0], both.g[seed], rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("role", ["weight", "bias", "scale"])
@pytest.mark.parametrize("layer", [DenseSpec(3), RnnSpec(units=3), LSTM, BatchNormSpec()])
def test_what_a_row_has_of_one_role_stands_side_by_side(layer, role):
    """A recurrent row has several weights, all of which count for its gradient and its update; a norm has none."""
    flat = () if isinstance(layer, RnnSpec | LstmSpec) else (FlattenSpec(),)
    spec = ModelSpec("m", 2, (layer, *flat, DenseSpec(1)), loss=Named("mse"), positions=(4,))
    network = build(spec)
    bp = Backprop(network, np.ones((5, 4, 2)), np.ones((5, 1)), seeds=2)
    bp.g[:] = np.arange(bp.g.size).reshape(bp.g.shape)
    row = network.rows[0]
    parts = [bp.parameters(row, "g")[each.name] for each in row.parameters if each.role == role]
    found = bp.of_role(row, role, "g")
    assert (found is None) is (not parts)
    for seed in range(2 if parts else 0):
        assert sorted(found[seed]) == sorted(number for part in parts for number in part[seed].ravel())


@pytest.mark.parametrize("own", [False, True])
def test_positions_are_further_rows(own):
    """A dense layer maps each step of a sample alike; seeds may have samples of their own."""
    rng = np.random.default_rng(0)
    layers = (DenseSpec(3), FlattenSpec(), DenseSpec(1))
    spec = ModelSpec("m", 2, layers, Named("tanh"), output=Named("identity"), loss=Named("mse"), positions=(4,))
    X, T = rng.standard_normal((2, 5, 4, 2)), rng.standard_normal((2, 5, 1))
    bp = Backprop(build(spec), *((X, T) if own else (X[0], T[0])), seeds=2)
    bp.theta[:] = rng.standard_normal(bp.theta.shape)
    first, last = (bp.parameters(bp.network.rows[row], "theta") for row in (0, 2))
    for seed, output in enumerate(bp.output()):
        h = np.tanh(X[seed if own else 0] @ first["weight"][seed] + first["bias"][seed])
        np.testing.assert_allclose(output, h.reshape(5, 12) @ last["weight"][seed] + last["bias"][seed])
