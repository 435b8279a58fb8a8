"""The loss around the point where a run ended: what a contour picture is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = tuple[float, float]
"""Along the direction of the largest and of the smallest curvature, in the parameters' own units."""


@dataclass(frozen=True, slots=True)
class Landscape:
    """The objective in the plane of its largest and its smallest curvature, through the end of one seed's run."""

    seed: int
    """Which of the audit's seeds, counted from 0."""
    lambda_max: float
    lambda_min: float
    x: tuple[float, ...]
    """Places along the direction of λ_max, in rising order; the end of the run is at 0."""
    y: tuple[float, ...]
    """Along the direction of λ_min, or of the way down."""
    loss: tuple[tuple[float | None, ...], ...]
    """One row for each of `y`, one value for each of `x`; None where it is not finite."""
    path: tuple[Place, ...]
    """The run's own way, seen in this plane: from its start to (0, 0)."""
    escape: tuple[Place, ...] = ()
    """The proven way down from a saddle; empty where the run does not rest on one."""
    shows_way_down: bool = False
    """At a degenerate saddle no curvature points down: `y` then runs towards the end of `escape`."""
