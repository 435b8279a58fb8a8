"""What holds for every chart: finite coordinates inside the canvas, and words of which none lies on another."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import combinations

from gradaudit.formats.charts import NARROW, WIDE, Chart
from gradaudit.formats.charts.labels import extent

SIZES = (WIDE, NARROW)


def written(chart: Chart) -> list[str]:
    """Everything that is written in a chart."""
    return [w.text for group in chart.groups for w in group.words]


def paths(chart: Chart, style: str) -> list[str]:
    """The outlines in groups of that class."""
    return [p.d for group in chart.groups if style in group.style.name.split() for p in group.paths]


def corners(d: str) -> list[tuple[float, float]]:
    """The points that a path names as pairs."""
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", d)]


def assert_sound(chart: Chart) -> None:
    """Every path and every word lies within the canvas, words apart from one another."""
    size = chart.size
    for group in chart.groups:
        for path in group.paths:
            assert re.fullmatch(r"[MHhvaZ\d., -]+", path.d), path.d
            for x, y in _visited(path.d):
                assert -1 <= x <= size.width + 1, (group.style.name, path.d)
                assert -1 <= y <= size.height + 1, (group.style.name, path.d)
    boxes = list(_boxes(chart))
    for left, top, right, bottom, text in boxes:
        assert left >= -0.1, text
        assert right <= size.width + 0.1, text
        assert top >= -0.1, text
        assert bottom <= size.height + 0.1, text
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] + 0.1 or b[2] <= a[0] + 0.1 or a[3] <= b[1] + 0.1 or b[3] <= a[1] + 0.1, (a, b)


def _boxes(chart: Chart) -> Iterator[tuple[float, float, float, float, str]]:
    """The room of each piece of text: as wide as it is, and as high as its letters without what hangs below."""
    half = 0.45 * chart.size.letters
    for group in chart.groups:
        for w in group.words:
            assert math.isfinite(w.x), w
            assert math.isfinite(w.y), w
            left, right = extent(w, chart.size)
            yield left, w.y - half, right, w.y + half, w.text


def _visited(d: str) -> Iterator[tuple[float, float]]:
    """The corners of a path of absolute pairs, of a rectangle, or of a circle of two arcs."""
    if "h" in d:
        for x, y, across, down in re.findall(r"M(-?[\d.]+),(-?[\d.]+)h(-?[\d.]+)v(-?[\d.]+)H", d):
            yield float(x), float(y)
            yield float(x) + float(across), float(y) + float(down)
    elif "a" in d:
        yield from corners(d.split("a", maxsplit=1)[0])
    else:
        yield from corners(d)
