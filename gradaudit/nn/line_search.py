"""Leaving a point of the loss: along a direction, or after a small kick, and from there downhill only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.nn.engine import Engine

DISTANCES = np.geomspace(1e-3, 3.0, 15)
"""Lengths tried along a direction, in units of the parameters' norm (at least 1)."""


@dataclass(frozen=True)
class LowPoint:
    """Where a walk ended: the lowest loss, and the parameters there."""

    loss: float
    theta: Array


def loss_at(bp: Engine, theta: Array) -> float:
    """The objective at one point θ, P long; `inf` where it is not finite."""
    bp.theta[0] = theta
    with np.errstate(all="ignore"):
        loss = float((bp.data_loss() + bp.penalty())[0])
    return loss if np.isfinite(loss) else np.inf


def along(bp: Engine, theta: Array, direction: Array) -> LowPoint:
    """The lowest point of a straight line through θ (P long) on both sides, among fixed distances.

    The direction is P long and of unit length; distances are in units of ‖θ‖, or of 1 where that is less.
    """
    reach = max(1.0, float(np.linalg.norm(theta)))
    points = [theta + sign * distance * reach * direction for distance in DISTANCES for sign in (1, -1)]
    losses = [loss_at(bp, point) for point in points]
    best = int(np.argmin(losses))
    return LowPoint(losses[best], points[best])


def downhill(bp: Engine, theta: Array, steps: int) -> LowPoint:
    """Gradient descent that never climbs: the step doubles after each success and halves until the loss falls.

    Never climbing keeps it in the valley where it starts, so a fall proves that a way down begins there
    (Armijo's condition with constant 1e-4; Nocedal & Wright 2006, §3.1).
    """
    step, loss = 1.0, loss_at(bp, theta)
    for _ in range(steps):
        with np.errstate(all="ignore"):
            bp.theta[0] = theta
            bp.gradient()
        g = bp.g[0].copy()
        if not 0 < float(g @ g) < np.inf:
            break
        step, lower = _fall(bp, theta, g, loss, 2 * step)
        if step == 0:
            break
        theta, loss = theta - step * g, lower
    return LowPoint(loss, theta)


def _fall(bp: Engine, theta: Array, g: Array, loss: float, step: float) -> tuple[float, float]:
    """The first of step, step/4, step/16, … that lowers the loss enough, and the loss there; step 0 where none does."""
    square = float(g @ g)
    while step > 1e-12:
        lower = loss_at(bp, theta - step * g)
        if lower <= loss - 1e-4 * step * square:
            return step, lower
        step /= 4
    return 0.0, loss
