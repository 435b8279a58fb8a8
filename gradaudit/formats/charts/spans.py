"""The span chart: rows on one logarithmic axis, each a value with its range, against a level that crosses them all."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.scales import LogScale
from gradaudit.formats.charts.shapes import MARKERS, Chart, ChartSize, Path, ShapeGroup, Words, polyline
from gradaudit.formats.charts.zone import zone

_ROW = 34
"""Pixels a row."""
_TOP, _BOTTOM = 46, 42
"""Above the rows the labels of the zone and of the level, below them the ticks and the heading."""


@dataclass(frozen=True, slots=True)
class Span:
    """One row: a positive value, the range it lies in, what is written beside it."""

    label: str
    value: float
    low: float
    high: float
    text: str
    hue: int = 0


@dataclass(frozen=True, slots=True)
class Spans:
    """What a span chart shows."""

    name: str
    title: str
    x_heading: str
    rows: tuple[Span, ...]
    level: float | None = None
    """A value of its own, drawn through all rows."""
    level_label: str = ""
    zone_from: float | None = None
    """The axis is tinted from here upwards."""
    zone_label: str = ""


def span_chart(data: Spans, size: ChartSize) -> Chart:
    """The chart at that width; its height follows from its rows."""
    size = ChartSize(size.width, _TOP + _ROW * len(data.rows) + _BOTTOM, size.letters)
    widest = max((size.text_width(row.label) for row in data.rows), default=0)
    frame = Frame.inside(size, left=min(widest + 16, size.width / 3), right=16, top=_TOP, bottom=_BOTTOM)
    x = LogScale.around(_values(data), frame.left + 12, frame.right - 12, least=2)
    groups = (
        *_zone(data, frame, x),
        *frame.columns(x.ticks(4 if size.width < 500 else 8), data.x_heading, lined=True),
        *_level(data, frame, x),
        *(group for i, row in enumerate(data.rows) for group in _row(row, _ROW * (i + 0.5), frame, x)),
    )
    return Chart(data.name, data.title, size, groups)


def _values(data: Spans) -> list[float]:
    values = [v for row in data.rows for v in (row.value, row.low, row.high)]
    return [*values, *(v for v in (data.level, data.zone_from) if v is not None)]


def _zone(data: Spans, frame: Frame, x: LogScale) -> tuple[ShapeGroup, ...]:
    if data.zone_from is None:
        return ()
    return zone(frame, x.place(data.zone_from), data.zone_label, y=0.8 * frame.size.letters)


def _level(data: Spans, frame: Frame, x: LogScale) -> tuple[ShapeGroup, ...]:
    if data.level is None:
        return ()
    at = x.place(data.level)
    line = Path(polyline(((at, frame.top - 8), (at, frame.bottom))))
    half = frame.size.text_width(data.level_label) / 2
    words = Words(min(max(at, half), frame.size.width - half), frame.top - 16, data.level_label, "middle")
    return (ShapeGroup(palette.line(0), (line,)), ShapeGroup(palette.label(0), words=(words,)))


def _row(row: Span, offset: float, frame: Frame, x: LogScale) -> tuple[ShapeGroup, ...]:
    y = frame.top + offset
    at, low, high = x.place(row.value), x.place(row.low), x.place(row.high)
    to_right = high + 12 + frame.size.text_width(row.text) < frame.size.width
    words = Words(high + 12 if to_right else low - 12, y, row.text, "start" if to_right else "end")
    whisker = Path(polyline(((low, y), (high, y))))
    return (
        ShapeGroup(palette.TICK, words=(Words(0, y, row.label),)),
        *((ShapeGroup(palette.whisker(row.hue), (whisker,)),) if row.low < row.high else ()),
        ShapeGroup(palette.mark(row.hue), (Path(MARKERS[row.hue % 4](at, y, 5)),)),
        ShapeGroup(palette.label(row.hue), words=(words,)),
    )
