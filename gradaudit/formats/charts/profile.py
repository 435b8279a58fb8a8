"""The profile chart: one panel a layer, f′(z) above and the histogram of the observed z under it, on one axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.key import KeyEntry, key_groups, key_height, outlined, stroke, swatch
from gradaudit.formats.charts.scales import LinearScale, Tick, linear_around, linear_between
from gradaudit.formats.charts.shapes import Chart, ChartSize, Path, ShapeGroup, Words, outline, polyline
from gradaudit.text.numbers import number
from gradaudit.text.wording import evenly

_MOST_POINTS = 200
"""Bins and values of f′ together; neighbouring bins are joined until they are so few."""
_MOST_PANELS = 12
_CURVE, _BARS, _SPACE = 64, 46, 16
"""Pixels of the two parts of a panel and between them."""
_FOOT = 28
"""Pixels under a panel, for its ticks."""
_ALIKE = 2.0
"""Panels whose largest values of f′ differ by no more than this factor have one axis."""
_WIDER = 8.0
"""Nor do they share the axis of z where it would be wider by this factor than one of them."""
_GAP = 14
"""Pixels between two panels."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A layer: equal bins from `low` to `high`, the share of z in each, f′ at each middle (None where undefined)."""

    label: str
    low: float
    high: float
    shares: tuple[float, ...]
    derivative: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile chart shows."""

    name: str
    title: str
    """The sentence to take away."""
    x_heading: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class _Axes:
    """What the panels share, None where each has its own: the largest f′, and the lowest and highest z."""

    tallest: float | None
    across: tuple[float, float] | None


def profile_chart(data: Profile, size: ChartSize) -> Chart:
    """The chart at that width, its height by its panels; of many, twelve are chosen. ValueError for uneven panels."""
    for panel in data.panels:
        if len(panel.shares) != len(panel.derivative):
            raise ValueError(f"a panel with {len(panel.shares)} bins and {len(panel.derivative)} values of f′")
    panels = [data.panels[k] for k in evenly(len(data.panels), _MOST_PANELS)]
    panels = [_joined(panel, _MOST_POINTS // (2 * len(panels))) for panel in panels]
    axes = _Axes(_tallest(panels), _widest(panels))
    entries = (
        KeyEntry("f′(z)", outlined(palette.line(0), stroke)),
        KeyEntry("observed z", outlined(palette.BARS, swatch)),
    )
    head = key_height(entries, size) + 0.5 * size.letters
    across = min(3 if size.width >= 500 else 2, max(len(panels), 1))
    high = 1.9 * size.letters + _CURVE + _SPACE + _BARS + _FOOT
    rows = math.ceil(len(panels) / across)
    canvas = ChartSize(size.width, math.ceil(head + rows * high + 1.4 * size.letters), size.letters)
    places = [(k % across, head + (k // across) * high) for k in range(len(panels))]
    wide = (size.width - _GAP * (across - 1)) / across
    heading = Words(size.width / 2, canvas.height - 0.7 * size.letters, size.cut(data.x_heading, size.width), "middle")
    groups = (
        *key_groups(entries, canvas, top=0),
        *(
            group
            for panel, (column, top) in zip(panels, places, strict=True)
            for group in _panel(panel, axes, canvas, column * (wide + _GAP), column * (wide + _GAP) + wide, top)
        ),
        ShapeGroup(palette.HEADING, words=(heading,)),
    )
    return Chart(data.name, data.title, canvas, groups)


def _joined(panel: Panel, most: int) -> Panel:
    """The panel with neighbouring bins joined until there are at most so many."""
    every = -(-len(panel.shares) // max(most, 1))
    if every <= 1:
        return panel
    starts = range(0, len(panel.shares), every)
    shares = tuple(sum(panel.shares[k : k + every]) for k in starts)
    derivative = tuple(_mean(panel.derivative[k : k + every]) for k in starts)
    # The last bin may hold fewer than the others; the axis goes on as if it were whole.
    whole = len(starts) * every / len(panel.shares)
    high = panel.low * (1 - whole) + panel.high * whole
    return Panel(panel.label, panel.low, high, shares, derivative)


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [v for v in values if v is not None and math.isfinite(v)]
    return sum(v / len(finite) for v in finite) if finite else None


def _heights(panel: Panel) -> list[float | None]:
    return [v if v is not None and math.isfinite(v) else None for v in panel.derivative]


def _tallest(panels: Sequence[Panel]) -> float | None:
    """The largest f′ of all, which every panel's axis then has; None where that would press one of them flat."""
    tops = [max((v for v in _heights(panel) if v is not None), default=0.0) for panel in panels]
    return max(tops) if tops and 0 < max(tops) <= _ALIKE * min(tops) else None


def _widest(panels: Sequence[Panel]) -> tuple[float, float] | None:
    """From the lowest z of all to the highest; None where one panel's would be lost on that axis."""
    low, high = min((p.low for p in panels), default=0.0), max((p.high for p in panels), default=0.0)
    is_seen = all(high - low <= _WIDER * (panel.high - panel.low) for panel in panels)
    return (low, high) if 0 < high - low < math.inf and is_seen else None


def _panel(panel: Panel, axes: _Axes, size: ChartSize, left: float, right: float, top: float) -> Iterator[ShapeGroup]:
    """One layer in its place."""
    heights = _heights(panel)
    shares = [share if 0 < share < math.inf else 0.0 for share in panel.shares]
    known = [v for v in (*heights, axes.tallest) if v is not None]
    marks = [(v, number(v)) for v in dict.fromkeys((max(known), 0.0, min(0.0, *known)))] if known else []
    inner = left + 8 + max((size.text_width(text) for _, text in marks), default=0.0)
    top += 1.9 * size.letters
    curve = Frame(size, inner, top, right, top + _CURVE)
    bars = Frame(size, inner, curve.bottom + _SPACE, right, curve.bottom + _SPACE + _BARS)
    x = linear_between(axes.across or (panel.low, panel.high), inner, right)
    title = Words(inner, top - 0.95 * size.letters, size.cut(panel.label, right - inner))
    yield ShapeGroup(palette.PANEL, words=(title,) if title.text else ())
    yield from _curve(panel, heights, marks, curve, x)
    yield from _bars(panel, shares, bars, x)
    yield from bars.columns(_ticks(panel, size, left, right, x), "")


def _curve(
    panel: Panel, heights: list[float | None], marks: list[tuple[float, str]], frame: Frame, x: LinearScale
) -> Iterator[ShapeGroup]:
    """f′ over the middles of the bins, broken where it is undefined; its largest value and zero are written."""
    y = linear_around((value for value, _ in marks), frame.bottom, frame.top)
    ticks: list[Tick] = []
    for value, text in marks:
        if all(abs(y.place(value) - tick.at) > 1.2 * frame.size.letters for tick in ticks):
            ticks.append(Tick(y.place(value), text))
    yield from frame.rows(tuple(ticks), "")
    runs: list[list[tuple[float, float]]] = [[]]
    for k, height in enumerate(heights):
        if height is None:
            runs.append([])
        else:
            runs[-1].append((_edge(panel, k + 0.5, x), y.place(height)))
    shown = [run if len(run) > 1 else [(run[0][0] - 1, run[0][1]), (run[0][0] + 1, run[0][1])] for run in runs if run]
    yield ShapeGroup(palette.line(0), tuple(Path(polyline(run)) for run in shown))


def _bars(panel: Panel, shares: list[float], frame: Frame, x: LinearScale) -> Iterator[ShapeGroup]:
    """The histogram, its tallest bar as high as there is room."""
    y = LinearScale(0, max(shares, default=0.0) or 1.0, frame.bottom, frame.top)
    drawn = []
    # One outline for bars side by side, because separate ones leave hairlines between them.
    for filled, bins in groupby(range(len(shares)), key=lambda k: shares[k] > 0):
        if filled:
            ks = list(bins)
            tops = [(_edge(panel, k + side, x), y.place(shares[k])) for k in ks for side in (0, 1)]
            drawn.append(Path(outline(((tops[0][0], frame.bottom), *tops, (tops[-1][0], frame.bottom)))))
    yield ShapeGroup(palette.BARS, tuple(drawn))


def _edge(panel: Panel, k: float, x: LinearScale) -> float:
    """The pixel where the k-th bin begins; between two of them for a fraction."""
    share = k / len(panel.shares)
    return x.place(panel.low * (1 - share) + panel.high * share)


def _ticks(panel: Panel, size: ChartSize, left: float, right: float, x: LinearScale) -> tuple[Tick, ...]:
    """Those whose labels do not reach into the next panel; none for a range that is none."""
    if not (math.isfinite(panel.low) and math.isfinite(panel.high) and panel.low < panel.high):
        return ()
    halves = [(tick, size.text_width(tick.label) / 2) for tick in x.ticks(5)]
    return tuple(tick for tick, half in halves if left <= tick.at - half and tick.at + half <= right + _GAP - 2)
