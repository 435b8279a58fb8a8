"""Ways through a plane: the path of a descent with its two ends, and an escape with its arrow head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.labels import evenly
from gradaudit.formats.charts.levels import Place
from gradaudit.formats.charts.scales import Linear
from gradaudit.formats.charts.shapes import Group, Path, circle, outline, polyline
from gradaudit.formats.charts.thinning import clipped

_MOST_STEPS = 60
_HEAD = 10.0
"""Pixels from an arrow's tip to its foot."""
_FAR = 1e6
"""A point farther out than so many pictures is taken for one at that distance."""


@dataclass(frozen=True, slots=True)
class Way:
    """The stretches inside the picture, in pixels, and its two ends where these are inside."""

    runs: tuple[tuple[Place, ...], ...] = ()
    start: Place | None = None
    end: Place | None = None


def way(points: Sequence[Place], x: Linear, y: Linear) -> Way:
    """The way as far as the picture shows it, evenly thinned; broken where a point is not finite."""
    units = [(_unit(points[k][0], x), _unit(points[k][1], y)) for k in evenly(len(points), _MOST_STEPS)]
    runs = clipped(units * 2 if len(units) == 1 else units)

    def pixel(place: Place) -> Place:
        return x.start + place[0] * (x.end - x.start), y.start + place[1] * (y.end - y.start)

    if not runs:
        return Way()
    starts, ends = runs[0][0] == units[0], runs[-1][-1] == units[-1]
    placed = tuple(tuple(pixel(place) for place in run) for run in runs)
    return Way(placed, placed[0][0] if starts else None, placed[-1][-1] if ends else None)


def path_groups(walked: Way) -> tuple[Group, ...]:
    """A line from an open circle to a filled one."""
    if not walked.runs:
        return ()
    start, end = _dots(walked.start, 4.2), _dots(walked.end, 4.6)
    return (
        Group(palette.line(0), tuple(Path(polyline(run)) for run in walked.runs)),
        *((Group(palette.hollow(0), start),) if start else ()),
        *((Group(palette.mark(0), end),) if end else ()),
    )


def escape_groups(walked: Way) -> tuple[Group, ...]:
    """A dashed line with an arrow head."""
    if not walked.runs:
        return ()
    *before, last = walked.runs
    head = Path(_arrow_head(last))
    return (
        Group(palette.line(1), tuple(Path(polyline(run)) for run in (*before, _shortened(last)))),
        *((Group(palette.mark(1), (head,)),) if head.d else ()),
    )


def _unit(value: float, scale: Linear) -> float:
    """0 at the low end of the scale, 1 at its high end."""
    if not math.isfinite(value):
        return math.nan
    return min(max((value - scale.low) / (scale.high - scale.low), -_FAR), _FAR)


def _dots(place: Place | None, radius: float) -> tuple[Path, ...]:
    return (Path(circle(*place, radius)),) if place else ()


def _shortened(run: Sequence[Place]) -> Sequence[Place]:
    """Up to the foot of the arrow head, where its last piece is long enough: a line's round end would blunt the tip."""
    far = math.dist(run[-2], run[-1])
    if far <= _HEAD:
        return run
    share = 1 - _HEAD / far
    (a, b), (c, d) = run[-2:]
    return (*run[:-1], (a + share * (c - a), b + share * (d - b)))


def _arrow_head(run: Sequence[Place], long: float = _HEAD) -> str:
    """A triangle whose tip is the end of the run; nothing for a run that does not move."""
    tip = run[-1]
    tail = next((p for p in reversed(run) if math.dist(p, tip) > 0.5), None)
    if tail is None:
        return ""
    far = math.dist(tail, tip)
    u, v = (tip[0] - tail[0]) / far, (tip[1] - tail[1]) / far
    foot, half = (tip[0] - long * u, tip[1] - long * v), 0.45 * long
    return outline((tip, (foot[0] - half * v, foot[1] + half * u), (foot[0] + half * v, foot[1] - half * u)))
