"""Extreme eigenvalues of a symmetric operator by Lanczos, several seeds at once, with residuals.

Full reorthogonalisation, twice (Giraud et al. 2005): plain Lanczos loses orthogonality as soon as an extreme
eigenvalue has converged and then returns copies of it. The residual of a Ritz pair is |β_k·s_k| with s_k the last
entry of its eigenvector in the Krylov basis (Parlett 1998, §13.2): ‖Hx − λx‖ without one more product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradaudit.functions.arrays import Array

Operator = Callable[[Array], Array]

FEWEST_STEPS = 12
"""Before that a Ritz value may settle on an inner eigenvalue, because the start hardly contains the outer one."""
NEGLIGIBLE = 0.1
"""A residual under this share of the tolerance, in units of the largest eigenvalue, needs no relative accuracy."""


@dataclass(frozen=True)
class Extremes:
    """Largest and smallest eigenvalue for each seed, their residual norms, and the vector of the smallest."""

    high: Array
    low: Array
    residual_high: Array
    residual_low: Array
    low_vector: Array
    """Seeds × P, unit length; seeds × 0 where not all of the basis was kept."""
    products: int
    """Hessian products spent on each seed."""
    nodes: tuple[Array, ...]
    """Per seed: the Ritz values, which are the nodes of a quadrature of the spectral density …"""
    weights: tuple[Array, ...]
    """… and its weights, the squared first entries of their vectors: what a random start sees of each eigenvalue
    (stochastic Lanczos quadrature; Ghorbani et al. 2019, arXiv:1901.10159)."""


def _dots(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("sp,sp->s", a, b))


def extremes(
    product: Operator,
    start: Array,
    *,
    tolerance: float = 0.01,
    most: int = 60,
    both: bool = True,
    window: int | None = None,
) -> Extremes:
    """Both ends of the spectrum of `product`, from unit-normal start vectors (seeds × P).

    Stops once both ends are known to `tolerance` of themselves (the lower end: or of the larger of both, where it is
    small beside it), or at `most` products. A spectrum that is not finite gives NaN. `window` is how many vectors of
    the basis are kept: with fewer than all, copies of a converged eigenvalue may appear among the nodes, both ends stay
    as good (Paige 1980), and there is no vector.
    """
    seeds, size = start.shape
    most = min(most, size)
    window = min(most, window or most)
    Q = np.zeros((seeds, window, size))
    alpha, beta = np.zeros((most, seeds)), np.zeros((most, seeds))
    rank = np.full(seeds, most)
    q = start / np.sqrt(_dots(start, start))[:, None]
    step = 0
    for step in range(1, most + 1):
        Q[:, (step - 1) % window] = q
        w = np.array(product(q))
        alpha[step - 1] = _dots(q, w)
        for _ in range(2):
            w -= _onto(Q[:, : min(step, window)], w)
        beta[step - 1] = np.sqrt(_dots(w, w))
        scale = np.abs(alpha[:step]).max(axis=0) + beta[:step].max(axis=0)
        spent = beta[step - 1] <= 1e-12 * scale
        rank = np.where(spent & (rank > step), step, rank)
        q = np.where(spent[:, None], 0.0, w / np.where(beta[step - 1] > 0, beta[step - 1], 1.0)[:, None])
        if not np.isfinite(alpha[step - 1]).any() or (rank <= step).all():
            break
        if step >= FEWEST_STEPS and step % 2 == 0 and _converged(alpha, beta, np.minimum(rank, step), tolerance, both):
            break
    return _collect(Q, alpha, beta, np.minimum(rank, step), step)


def exact(matrix: Array) -> Extremes:
    """The whole spectrum of symmetric matrices (seeds × P × P), one a seed; NaN where a matrix is not finite.

    The residuals are what rounding leaves: ‖Hv − λv‖ of the computed pair. Every eigenvalue weighs 1/P.
    """
    size = matrix.shape[-1]
    good = np.asarray(np.isfinite(matrix).all(axis=(1, 2)))
    symmetric = np.where(good[:, None, None], (matrix + matrix.swapaxes(1, 2)) / 2, 0.0)
    values, vectors = np.linalg.eigh(symmetric)
    ends = []
    for place in (-1, 0):
        value, vector = np.where(good, values[:, place], np.nan), vectors[:, :, place]
        gap = (symmetric @ vector[:, :, None])[:, :, 0] - values[:, place, None] * vector
        ends.append((value, vector, np.where(good, np.sqrt(_dots(gap, gap)), np.nan)))
    (high, _, residual_high), (low, lowest, residual_low) = ends
    nodes = tuple(row if fine else np.zeros(0) for row, fine in zip(values, good, strict=True))
    weights = tuple(np.full(len(row), 1 / size) for row in nodes)
    return Extremes(high, low, residual_high, residual_low, lowest, size, nodes, weights)


def _onto(basis: Array, w: Array) -> Array:
    """The part of w (seeds × P) that lies in the span of an orthonormal basis (seeds × k × P)."""
    weights = basis @ w[:, :, None]
    return np.asarray((weights.swapaxes(-1, -2) @ basis)[:, 0])


def _ritz(alpha: Array, beta: Array, seed: int, k: int) -> tuple[Array, Array, Array]:
    """Ritz values, residuals and vectors in the Krylov basis of one seed after k steps."""
    off = beta[: k - 1, seed]
    tridiagonal = np.diag(alpha[:k, seed]) + np.diag(off, 1) + np.diag(off, -1)
    values, vectors = np.linalg.eigh(tridiagonal)
    return values, np.abs(beta[k - 1, seed] * vectors[-1]), vectors


def _converged(alpha: Array, beta: Array, rank: npt.NDArray[np.intp], tolerance: float, both: bool) -> bool:
    for seed, k in enumerate(rank):
        if not np.isfinite(alpha[:k, seed]).all():
            continue
        values, residuals, _ = _ritz(alpha, beta, seed, int(k))
        if residuals[-1] > tolerance * abs(values[-1]) or (both and not _low_end_known(values, residuals, tolerance)):
            return False
    return True


def _low_end_known(values: Array, residuals: Array, tolerance: float) -> bool:
    """The smallest eigenvalue to `tolerance` of itself, or so well that it is nothing beside the largest.

    The error of a Ritz value is about residual²/gap (Kato and Temple; Parlett 1998, §11.7), with the distance to the
    next Ritz value for the gap.
    """
    size = max(abs(values[0]), abs(values[-1]))
    gap = values[1] - values[0] if len(values) > 1 else size
    error = residuals[0] ** 2 / gap if gap > 0 else residuals[0]
    known = error <= tolerance * abs(values[0]) or residuals[0] <= NEGLIGIBLE * tolerance * size
    return bool(residuals[0] <= tolerance * size and known)


def _collect(Q: Array, alpha: Array, beta: Array, rank: npt.NDArray[np.intp], products: int) -> Extremes:
    seeds, kept, size = Q.shape
    high, low, residual_high, residual_low = (np.full(seeds, np.nan) for _ in range(4))
    has_all = products <= kept
    lowest = np.zeros((seeds, size if has_all else 0))
    nodes, weights = [np.zeros(0)] * seeds, [np.zeros(0)] * seeds
    for seed, k in enumerate(rank):
        if np.isfinite(alpha[:k, seed]).all() and np.isfinite(beta[:k, seed]).all():
            values, residuals, basis = _ritz(alpha, beta, seed, int(k))
            high[seed], low[seed] = values[-1], values[0]
            residual_high[seed], residual_low[seed] = residuals[-1], residuals[0]
            if has_all:
                lowest[seed] = basis[:, 0] @ Q[seed, :k]
            nodes[seed], weights[seed] = values, np.square(basis[0])
    return Extremes(high, low, residual_high, residual_low, lowest, products, tuple(nodes), tuple(weights))
