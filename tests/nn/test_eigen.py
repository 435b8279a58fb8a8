"""Lanczos against dense eigenvalues."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.nn.eigen import exact, extremes


def operator(matrices: np.ndarray):
    """v → Hv for one matrix a seed."""
    return lambda v: np.einsum("sij,sj->si", matrices, v)


def symmetric(rng: np.random.Generator, seeds: int, size: int, rank: int) -> np.ndarray:
    """Random symmetric matrices of a given rank, eigenvalues of both signs."""
    factors = rng.standard_normal((seeds, size, rank))
    signs = np.sign(rng.standard_normal((seeds, rank)))
    return np.einsum("sik,sk,sjk->sij", factors, signs, factors)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.integers(1, 3), st.integers(0, 10_000), st.integers(1, 30))
def test_extremes_agree_with_the_dense_spectrum(size, seeds, number, rank):
    """Both ends, for any size and rank, singular matrices included; the residual bounds the error."""
    rng = np.random.default_rng(number)
    H = symmetric(rng, seeds, size, rank)
    found = extremes(operator(H), rng.standard_normal((seeds, size)), tolerance=1e-9)
    values = np.linalg.eigvalsh(H)
    scale = np.abs(values).max() + 1e-12
    np.testing.assert_allclose(found.high, values[:, -1], atol=1e-6 * scale)
    np.testing.assert_allclose(found.low, values[:, 0], atol=1e-6 * scale)


def test_lowest_vector_is_an_eigenvector():
    """H·v = λ_min·v within the residual that is reported."""
    rng = np.random.default_rng(0)
    H = symmetric(rng, 2, 40, 40)
    found = extremes(operator(H), rng.standard_normal((2, 40)), tolerance=1e-6)
    gap = operator(H)(found.low_vector) - found.low[:, None] * found.low_vector
    np.testing.assert_allclose(np.linalg.norm(gap, axis=1), found.residual_low, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found.low_vector, axis=1), 1.0)


def test_tolerance_stops_early():
    """A separated top eigenvalue to 1 % costs far fewer products than the size of the matrix."""
    H = np.diag(np.concatenate([np.linspace(-1, 1, 199), [10.0]]))[None]
    found = extremes(operator(H), np.random.default_rng(0).standard_normal((1, 200)), tolerance=0.01, both=False)
    assert found.high[0] == pytest.approx(10.0, rel=0.01)
    assert found.products <= 16


def test_zero_operator_has_zero_curvature():
    """A Hessian of zeros gives 0 at both ends, not NaN."""
    found = extremes(lambda v: 0 * v, np.ones((2, 5)))
    assert found.high.tolist() == [0.0, 0.0]
    assert found.low.tolist() == [0.0, 0.0]


def test_non_finite_products_give_nan_for_their_seed_only():
    """A seed whose Hessian overflows does not spoil its neighbour."""
    H = np.stack([np.eye(4), np.full((4, 4), np.nan)])
    found = extremes(operator(H), np.ones((2, 4)))
    assert found.high[0] == pytest.approx(1.0)
    assert np.isnan(found.high[1])


def test_quadrature_sees_the_share_of_negative_eigenvalues():
    """The weights of a random start sum to one and put about the right share on each side of zero."""
    values = np.concatenate([np.linspace(-3, -1, 60), np.linspace(1, 5, 140)])
    found = extremes(lambda v: v * values, np.random.default_rng(0).standard_normal((8, 200)), tolerance=1e-3)
    assert all(w.sum() == pytest.approx(1.0) for w in found.weights)
    shares = [w[n < 0].sum() for n, w in zip(found.nodes, found.weights, strict=True)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.05)


def test_the_whole_spectrum_of_small_matrices():
    """Against NumPy's own, seed by seed; every eigenvalue weighs the same; what is not finite is NaN."""
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((3, 6, 6))
    matrix += matrix.swapaxes(1, 2)
    matrix[2, 0, 0] = np.inf
    found = exact(matrix)
    for seed in range(2):
        values = np.linalg.eigvalsh(matrix[seed])
        assert (found.low[seed], found.high[seed]) == pytest.approx((values[0], values[-1]))
        assert found.nodes[seed] == pytest.approx(values)
        assert found.weights[seed].sum() == pytest.approx(1.0)
        assert found.residual_high[seed] < 1e-12
        turned = matrix[seed] @ found.low_vector[seed]
        assert turned == pytest.approx(values[0] * found.low_vector[seed])
    assert np.isnan([found.high[2], found.low[2], found.residual_low[2]]).all()
    assert not found.nodes[2].size
