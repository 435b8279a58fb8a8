"""Whether descent rests, and if it does: on a minimum, a saddle or a plateau, with the walk that proves it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
import numpy.typing as npt

from gradaudit.measurement import CriticalKind, CriticalPoint, Descent, PerSeed, StageName
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.walk import along, downhill, loss_at
from gradaudit.probes.budget import BUDGETS
from gradaudit.probes.curvature import affordable_seeds, at, spectrum
from gradaudit.probes.interface import Subject

Array = npt.NDArray[np.float64]

RESTS = 1e-3
"""‖g‖²/(2λ_max), what one best step gains, over the height above the lowest loss seen: below it, descent rests."""
STALLED = 0.01
"""A run that took less than this share of the trivial loss away in its last third makes no progress."""
CLEARLY_NEGATIVE = 1e-3
"""λ_min counts as negative below −this·λ_max, and only if it is ten times its own residual."""
FALL = 0.01
"""A walk proves a way down when the loss falls by this share of itself."""
ABOVE = 0.05
"""A resting point is a plateau when the loss lies this share of itself above the lowest loss seen."""
KICK = 0.1
"""Standard deviation of the perturbation of a degenerate point, in units of 1/√inputs of its row."""


@dataclass(frozen=True)
class _Point:
    """One seed's verdict with its numbers."""

    kind: CriticalKind
    decrease: float | None = None
    lambda_max: float | None = None
    lambda_min: float | None = None
    residual: float | None = None
    loss: float | None = None
    escape: float | None = None
    gradient: float | None = None
    direction: str = ""


def measure(subject: Subject, stage: StageName, descent: Descent) -> CriticalPoint:
    """One verdict a seed at one stage; seeds beyond the budget, or still on their way, are `not critical`."""
    theta = subject.weights[stage]
    stalled = _stalled(stage, descent, len(theta))
    walked = affordable_seeds(subject, stage)
    points = []
    for seed, point in enumerate(theta):
        if stalled[seed] and walked > 0 and np.isfinite(point).all():
            walked -= 1
            points.append(_examine(subject, point, seed, descent.floor))
        else:
            points.append(_Point("not critical"))
    return _table(points)


def _stalled(stage: StageName, descent: Descent, seeds: int) -> list[bool]:
    """Seeds whose run made no progress: from the start for `fitted`, in its last third for `trained`."""
    looks = descent.configured.loss
    first = looks[0] if stage == "fitted" else looks[2 * len(looks) // 3]
    scale = descent.trivial_loss if descent.trivial_loss > 0 else 1.0
    moved = [_gap(a, b) / scale for a, b in zip(first.values, descent.configured.final.values, strict=True)]
    if stage == "fitted":
        return [any(m < STALLED for m in moved)] * seeds
    return [m < STALLED for m in moved]


def _gap(before: float | None, after: float | None) -> float:
    if before is None or after is None or not (isfinite(before) and isfinite(after)):
        return inf
    return abs(before - after)


def _examine(subject: Subject, theta: Array, seed: int, floor: float) -> _Point:
    bp = at(subject, theta[None, :])
    g, loss = bp.g[0].copy(), loss_at(bp, theta)
    bp.gradient()
    found = spectrum(bp, subject.settings.seed + seed, tolerance=1e-3, most=120)
    high, low, residual = float(found.high[0]), float(found.low[0]), float(found.residual_low[0])
    decrease = _decrease(g, high, loss - floor)
    numbers = {"decrease": decrease, "lambda_max": high, "lambda_min": low, "residual": residual, "loss": loss}
    if not decrease <= RESTS or not isfinite(high):
        return _Point("not critical", **numbers)
    steps = BUDGETS[subject.settings.effort].walk
    size = max(abs(high), abs(low))
    if low < -max(CLEARLY_NEGATIVE * size, 10 * residual):
        kind: CriticalKind = "strict"
        escape = downhill(bp, along(bp, theta, found.low_vector[0]).theta, steps).loss
        direction = "the direction of most negative curvature"
    else:
        kind = "degenerate"
        escape = downhill(bp, _kicked(subject, theta, seed), steps).loss
        direction = "a small random perturbation"
    if escape > loss - FALL * abs(loss):
        kind = "plateau" if loss - floor > ABOVE * abs(loss) else "minimum"
    return _Point(kind, **numbers, escape=escape, gradient=_gradient_line(bp, theta, g, loss), direction=direction)


def _decrease(g: Array, high: float, height: float) -> float:
    """‖g‖²/(2λ_max) over the height; 0/0 is 0."""
    square = float(g @ g)
    if square == 0:
        return 0.0
    gain = square / (2 * high) if high > 0 else inf
    return gain / height if height > 0 else inf


def _gradient_line(bp: Backprop, theta: Array, g: Array, loss: float) -> float:
    """The lowest loss on the straight line along −g; where g is 0 the line is the point."""
    length = float(np.linalg.norm(g))
    return min(loss, along(bp, theta, g / length).loss) if length > 0 else loss


def _kicked(subject: Subject, theta: Array, seed: int) -> Array:
    """Every parameter moved by KICK/√(inputs of its row) times a normal draw: a tenth of LeCun's initialisation."""
    rng = np.random.default_rng([subject.settings.seed, seed, 3])
    kick = np.array(theta)
    inputs = {row.index: row.inputs for row in subject.network.dense}
    for slot in subject.network.layout.slots:
        scale = KICK / np.sqrt(inputs.get(slot.row, 1))
        kick[slot.start : slot.stop] += scale * rng.standard_normal(slot.stop - slot.start)
    return kick


def _table(points: list[_Point]) -> CriticalPoint:
    def column(name: str) -> PerSeed:
        return PerSeed.of(getattr(point, name) for point in points)

    return CriticalPoint(
        kinds=tuple(point.kind for point in points),
        predicted_decrease=column("decrease"),
        lambda_max=column("lambda_max"),
        lambda_min=column("lambda_min"),
        residual_min=column("residual"),
        loss=column("loss"),
        escape_loss=column("escape"),
        gradient_loss=column("gradient"),
        direction=tuple(point.direction for point in points),
    )
