"""Whether descent rests, and if it does: on a minimum, a saddle or a plateau, with the walk that proves it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite

import numpy as np
import numpy.typing as npt

from gradaudit.domain.measurements import CriticalKind, CriticalPoint, Descent, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.nn.engine import Engine
from gradaudit.nn.line_search import along, downhill, loss_at
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.curvature import largest, most_products, spectrum
from gradaudit.probes.interface import ProbeContext
from gradaudit.probes.threads import spread

Array = npt.NDArray[np.float64]

RESTS = 1e-3
"""‖g‖²/(2λ_max), what one best step gains, over the height above the lowest loss seen: below it, descent rests."""
LEAST_HEIGHT = 1e-6
"""Share of the loss that counts as a height in any case: where every run rests at the same loss, nothing lower was
seen, and a gradient of rounding errors must not pass for descent."""
AMPLE = 10.0
"""Descent that would not rest if λ_max were so many times what a few products show is on its way."""
STALLED = 0.01
"""A run that took less than this share of the trivial loss away in its last third makes no progress."""
CLEARLY_NEGATIVE = 1e-6
"""λ_min counts as negative below −this·λ_max (rounding), and only if it is ten times its own residual."""
FALL = 0.01
"""A walk proves a way down when the loss falls by this share of itself."""
BEATS = 2.0
"""The walk must fall this many times further than plain descent from the same point: else nothing holds descent."""
ABOVE = 0.05
"""A resting point is a plateau when the loss lies this share of itself above the lowest loss seen."""
FEWEST_STEPS, MOST_STEPS = 60, 400
"""Gradient steps of a walk, whatever the budget says."""
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


def measure(subject: ProbeContext, stage: StageName, descent: Descent) -> CriticalPoint:
    """One verdict a seed at one stage; seeds still on their way are `not critical`."""
    theta = subject.weights[stage]
    stalled = _stalled(stage, descent, len(theta))
    steps, walked = affordable_walks(subject)
    resting = [seed for seed, point in enumerate(theta) if stalled[seed] and np.isfinite(point).all()]
    examined = resting[:walked]
    points = [_Point("not examined" if seed in resting else "not critical") for seed in range(len(theta))]
    found = spread(lambda seed: _examine(subject, theta[seed], seed, descent.floor, steps), examined)
    for seed, point in zip(examined, found, strict=True):
        points[seed] = point
    return _table(points)


def affordable_walks(subject: ProbeContext) -> tuple[int, int]:
    """Steps of a walk, and how many seeds may walk: a step costs a gradient pass and about one more of trials."""
    passes = subject.budget.walk / pass_cost(subject.network, len(subject.batch[0]), 1)
    steps = int(max(FEWEST_STEPS, min(MOST_STEPS, passes / 4)))
    if not passes:
        return steps, 0
    return steps, max(1, int(passes / (2 * steps)))


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


def _examine(subject: ProbeContext, theta: Array, seed: int, floor: float, steps: int) -> _Point:
    bp = subject.at(theta[None, :])
    g, loss = bp.g[0].copy(), loss_at(bp, theta)
    bp.gradient()
    height, first = max(loss - floor, LEAST_HEIGHT * abs(loss)), subject.settings.seed + seed
    about = largest(bp, first)
    if about is not None and _decrease(g, AMPLE * about[0], height) > RESTS:
        return _Point("not critical", _decrease(g, about[0], height), about[0], loss=loss)
    found = spectrum(bp, first, tolerance=1e-3, most=2 * most_products(subject))
    high, low, residual = float(found.high[0]), float(found.low[0]), float(found.residual_low[0])
    decrease = _decrease(g, high, height)
    here = _Point("not critical", decrease, high, low, residual, loss)
    if not decrease <= RESTS or not isfinite(high):
        return here
    kind: CriticalKind = "strict" if low < -max(CLEARLY_NEGATIVE * abs(high), 10 * residual) else "degenerate"
    if kind == "strict":
        begin, direction = along(bp, theta, found.low_vector[0]).theta, "the direction of most negative curvature"
    else:
        begin, direction = kicked(subject, bp, theta, seed, loss), "a small random perturbation"
    escape, plain = downhill(bp, begin, steps).loss, downhill(bp, theta, steps).loss
    if loss - escape <= max(FALL * abs(loss), BEATS * (loss - plain)):
        kind = "plateau" if loss - floor > ABOVE * abs(loss) else "minimum"
    return replace(here, kind=kind, escape=escape, gradient=plain, direction=direction)


def _decrease(g: Array, high: float, height: float) -> float:
    """‖g‖²/(2λ_max) over the height; 0/0 is 0."""
    square = float(g @ g)
    if square == 0:
        return 0.0
    gain = square / (2 * high) if high > 0 else inf
    return gain / height if height > 0 else inf


def kicked(subject: ProbeContext, bp: Engine, theta: Array, seed: int, loss: float) -> Array:
    """θ (P long) with every entry moved by at most a tenth of LeCun's initialisation, so that the loss hardly notices.

    A kick that changes the loss by itself would have jumped off flat ground, not left a saddle.
    """
    rng = np.random.default_rng([subject.settings.seed, seed, 3])
    kick = np.zeros_like(theta)
    for slot in subject.network.layout.slots:
        kick[slot.start : slot.stop] = rng.standard_normal(slot.stop - slot.start) / np.sqrt(slot.parameter.fan_in or 1)
    size = KICK
    while size > 1e-7 and abs(loss_at(bp, theta + size * kick) - loss) > FALL * abs(loss):
        size /= 4
    return np.asarray(theta + size * kick)


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
