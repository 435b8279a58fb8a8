"""Gradient and Hessian product beside central differences along a direction."""

from __future__ import annotations

import numpy as np

from gradaudit.nn.backprop import Backprop

STEP = 1e-5


def assert_differences_agree(bp: Backprop, theta: np.ndarray, v: np.ndarray, within: float = 1e-6) -> None:
    """At θ (seeds × parameters) along v: the gradient to `within`, its own derivative to a tenth of that."""
    found = []
    for step in (STEP, -STEP, 0.0):
        bp.theta[:], bp.v[:] = theta + step * v, v
        found.append((bp.gradient().copy(), bp.g.copy()))
    (up, g_up), (down, g_down), (_, g) = found
    np.testing.assert_allclose((up - down) / (2 * STEP), (g * v).sum(axis=1), rtol=within, atol=within / 100)
    np.testing.assert_allclose((g_up - g_down) / (2 * STEP), bp.hessian_product(), rtol=10 * within, atol=within / 10)
