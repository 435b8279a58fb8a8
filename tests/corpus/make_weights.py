"""Writes the weights of the specs that name some: critical points that no initializer draws, and a learnt network.

They are of iris and diabetes, standardised. Run it again only where a spec changes: an optimizer's last bits differ
between machines.

usage: python tests/corpus/make_weights.py
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.datasets import load_diabetes, load_iris

Array = npt.NDArray[np.float64]
FOLDER = Path(__file__).parent


def iris() -> tuple[Array, Array]:
    """Standardised inputs (150 × 4) and one-hot targets (150 × 3)."""
    X, y = load_iris(return_X_y=True)
    return standardised(X), np.eye(3)[y]


def diabetes() -> tuple[Array, Array]:
    """Standardised inputs (442 × 10) and targets (442 × 1)."""
    X, y = load_diabetes(return_X_y=True)
    return standardised(X), standardised(y[:, None])


def standardised(A: Array) -> Array:
    """Columns of mean 0 and standard deviation 1."""
    return np.asarray((A - A.mean(axis=0)) / A.std(axis=0))


def reduced_rank(X: Array, T: Array, direction: int) -> dict[str, Array]:
    """A critical point of the linear network 4-1-3 under squared error (Baldi & Hornik 1989).

    B = (XᵀX)⁻¹Xᵀ(T − mean T) is the best map of full rank. With u the k-th eigenvector of BᵀXᵀXB, hidden weights Bu
    and output weights uᵀ are critical: the global minimum for the first direction, a strict saddle for any other.
    """
    B = np.linalg.solve(X.T @ X, X.T @ (T - T.mean(axis=0)))
    _, vectors = np.linalg.eigh(B.T @ X.T @ X @ B)
    u = vectors[:, -1 - direction]
    return {
        "coefs_0": (B @ u)[:, None],
        "intercepts_0": np.zeros(1),
        "coefs_1": u[None],
        "intercepts_1": T.mean(axis=0),
    }


def unpack(theta: Array, X: Array, T: Array, hidden: int) -> tuple[Array, Array, Array, Array]:
    """W, b, V, c of the network inputs-hidden-outputs from a flat vector."""
    inputs, outputs = X.shape[1], T.shape[1]
    W, b, V, c = np.split(theta, np.cumsum([inputs * hidden, hidden, hidden * outputs]))
    return W.reshape(inputs, hidden), b, V.reshape(hidden, outputs), c


def squared_error(theta: Array, X: Array, T: Array, hidden: int) -> tuple[float, Array]:
    """Mean squared error of tanh units with linear outputs, and its gradient."""
    W, b, V, c = unpack(theta, X, T, hidden)
    h = np.tanh(X @ W + b)
    e = h @ V + c - T
    return float(np.square(e).mean()), gradient(X, h, V, 2 * e / e.size)


def cross_entropy(theta: Array, X: Array, T: Array, hidden: int) -> tuple[float, Array]:
    """Mean cross-entropy of tanh units with softmax outputs, and its gradient."""
    W, b, V, c = unpack(theta, X, T, hidden)
    h = np.tanh(X @ W + b)
    z = h @ V + c
    log_p = z - z.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    return float(-(T * log_p).sum() / len(X)), gradient(X, h, V, (np.exp(log_p) - T) / len(X))


def gradient(X: Array, h: Array, V: Array, delta: Array) -> Array:
    """The flat gradient from the outputs' error signal."""
    back = delta @ V.T * (1 - h**2)
    return np.concatenate([(X.T @ back).ravel(), back.sum(axis=0), (h.T @ delta).ravel(), delta.sum(axis=0)])


def trained(loss: Callable[..., tuple[float, Array]], X: Array, T: Array, hidden: int, iterations: int) -> Array:
    """The parameters where BFGS ends, from a seeded start."""
    size = (X.shape[1] + 1 + T.shape[1]) * hidden + T.shape[1]
    start = np.random.default_rng(0).standard_normal(size) / 2
    options = {"maxiter": iterations, "gtol": 1e-11}
    return np.asarray(minimize(loss, start, (X, T, hidden), method="BFGS", jac=True, options=options).x)


def split_unit(X: Array, T: Array, share: float) -> dict[str, Array]:
    """The best network of one tanh unit with that unit split in two: still critical (Fukumizu & Amari 2000).

    Both halves keep the incoming weights; the outgoing ones are `share` and 1 − `share` of the old.
    """
    W, b, V, c = unpack(trained(squared_error, X, T, 1, 2000), X, T, 1)
    halves = np.array([share, 1 - share])
    return {
        "coefs_0": np.hstack([W, W]),
        "intercepts_0": np.repeat(b, 2),
        "coefs_1": halves[:, None] * V,
        "intercepts_1": c,
    }


def learnt(X: Array, T: Array) -> dict[str, Array]:
    """Six tanh units that have learnt iris: units and outputs saturate, the gradient is all but gone."""
    W, b, V, c = unpack(trained(cross_entropy, X, T, 6, 60), X, T, 6)
    return {"coefs_0": W, "intercepts_0": b, "coefs_1": V, "intercepts_1": c}


def mostly_dead(sizes: tuple[int, ...]) -> dict[str, Array]:
    """He's draw of a ReLU network, with a bias of -30 on all units of the first layer but one."""
    rng = np.random.default_rng(0)
    drawn = {}
    for k, (fan_in, units) in enumerate(pairwise(sizes)):
        drawn[f"coefs_{k}"] = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, units))
        drawn[f"intercepts_{k}"] = np.zeros(units)
    drawn["intercepts_0"][1:] = -30
    return drawn


def main() -> None:
    """Write every file beside this one."""
    X, T = iris()
    for name, arrays in {
        "second-direction-saddle": reduced_rank(X, T, 1),
        "first-direction-minimum": reduced_rank(X, T, 0),
        "split-unit-saddle": split_unit(*diabetes(), 1.5),
        "learnt-and-saturated": learnt(X, T),
        "mostly-dead-weights": mostly_dead((13, 32, 16, 3)),
    }.items():
        np.savez(FOLDER / f"{name}.npz", **arrays)


if __name__ == "__main__":
    main()
