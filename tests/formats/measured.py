"""Measurements written by hand, as the probes would write them down: eight seeds unless said otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable

from gradaudit.domain.measurements import (
    CriticalPoint,
    Curvature,
    LayerSignal,
    LayerUnits,
    LearningRate,
    Signal,
    ThroughTime,
    Trajectory,
    Units,
)
from gradaudit.domain.per_seed import PerSeed

NOTHING = PerSeed(())
EXPONENTS = (0.1, -0.3, 0.8, -1.0, 0.5, -0.1, 1.0, -0.6)
CONSTANT = 2.3026
"""The loss of the best constant output: ln 10."""


def about(median: float, spread: float = 1.2) -> PerSeed:
    """Eight seeds around a median, from median/spread to median·spread."""
    return PerSeed.of(median * spread**e for e in EXPONENTS)


def alike(value: float | None) -> PerSeed:
    """Eight seeds that agree."""
    return PerSeed((value,) * 8)


def signal(rms: list[float], activation_gain: float, *, spread: float = 1.2) -> Signal:
    """From the error signals of the layers, input side first; the weights' gain is what is left."""
    last = len(rms) - 1
    rows = tuple(
        LayerSignal(
            i,
            error_signal_rms=about(value, spread ** (last - i + 1)),
            activation_mean=about(0.5, 1.02),
            activation_std=about(0.07),
            weight_gradient_norm=about(value * 3),
            bias_gradient_norm=about(value),
            activation_gain=None if i == last else about(activation_gain, 1.01),
            weight_gain=None if i == last else about(value / rms[i + 1] / activation_gain),
            update_ratio=about(0.02 * value / rms[last]),
        )
        for i, value in enumerate(rms)
    )
    ratio = about(rms[0] / rms[last], 1.5)
    return Signal(about(2.4, 1.05), about(2.4, 1.05), about(0.9), ratio, ratio, layers=rows, largest=about(4.0))


def through_time(first: float, *, steps: int = 30) -> ThroughTime:
    """One forward layer in which the gradient shrinks, or grows, evenly to `first` at the first step."""
    at = (0, steps // 2, steps - 1)
    gain = first ** (1 / (steps - 1))
    shape = tuple(about(0.04 * gain ** (steps - 1 - step), 1 + 0.01 * (steps - 1 - step)) for step in at)
    return ThroughTime("forward", steps, about(first), at, shape, about(gain, 1.01), alike(0.7), alike(0.24), 0.23)


def run(rate: float | None, start: float, end: float, *, steps: int = 60) -> Trajectory:
    """A loss that falls exponentially; it rises where the end lies above the start."""
    at = tuple(range(0, 10 * steps + 1, 10))
    loss = tuple(about(end + (start - end) * math.exp(-5 * s / at[-1]), 1.03) for s in at)
    best, final = about(min(start, end), 1.03), about(end, 1.03)
    return Trajectory(rate, at, loss, best, final, progress=alike(1 - end / CONSTANT), oscillation=alike(0.02))


def short_run(rate: float | None, *losses: float | None) -> Trajectory:
    """One seed's run of ten steps a look."""
    looks = tuple(PerSeed.of([loss]) for loss in losses)
    end = looks[-1] if looks else NOTHING
    known = [v for look in looks for v in look.finite]
    best = PerSeed((min(known),)) if known else end
    return Trajectory(rate, tuple(range(0, 10 * len(losses), 10)), looks, best, end, NOTHING, NOTHING)


def sweep(ends: dict[float, float]) -> tuple[Trajectory, ...]:
    """Rate → loss at the end, from a loss of 2.41; what ends above it diverges on its way."""
    return tuple(
        short_run(rate, 2.41, *(2.41 + (end - 2.41) * k / 4 for k in range(1, 4)), end) for rate, end in ends.items()
    )


def units(n: int, *, dead: float, saturated: float | None) -> Units:
    """The same shares in every layer but the last."""
    shares = [(n - i) / n for i in range(n - 1)]
    rows = (LayerUnits(i, about(dead * k), saturated and about(saturated * k)) for i, k in enumerate(shares))
    return Units((*rows, LayerUnits(n - 1)))


def sigmoid_slope(z: float) -> float:
    """f′ of the logistic function."""
    return 1 / (2 + math.exp(z) + math.exp(-z))


def profile(index: int, slope: Callable[[float], float], *, width: float = 1.6, bins: int = 40) -> LayerUnits:
    """A layer whose z are spread like a bell from −width to width."""
    middles = [width * (2 * k + 1 - bins) / bins for k in range(bins)]
    bell = [math.exp(-4 * (z / width) ** 2) for z in middles]
    shares = tuple(v / sum(bell) for v in bell)
    saturated = about(0.03 - index / 1000)
    return LayerUnits(index, alike(0.0), saturated, shares, (-width, width), derivative=tuple(map(slope, middles)))


def rate(configured: float | None, limit: float, advice: float) -> LearningRate:
    """Against a limit that varies by half over the seeds."""
    return LearningRate(configured, about(limit, 1.5), about(advice, 1.5))


def curvature(density: tuple[tuple[float, float], ...] = ()) -> Curvature:
    """A loss that bends up thirty times as sharply as down."""
    return Curvature(about(0.9), about(0.61), about(-0.02), about(1e-5), about(1e-4), about(0.45), density)


SPECTRUM = ((-0.02, 0.05), (-0.001, 0.4), (0.0, 0.3), (0.004, 0.2), (0.2, 0.04), (0.61, 0.01))
"""Eigenvalues and their shares, which sum to 1."""


def critical() -> CriticalPoint:
    """A saddle in six of eight seeds."""
    return CriticalPoint(
        ("strict",) * 6 + ("plateau", "not critical"),
        predicted_decrease=about(1e-9),
        lambda_max=about(0.6),
        lambda_min=about(-0.021, 1.1),
        residual_min=about(1e-5),
        loss=about(2.301, 1.001),
        escape_loss=PerSeed((1.98,) * 6 + (None, None)),
        gradient_loss=about(2.3009, 1.001),
        direction=("negative curvature",) * 6,
    )
