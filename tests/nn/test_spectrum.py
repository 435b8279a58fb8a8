"""The Hessian's spectrum by Lanczos against the dense one, on networks small enough to write it down."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.domain.spec import DenseSpec, LayerNormSpec, ModelSpec, Named, ResidualSpec
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.eigen import Extremes, extremes
from gradaudit.nn.network import build, initial

ENDS = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("identity", "mse"), ("tanh", "huber"))
WIDTHS = st.integers(1, 4)
NORMS = ("layer_norm", "batch_norm")
BLOCKS = st.lists(
    st.one_of(
        st.builds(
            lambda w, n: (DenseSpec(w, norm=n and Named(n)),),
            WIDTHS,
            st.sampled_from([None, "layer_norm", "batch_norm"]),
        ),
        WIDTHS.map(lambda w: (DenseSpec(w), ResidualSpec((DenseSpec(w),)))),
        WIDTHS.map(lambda w: (DenseSpec(w), LayerNormSpec())),
        st.just((LayerNormSpec(),)),  # of the inputs themselves, where it comes first
    ),
    max_size=2,
)


def network(inputs, blocks, outputs, activation, end, seed, seeds=1):
    """A Backprop whose gradient has been taken, at drawn weights and rows."""
    layers = (*(layer for block in blocks for layer in block), DenseSpec(outputs))
    output, loss = (Named(name) for name in end)
    spec = ModelSpec("m", inputs, layers, activation=Named(activation), output=output, loss=loss, l2=0.01)
    built, rng = build(spec), np.random.default_rng(seed)
    T = np.eye(outputs)[rng.integers(0, outputs, 8)] if outputs > 1 else rng.integers(0, 2, (8, 1)).astype(float)
    bp = Backprop(built, rng.standard_normal((8, inputs)), T, seeds)
    bp.theta[:] = [initial(built, rng) + 0.3 * rng.standard_normal(built.layout.size) for _ in range(seeds)]
    bp.gradient()
    return bp


def product(bp):
    """v → Hv."""

    def multiply(v):
        bp.v[:] = v
        return bp.hessian_product()

    return multiply


def dense_spectrum(bp) -> np.ndarray:
    """Eigenvalues in rising order, of the Hessian that unit vectors write down, one seed."""
    multiply, size = product(bp), bp.theta.shape[1]
    H = np.stack([multiply(e[None])[0].copy() for e in np.eye(size)])
    np.testing.assert_allclose(H, H.T, atol=1e-12 * np.abs(H).max())
    return np.linalg.eigvalsh((H + H.T) / 2)


def lanczos(bp, seed, **given) -> Extremes:
    """From a drawn start."""
    return extremes(product(bp), np.random.default_rng(seed).standard_normal(bp.theta.shape), **given)


@settings(deadline=None, max_examples=60)
@given(
    WIDTHS,
    BLOCKS,
    st.integers(1, 3),
    st.sampled_from(["tanh", "sigmoid", "gelu", "elu", "relu"]),
    st.sampled_from(ENDS),
    st.integers(0, 10_000),
    st.sampled_from([1e-1, 1e-2, 1e-9]),
)
def test_an_eigenvalue_lies_within_each_residual(inputs, blocks, outputs, activation, end, seed, tolerance):
    """|λ − nearest eigenvalue| ≤ residual at both ends, whatever the tolerance, and the extreme ones where it is tight.

    A Ritz value never lies outside the spectrum (Parlett 1998, section 10.1). A loose tolerance promises no more: a
    start that hardly sees the first eigenvector may settle on the second.
    """
    bp = network(inputs, blocks, outputs, activation, end, seed)
    values, found = dense_spectrum(bp), lanczos(bp, seed, tolerance=tolerance, most=60)
    tiny = 1e-10 * np.abs(values).max()
    for theirs, ours, residual in (
        (values[-1], found.high[0], found.residual_high[0]),
        (values[0], found.low[0], found.residual_low[0]),
    ):
        assert np.abs(values - ours).min() <= residual + tiny
        assert values[0] - tiny <= ours <= values[-1] + tiny
        assert tolerance > 1e-9 or abs(ours - theirs) <= 1e-6 * np.abs(values).max()


def test_a_close_second_eigenvalue_is_never_taken_for_the_first():
    """The pair 1 and 0.97 above a bulk, at the rules' tolerance: 100 starts, all above the pair's middle."""
    values = np.concatenate([np.linspace(-0.2, 0.5, 298), [0.97, 1.0]])
    starts = np.random.default_rng(0).standard_normal((100, 300))
    found = extremes(lambda v: v * values, starts, tolerance=0.01)
    assert np.all(found.high > 0.985)
    assert np.all(found.high <= 1 + 1e-12)


def test_a_close_pair_at_both_ends_of_a_network_is_told_apart():
    """A small network whose two largest eigenvalues are moved to within 2 %: 100 starts find the first, exactly."""
    bp = network(3, [(DenseSpec(4),)], 3, "tanh", ENDS[0], 5)
    multiply, size = product(bp), bp.theta.shape[1]
    H = np.stack([multiply(e[None])[0].copy() for e in np.eye(size)])
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    values[-2] = 0.98 * values[-1]
    H = vectors * values @ vectors.T
    starts = np.random.default_rng(1).standard_normal((100, size))
    found = extremes(lambda v: v @ H, starts, tolerance=1e-6)
    np.testing.assert_allclose(found.high, values[-1], rtol=1e-6)
    np.testing.assert_allclose(found.low, values[0], atol=1e-6 * values[-1])


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_the_density_agrees_with_the_dense_spectrum(activation):
    """Weights sum to 1, and the mean over 200 starts has the share of negative eigenvalues, within 0.03.

    A start sees eigenvalue k with the square of one of P normal numbers over their sum: its mean is 1/P exactly, and
    the mean of 200 has a standard error of √(2s(1 − s)/P/200) < 0.01.
    """
    bp = network(3, [(DenseSpec(4),)], 2, activation, ENDS[0], 2)
    values = dense_spectrum(bp)
    edge = -1e-4 * np.abs(values).max()
    negative = (values < edge).mean()
    assert 0.1 < negative < 0.9
    shares = []
    for seed in range(200):
        found = lanczos(bp, seed, tolerance=1e-9)
        nodes, weights = found.nodes[0], found.weights[0]
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert weights @ nodes == pytest.approx(rayleigh(bp, seed), rel=1e-9)
        shares.append(weights[nodes < edge].sum())
    assert np.mean(shares) == pytest.approx(negative, abs=0.03)


def rayleigh(bp, seed) -> float:
    """qᵀHq of the start: the first moment, which the quadrature has exactly."""
    q = np.random.default_rng(seed).standard_normal(bp.theta.shape)
    q /= np.linalg.norm(q)
    return float((q * product(bp)(q)).sum())
