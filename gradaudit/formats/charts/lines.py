"""The line chart: medians as lines, seeds as bands, names at the lines' ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.labels import spread, thinned
from gradaudit.formats.charts.scales import Linear, Log, Scale, Tick, linear_around
from gradaudit.formats.charts.series import Point, Series, band_group, line_group, mark_groups
from gradaudit.formats.charts.shapes import Chart, Group, Path, Size, Words, polyline
from gradaudit.numbers import number

_LONGEST = 12
"""Letters of a name under the horizontal axis."""

__all__ = ["Lines", "Point", "Rule", "Series", "line_chart"]


@dataclass(frozen=True, slots=True)
class Rule:
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
    rules: tuple[Rule, ...] = ()
    names: tuple[str, ...] = ()
    """What stands at x = 0, 1, 2, … on the horizontal axis; empty: numbers."""
    logarithmic: bool = False
    ceiling: float = math.inf
    """Higher values are drawn as leaving the picture."""
    form: Callable[[float], str] = number
    """How the vertical axis writes its values; a logarithmic one has its own way."""


def line_chart(data: Lines, size: Size) -> Chart:
    """The chart at that size."""
    frame = _frame(data, size)
    x, y = _across(data, frame), _upright(data, frame)
    groups = (
        *frame.rows(y.ticks(6), data.y_heading),
        *frame.columns(_columns(data, frame, x), data.x_heading),
        *_rules(data, frame, y),
        *(group for s in data.series for group in band_group(s, x, y)),
        *(group for s in data.series for group in line_group(s, x, y)),
        *(group for s in data.series for group in mark_groups(s, x, y, room=frame.right - frame.left)),
        *_ends(data, frame, x, y),
    )
    return Chart(data.name, data.title, size, groups)


def _frame(data: Lines, size: Size) -> Frame:
    ends = [_name(s, data) for s in data.series] + [r.label for r in data.rules]
    widest = 1.08 * max((size.text_width(label) for label in ends), default=0)
    left = 16 + max(size.text_width(t.label) for t in _upright(data, Frame(size, 0, 0, 1, 1)).ticks(6))
    return Frame.inside(size, left=max(left, 40), right=(widest + 18) if widest else 16)


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
        return Log.around(_values(data), frame.bottom, frame.top)
    return linear_around(_values(data), frame.bottom, frame.top, data.form)


def _across(data: Lines, frame: Frame) -> Linear:
    places = [point.x for series in data.series for point in series.points] or [0.0]
    last = max(len(data.names) - 1, *places)
    inset = min(24.0, (frame.right - frame.left) / 12) if data.names else 0.0
    if last == 0:
        return Linear(-1, 1, frame.left, frame.right)
    return Linear(0, last, frame.left + inset, frame.right - inset)


def _columns(data: Lines, frame: Frame, x: Linear) -> tuple[Tick, ...]:
    if not data.names:
        return x.ticks(5 if frame.size.width < 500 else 8)
    names = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in data.names]
    every = thinned(names, x.end - x.start, [frame.size.text_width(name) for name in names])
    return tuple(Tick(x.place(i), names[i]) for i in range(0, len(names), every))


def _rules(data: Lines, frame: Frame, y: Scale) -> tuple[Group, ...]:
    drawn = [y.place(rule.y) for rule in data.rules if y.holds(rule.y)]
    paths = tuple(Path(polyline(((frame.left, at), (frame.right, at)))) for at in drawn)
    return (Group(palette.RULE, paths),) if paths else ()


def _ends(data: Lines, frame: Frame, x: Linear, y: Scale) -> tuple[Group, ...]:
    """The names of the lines and levels at their right ends, pushed apart."""
    named = [(_name(s, data), palette.QUIET_LABEL if s.quiet else palette.label(s.hue), s.last(y)) for s in data.series]
    named += [(r.label, palette.RULE_LABEL, y.place(r.y)) for r in data.rules if y.holds(r.y)]
    shown = [(text, style, at) for text, style, at in named if text and at is not None]
    places = spread([at for *_, at in shown], 1.25 * frame.size.letters, frame.top, frame.bottom - 4)
    links = tuple(
        Path(polyline(((frame.right + 2, at), (frame.right + 12, place))))
        for (_, _, at), place in zip(shown, places, strict=True)
    )
    words = (
        Group(style, words=(Words(frame.right + 15, place, text),))
        for (text, style, _), place in zip(shown, places, strict=True)
    )
    return (Group(palette.LINK, links), *words) if shown else ()
