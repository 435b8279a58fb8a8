"""The contour chart: level lines of a loss over a plane, and the ways that were walked there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.key import Entry, key_groups, key_height, outlined
from gradaudit.formats.charts.levels import Place, Values, bounded, level_lines, levels
from gradaudit.formats.charts.scales import Linear, linear_between
from gradaudit.formats.charts.shapes import Chart, Group, Path, Size, diamond, outline, polyline
from gradaudit.formats.charts.tags import Tags
from gradaudit.formats.charts.thinning import within_budget
from gradaudit.formats.charts.ways import Way, escape_groups, path_groups, way

_LEVELS = 7
_MOST_POINTS = 200
"""Of all level lines together."""


@dataclass(frozen=True, slots=True)
class Contour:
    """What a contour chart shows: `values` in rows over `y`, None where undefined."""

    name: str
    title: str
    """The sentence to take away."""
    x_heading: str
    y_heading: str
    x: tuple[float, ...]
    """Rising, as is `y`."""
    y: tuple[float, ...]
    values: tuple[tuple[float | None, ...], ...]
    path: tuple[Place, ...]
    """From its start to its end; what lies outside the grid is cut off."""
    path_label: str
    escape: tuple[Place, ...] = ()
    escape_label: str = ""
    point_label: str = ""
    """The name of the place (0, 0)."""


def contour_chart(data: Contour, size: Size) -> Chart:
    """The chart, higher than that size. ValueError for values of another shape than the grid, or a grid not rising."""
    _check(data)
    size = Size(size.width, max(size.height, 300) + (60 if size.width >= 500 else 0), size.letters)
    entries = tuple(_entries(data))
    top = 1.7 * size.letters + key_height(entries, size) + 0.6 * size.letters
    x, y, frame = _scales(data, size, top)
    path, escape = way(data.path, x, y), way(data.escape, x, y)
    groups = (
        *frame.rows(y.ticks(6), data.y_heading, lined=False),
        *frame.columns(x.ticks(4 if size.width < 500 else 8), data.x_heading),
        *key_groups(entries, size, top=1.7 * size.letters),
        *_level_groups(data, x, y, frame, (*path.runs, *escape.runs)),
        *path_groups(path),
        *escape_groups(escape),
        *_point(x, y),
    )
    return Chart(data.name, data.title, size, groups)


def _check(data: Contour) -> None:
    if [len(row) for row in data.values] != [len(data.x)] * len(data.y):
        raise ValueError(f"a grid of {len(data.y)} × {len(data.x)} with rows of other lengths")
    for axis in (data.x, data.y):
        if not all(map(math.isfinite, axis)) or any(b <= a for a, b in pairwise(axis)):
            raise ValueError("a grid's places are finite and rise")


def _scales(data: Contour, size: Size, top: float) -> tuple[Linear, Linear, Frame]:
    across, up = data.x or [p[0] for p in data.path], data.y or [p[1] for p in data.path]
    widest = max((size.text_width(t.label) for t in linear_between(up, 1, 0).ticks(6)), default=0.0)
    frame = Frame.inside(size, left=max(widest + 16, 40), right=10, top=top)
    x, y = linear_between(across, frame.left, frame.right), linear_between(up, frame.bottom, frame.top)
    return x, y, frame


def _entries(data: Contour) -> Iterator[Entry]:
    """What the key says, for what there is."""
    if data.path and data.path_label:
        yield Entry(data.path_label, lambda x, y: path_groups(_sample(x, y)))
    if data.escape and data.escape_label:
        yield Entry(data.escape_label, lambda x, y: escape_groups(_sample(x, y)))
    if data.point_label:
        yield Entry(data.point_label, outlined(palette.POINT, lambda x, y: diamond(x, y, 4.5)))


def _sample(x: float, y: float) -> Way:
    start, end = (x - 7, y), (x + 8, y)
    return Way(((start, end),), start, end)


def _level_groups(
    data: Contour, x: Linear, y: Linear, frame: Frame, ways: tuple[tuple[Place, ...], ...]
) -> tuple[Group, ...]:
    """A group a level, the lowest the darkest, and the numbers of those that have room for one."""
    chosen, values = levels(data.values, _LEVELS), bounded(data.values)
    found = [(k, line) for k, (level, _) in enumerate(chosen) for line in _placed(data, values, level, x, y)]
    thin = within_budget([line for _, line in found], _MOST_POINTS)
    lines = [[line for (of, _), line in zip(found, thin, strict=True) if of == k and line] for k in range(len(chosen))]
    tags = Tags(frame, [*ways, *([_corners(x, y)] if _holds_centre(x, y) else [])])
    for k, (_, text) in enumerate(chosen):
        tags.add(text, lines[k], [line for other in range(len(chosen)) if other != k for line in lines[other]])
    drawn = tuple(
        Group(palette.level(k, len(chosen)), tuple(Path(polyline(line)) for line in of))
        for k, of in enumerate(lines)
        if of
    )
    edges = ((frame.left, frame.top), (frame.right, frame.top), (frame.right, frame.bottom), (frame.left, frame.bottom))
    return (Group(palette.AXIS, (Path(outline(edges)),)), *drawn, *tags.groups())


def _placed(data: Contour, values: Values, level: float, x: Linear, y: Linear) -> list[list[Place]]:
    """One level's lines, in pixels."""
    found = level_lines(data.x, data.y, values, level)
    return [[(x.place(a), y.place(b)) for a, b in line] for line in found]


def _holds_centre(x: Linear, y: Linear) -> bool:
    return x.holds(0.0) and y.holds(0.0)


def _corners(x: Linear, y: Linear) -> list[Place]:
    """Round the mark of the centre."""
    a, b = x.place(0.0), y.place(0.0)
    return [(a - 8, b - 8), (a + 8, b + 8), (a + 8, b - 8), (a - 8, b + 8)]


def _point(x: Linear, y: Linear) -> tuple[Group, ...]:
    """The centre's mark, where it is inside."""
    if not _holds_centre(x, y):
        return ()
    return (Group(palette.POINT, (Path(diamond(x.place(0.0), y.place(0.0), 6)),)),)
