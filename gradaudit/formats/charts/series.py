"""One series of a line chart: its line, its band, its markers, and what becomes of values that have no place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.scales import Scale
from gradaudit.formats.charts.shapes import MARKERS, Path, ShapeGroup, outline, polyline, triangle


@dataclass(frozen=True, slots=True)
class Point:
    """A value and its range; None where there is none, `inf` where it is not finite."""

    x: float
    y: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A named line; `quiet` ones are thin, dashed and without a band."""

    label: str
    points: tuple[Point, ...]
    hue: int = 0
    quiet: bool = False
    marked: bool = True

    def last(self, x: Scale, y: Scale) -> tuple[float, float] | None:
        """Where the line ends, or leaves the picture for good, in pixels; None for a series without values."""
        known = [(point.x, point.y) for point in self.points if point.y is not None]
        while len(known) > 1 and not any(y.holds(height) for _, height in known[-2:]):
            known.pop()
        return (x.place(known[-1][0]), y.place(known[-1][1])) if known else None


def line_group(series: Series, x: Scale, y: Scale) -> tuple[ShapeGroup, ...]:
    """The line, broken where there is no value."""
    pieces = [[(x.place(p.x), y.place(p.y or 0.0)) for p in run] for run in _runs(series, y)]
    paths = tuple(Path(polyline(piece)) for piece in pieces if len(piece) > 1)
    style = palette.QUIET if series.quiet else palette.line(series.hue)
    return (ShapeGroup(style, paths),) if paths else ()


def band_group(series: Series, x: Scale, y: Scale) -> tuple[ShapeGroup, ...]:
    """The area from the lowest to the highest seed; nothing where all seeds agree."""
    paths = []
    for run in _banded(series):
        upper = [(x.place(p.x), y.place(p.high or 0.0)) for p in run]
        lower = [(x.place(p.x), y.place(p.low or 0.0)) for p in run]
        if len(run) > 1 and upper != lower:
            paths.append(Path(outline([*upper, *reversed(lower)])))
    return (ShapeGroup(palette.band(series.hue), tuple(paths)),) if paths and not series.quiet else ()


def mark_groups(series: Series, x: Scale, y: Scale, *, room: float) -> tuple[ShapeGroup, ...]:
    """A marker on each value, and an open triangle on the edge for each value beyond it."""
    marker, radius = MARKERS[series.hue % 4], 3.6 if len(series.points) <= 40 else 2.4
    crowded = len(series.points) * 2 * radius > room
    inside = [p for p in series.points if p.y is not None and y.holds(p.y)]
    marks = tuple(Path(marker(x.place(p.x), y.place(p.y or 0.0), radius)) for p in inside)
    beyond = tuple(Path(_leaving(p, x, y)) for p in _first_beyond(series, y))
    edge = palette.QUIET_HOLLOW if series.quiet else palette.hollow(series.hue)
    groups = [ShapeGroup(palette.mark(series.hue), marks)] if _marked(series, len(inside), crowded) else []
    return (*groups, *((ShapeGroup(edge, beyond),) if beyond else ()))


def _marked(series: Series, inside: int, crowded: bool) -> bool:
    return inside > 0 and not series.quiet and (series.marked or inside == 1) and not crowded


def _first_beyond(series: Series, y: Scale) -> Iterator[Point]:
    """Of each run of values that have no place, the first: a run that stays away needs one mark."""
    away = False
    for point in series.points:
        beyond = point.y is not None and not y.holds(point.y)
        if beyond and not (away and not series.marked):
            yield point
        away = beyond


def _leaving(point: Point, x: Scale, y: Scale) -> str:
    height = point.y or 0.0
    return triangle(x.place(point.x), y.place(height), 4, up=height > 0)


def _runs(series: Series, y: Scale) -> Iterator[list[Point]]:
    """Stretches that hang together, each with the points outside the picture that it comes from and runs to."""
    run: list[Point] = []
    inside = False
    for point in series.points:
        held = point.y is not None and y.holds(point.y)
        if held or inside:
            run += [point] if point.y is not None else []
        else:
            run = [point] if point.y is not None else []
        if inside and not held:
            yield run
            run = [point] if point.y is not None else []
        inside = held
    if inside:
        yield run


def _banded(series: Series) -> Iterator[list[Point]]:
    run: list[Point] = []
    for point in series.points:
        if point.low is not None and point.high is not None and math.isfinite(point.low):
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
