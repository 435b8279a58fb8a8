"""The line chart: medians as lines, seeds as bands, names at the lines' ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.labels import named, spread
from gradaudit.formats.charts.scales import LinearScale, LogScale, Scale, Tick, linear_around
from gradaudit.formats.charts.series import Point, Series, band_group, line_group, mark_groups
from gradaudit.formats.charts.shapes import WIDE, Chart, ChartSize, Path, ShapeGroup, Words, polyline
from gradaudit.formats.charts.uprights import Flag, Upright, flag_groups, flags, head_room
from gradaudit.formats.charts.zone import zone

__all__ = ["Lines", "Point", "ReferenceLine", "Series", "Upright", "line_chart"]


_NARROWEST = 1e-300
"""The width of an axis under which its steps are no numbers."""
_VISIBLE = 3.0
"""Per cent of the vertical axis: a narrower band hides beneath its line."""
_EARLY = 0.3
"""Share of the chart's width left behind a line that ends early."""
_BESIDE = 9
"""Pixels from the end of such a line to its name."""


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A level to hold the lines against."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Lines:
    """What a line chart shows."""

    name: str
    title: str
    """The sentence to take away."""
    y_heading: str
    x_heading: str
    series: tuple[Series, ...]
    rules: tuple[ReferenceLine, ...] = ()
    names: tuple[str, ...] = ()
    """What stands at x = 0, 1, 2, … on the horizontal axis; empty: numbers."""
    logarithmic: bool = False
    ceiling: float = math.inf
    """Higher values are drawn as leaving the picture."""
    form: Callable[[float], str] | None = None
    """How the vertical axis writes its values, None: in engineering notation; a logarithmic one has its own way."""
    logarithmic_x: bool = False
    """Where there are no `names`; a point without a positive x is left out then."""
    uprights: tuple[Upright, ...] = ()
    zone_from: float | None = None
    """The chart is tinted from here to the right."""
    zone_label: str = ""

    @property
    def spreads(self) -> bool:
        """Whether the lowest and the highest seed lie somewhere so far apart that the band between them can be seen."""
        y = _upright(self, Frame(WIDE, 0, 0, 1, 100))
        points = (point for series in self.series if not series.quiet for point in series.points)
        ends = [(p.low, p.high) for p in points if p.low is not None and p.high is not None and y.holds(p.high)]
        return sum(abs(y.place(low) - y.place(high)) > _VISIBLE for low, high in ends) > 1


def line_chart(data: Lines, size: ChartSize) -> Chart:
    """The chart at that size."""
    data = _placeable(data)
    frame = _frame(data, size)
    x, y = _across(data, frame), _upright(data, frame)
    groups = (
        *_zone(data, frame, x),
        *frame.rows(y.ticks(6), data.y_heading),
        *frame.columns(_columns(data, frame, x), data.x_heading),
        *_rules(data, frame, y),
        *flag_groups(_flags(data, x, size), frame),
        *(group for s in data.series for group in band_group(s, x, y)),
        *(group for s in data.series for group in line_group(s, x, y)),
        *(group for s in data.series for group in mark_groups(s, x, y, room=frame.right - frame.left)),
        *_ends(data, frame, x, y),
    )
    return Chart(data.name, data.title, size, groups)


def _frame(data: Lines, size: ChartSize) -> Frame:
    ends = [_name(s, data) for s in data.series] + [r.label for r in data.rules]
    widest = 1.08 * max((size.text_width(label) for label in ends), default=0)
    left = 16 + max(size.text_width(t.label) for t in _upright(data, Frame(size, 0, 0, 1, 1)).ticks(6))
    frame = Frame.inside(size, left=max(left, 40), right=(widest + 18) if widest else 16)
    room = head_room(_flags(data, _across(data, frame), size), size)
    own_row = 0.0 if _beside_heading(data, frame) else 1.35 * size.letters
    return replace(frame, top=max(frame.top, room) + own_row)


def _placeable(data: Lines) -> Lines:
    """Without what has no place on the horizontal axis."""
    logarithmic = data.logarithmic_x and not data.names
    least = math.ulp(0.0) if logarithmic else -math.inf

    def has_place(x: float) -> bool:
        return math.isfinite(x) and x >= least

    series = tuple(replace(s, points=tuple(p for p in s.points if has_place(p.x))) for s in data.series)
    uprights = tuple(u for u in data.uprights if has_place(u.x))
    start = data.zone_from if data.zone_from is not None and has_place(data.zone_from) else None
    return replace(data, series=series, uprights=uprights, zone_from=start, logarithmic_x=logarithmic)


def _flags(data: Lines, x: Scale, size: ChartSize) -> tuple[Flag, ...]:
    return flags([(x.place(u.x), u.label) for u in data.uprights], size)


def _beside_heading(data: Lines, frame: Frame) -> bool:
    """Whether the zone's label finds room in the row of the vertical axis' heading."""
    widths = frame.size.text_width(data.y_heading) + frame.size.text_width(data.zone_label)
    return data.zone_from is None or widths + 12 <= frame.right


def _zone(data: Lines, frame: Frame, x: Scale) -> tuple[ShapeGroup, ...]:
    if data.zone_from is None:
        return ()
    row = 0.8 if _beside_heading(data, frame) else 2.15
    return zone(frame, x.place(data.zone_from), data.zone_label, y=row * frame.size.letters)


def _name(series: Series, data: Lines) -> str:
    """The label, with an arrow where the line ends above the picture."""
    values = [point.y for point in series.points if point.y is not None]
    leaves = bool(values) and (values[-1] > data.ceiling or math.isinf(values[-1]))
    return f"{series.label} ↑" if series.label and leaves else series.label


def _values(data: Lines) -> Iterator[float]:
    """Everything that has to find a place on the vertical axis."""
    for rule in data.rules:
        yield rule.y
    for series in data.series:
        for point in series.points:
            for value in (point.y, point.low, point.high):
                if value is not None and value <= data.ceiling:
                    yield value


def _upright(data: Lines, frame: Frame) -> Scale:
    if data.logarithmic:
        return LogScale.around(_values(data), frame.bottom, frame.top)
    return linear_around(_values(data), frame.bottom, frame.top, data.form)


def _across(data: Lines, frame: Frame) -> Scale:
    places = [point.x for series in data.series for point in series.points]
    places += [upright.x for upright in data.uprights] + ([] if data.zone_from is None else [data.zone_from])
    if data.logarithmic_x:
        return LogScale.around(places, frame.left, frame.right)
    last = max(len(data.names) - 1, 0.0, *places)
    inset = min(24.0, (frame.right - frame.left) / 12) if data.names else 0.0
    if last < _NARROWEST:
        return LinearScale(-1, 1, frame.left, frame.right)
    return LinearScale(0, last, frame.left + inset, frame.right - inset)


def _columns(data: Lines, frame: Frame, x: Scale) -> tuple[Tick, ...]:
    if not data.names:
        return x.ticks(5 if frame.size.width < 500 else 8)
    return named(data.names, [x.place(i) for i in range(len(data.names))], frame.size)


def _rules(data: Lines, frame: Frame, y: Scale) -> tuple[ShapeGroup, ...]:
    drawn = [y.place(rule.y) for rule in data.rules if y.holds(rule.y)]
    paths = tuple(Path(polyline(((frame.left, at), (frame.right, at)))) for at in drawn)
    return (ShapeGroup(palette.RULE, paths),) if paths else ()


class _End(NamedTuple):
    """Where a line or a level ends, in pixels, and its name."""

    text: str
    style: palette.Style
    x: float
    y: float


def _ends(data: Lines, frame: Frame, x: Scale, y: Scale) -> tuple[ShapeGroup, ...]:
    """The names of the lines and levels: behind the end of those that end early, the others at the right, spread."""
    found = [_End(r.label, palette.RULE_LABEL, frame.right, y.place(r.y)) for r in data.rules if y.holds(r.y)]
    for series in data.series:
        style, last = palette.QUIET_LABEL if series.quiet else palette.label(series.hue), series.last(x, y)
        found += [_End(_name(series, data), style, *last)] if last is not None else []
    ends = [end for end in found if end.text]
    inside = [end for end in ends if _is_early(end, frame)]
    outside = [end for end in ends if end not in inside]
    places = spread([end.y for end in outside], 1.25 * frame.size.letters, frame.top, frame.bottom - 4)
    links = tuple(
        Path(polyline(((frame.right + 2, end.y), (frame.right + 12, place))))
        for end, place in zip(outside, places, strict=True)
    )
    words = [(end.style, Words(end.x + _BESIDE, end.y, end.text)) for end in inside]
    words += [(e.style, Words(frame.right + 15, at, e.text)) for e, at in zip(outside, places, strict=True)]
    groups = (ShapeGroup(style, words=(word,)) for style, word in words)
    return (ShapeGroup(palette.LINK, links), *groups) if ends else ()


def _is_early(end: _End, frame: Frame) -> bool:
    """The line ends far from the right, and its name finds room behind it."""
    room = frame.right - end.x - _BESIDE
    return room > _EARLY * (frame.right - frame.left) and room > 1.08 * frame.size.text_width(end.text)
