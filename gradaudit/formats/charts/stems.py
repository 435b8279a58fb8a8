"""The stem chart: where the weight of a spectrum lies, negative values on one side of zero, positive on the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.key import KeyEntry, key_groups, key_height, outlined
from gradaudit.formats.charts.scales import LinearScale, LogScale, linear_around
from gradaudit.formats.charts.shapes import MARKERS, Chart, ChartSize, Path, ShapeGroup, polyline

_MOST_STEMS = 100


@dataclass(frozen=True, slots=True)
class Stems:
    """What a stem chart shows: places and their weights, which are positive and at most about 1."""

    name: str
    title: str
    """The sentence to take away."""
    x_heading: str
    y_heading: str
    stems: tuple[tuple[float, float], ...]
    """What has no positive finite weight or no finite place is left out."""


@dataclass(frozen=True, slots=True)
class _Side:
    """The stems on one side of zero, with their look."""

    name: str
    hue: int
    holds: Callable[[float], bool]


_NEGATIVE = _Side("negative", 1, lambda x: x < 0)
_POSITIVE = _Side("positive", 0, lambda x: x > 0)
_NOT_NEGATIVE = _Side("zero or positive", 0, lambda x: x >= 0)


def stem_chart(data: Stems, size: ChartSize) -> Chart:
    """The chart at that size, of the outermost and the heaviest stems."""
    stems = _shown(data.stems)
    upper = _NOT_NEGATIVE if any(x == 0 for x, _ in stems) else _POSITIVE
    sides = [side for side in (_NEGATIVE, upper) if any(side.holds(x) for x, _ in stems)]
    entries = [KeyEntry(side.name, outlined(palette.mark(side.hue), _marker(side.hue))) for side in sides]
    top = 1.7 * size.letters + key_height(entries, size) + 0.6 * size.letters
    x, y, frame = _scales(stems, size, top)
    groups = (
        *frame.rows(y.ticks(6), data.y_heading),
        *frame.columns(x.ticks(5 if size.width < 500 else 8), data.x_heading),
        *key_groups(entries, size, top=1.7 * size.letters),
        ShapeGroup(palette.ZERO, (Path(polyline(((x.place(0.0), frame.top), (x.place(0.0), frame.bottom + 4)))),)),
        *(group for side in sides for group in _drawn(side, stems, x, y)),
    )
    return Chart(data.name, data.title, size, groups)


def _shown(stems: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """Those that have a place, from left to right: the two ends, and of the others the heaviest."""
    placed = sorted((x, w) for x, w in stems if math.isfinite(x) and 0 < w < math.inf)
    if len(placed) <= _MOST_STEMS:
        return placed
    heaviest = sorted(placed[1:-1], key=lambda stem: stem[1], reverse=True)[: _MOST_STEMS - 2]
    return sorted((placed[0], placed[-1], *heaviest))


def _scales(stems: list[tuple[float, float]], size: ChartSize, top: float) -> tuple[LinearScale, LogScale, Frame]:
    # Somewhat below the lightest, so that it too stands on a stem.
    weights = [1.0, *(w for _, w in stems), min((w for _, w in stems), default=1.0) / 2]
    widest = max(size.text_width(t.label) for t in LogScale.around(weights, 1, 0).ticks(6))
    frame = Frame.inside(size, left=max(widest + 16, 40), right=16, top=top)
    # Half a marker of air, so that stems at the ends of the axis are whole.
    x = linear_around((x for x, _ in stems), frame.left + 8, frame.right - 4)
    return x, LogScale.around(weights, frame.bottom, frame.top), frame


def _marker(hue: int) -> Callable[[float, float], str]:
    return lambda x, y: MARKERS[hue](x, y, 3.6)


def _drawn(side: _Side, stems: list[tuple[float, float]], x: LinearScale, y: LogScale) -> Iterator[ShapeGroup]:
    tops = [(x.place(at), y.place(w)) for at, w in stems if side.holds(at)]
    yield ShapeGroup(palette.stem(side.hue), tuple(Path(polyline(((a, y.start), (a, b)))) for a, b in tops))
    yield ShapeGroup(palette.mark(side.hue), tuple(Path(_marker(side.hue)(a, b)) for a, b in tops))
