"""The loss curve that a fitted model kept of its own training: did it diverge, oscillate, or stop too early?"""

from __future__ import annotations

from itertools import pairwise
from math import inf, isfinite
from typing import Literal, TypeAlias

CurveShape: TypeAlias = Literal["diverged", "oscillated", "stopped early", "settled"]

SHORTEST = 8
"""Epochs under which a curve tells nothing."""
CLIMBED = 1.1
"""A curve diverged when it ends above this many times what it began with, or is not finite."""
UPS = 1.0
"""A curve oscillated when the ups of its second half add up to more than all that it ever fell: mini-batch noise on a
falling curve stays below a tenth of that."""
STILL_FALLING = 0.02
"""A curve stopped early when its last tenth took this share of the whole fall: at that pace another run of the same
length would gain a fifth more."""


def classify_curve(curve: tuple[float, ...]) -> CurveShape | None:
    """What the curve shows; None where it is too short, or there is none."""
    if len(curve) < SHORTEST:
        return None
    if not all(isfinite(loss) for loss in curve) or curve[-1] > CLIMBED * curve[0]:
        return "diverged"
    fall = curve[0] - min(curve)
    half = curve[len(curve) // 2 :]
    if sum(max(0.0, after - before) for before, after in pairwise(half)) > UPS * fall > 0:
        return "oscillated"
    tenth = max(1, len(curve) // 10)
    return "stopped early" if curve[-1 - tenth] - curve[-1] > STILL_FALLING * fall > 0 else "settled"


def describe_curve(curve: tuple[float, ...]) -> tuple[float, float, float]:
    """First, lowest and last loss, those that are finite."""
    finite = [loss for loss in curve if isfinite(loss)]
    return (finite[0], min(finite), curve[-1]) if finite else (inf, inf, inf)
