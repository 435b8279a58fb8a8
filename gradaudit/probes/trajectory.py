"""What is kept of a run: how often its loss is looked at, and what those looks say."""

from __future__ import annotations

import math

import numpy as np

from gradaudit.domain.measurements import Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.functions.arrays import Array
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.interface import ProbeContext

MOST_LOOKS, FEWEST_LOOKS = 40, 9
LOOKING = 0.2
"""The share of a run's cost that looking at its loss may add."""


def affordable_looks(subject: ProbeContext, batch_size: int, steps: int) -> int:
    """How often the loss is looked at: a look is a forward pass over the probe batch, a third of a gradient pass."""
    step, look = pass_cost(subject.network, batch_size, 1), pass_cost(subject.network, len(subject.batch[0]), 1) / 3
    return max(FEWEST_LOOKS, min(MOST_LOOKS, int(LOOKING * steps * step / look)))


def trajectory(
    losses: Array, steps: tuple[int, ...], rate: float | None, trivial: float, *, finished: bool = True
) -> Trajectory:
    """What is kept of a run (losses: looks × seeds), for a network whose best constant prediction has `trivial`."""
    losses = np.where(np.isfinite(losses), losses, np.inf)
    final = losses[-1]
    learnt = [1 - loss / trivial if math.isfinite(loss) else loss for loss in final] if trivial > 0 else None
    return Trajectory(
        rate,
        steps,
        tuple(PerSeed.of(row) for row in losses),
        PerSeed.of(losses.min(axis=0)),
        PerSeed.of(final),
        PerSeed.of(learnt or [None] * len(final)),
        PerSeed.of(_oscillation(losses, trivial)),
        finished,
    )


def _oscillation(losses: Array, trivial: float) -> list[float]:
    """How far the loss climbed, all its ups together, in the second half of the run, in units of the trivial loss."""
    half = losses[len(losses) // 2 :]
    with np.errstate(all="ignore"):
        ups = np.maximum(np.diff(half, axis=0), 0.0).sum(axis=0)
    scale = trivial if trivial > 0 else 1.0
    return [float(up / scale) if math.isfinite(up) else math.inf for up in ups]
