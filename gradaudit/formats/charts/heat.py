"""The heat map: one cell a layer and seed, in a few shades of one hue, and signs where there is no number to shade."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.key import KeyEntry, key_groups, key_height, outlined
from gradaudit.formats.charts.labels import evenly, named
from gradaudit.formats.charts.shades import UNSHADED, Shades, shades_of, sign
from gradaudit.formats.charts.shapes import Chart, ChartSize, Path, ShapeGroup, Words, box

_MOST_CELLS = 200
_MOST_ROWS = 20
_LONGEST_ROW = 16
"""Letters of a row's name."""
_FOOT = 42
"""Pixels under the cells, for the columns' names and their heading."""


@dataclass(frozen=True, slots=True)
class Heat:
    """What a heat map shows: `values` by row and column, None where undefined, `inf` where not finite."""

    name: str
    title: str
    """The sentence to take away."""
    x_heading: str
    y_heading: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    """Positive, shaded by their logarithms; exactly 0 has its own sign, and what is below it counts as undefined."""


def heat_chart(data: Heat, size: ChartSize) -> Chart:
    """The map at that width, its height by its rows; evenly thinned to 200 cells. ValueError for values of no table."""
    if [len(row) for row in data.values] != [len(data.columns)] * len(data.rows):
        raise ValueError(f"{len(data.rows)} × {len(data.columns)} names for rows of other lengths")
    data = _thinned(data)
    shades = shades_of(v for row in data.values for v in row)
    signs = tuple(kind for kind in UNSHADED if any(shades.kind(v) == kind for row in data.values for v in row))
    frame, entries = _frame(data, shades, signs, size)
    across = _places(len(data.columns), frame.left, frame.right)
    down = _places(len(data.rows), frame.top, frame.bottom)
    groups = (
        *shades.legend(frame.size, y=0.7 * size.letters),
        *key_groups(entries, frame.size, top=_key_top(shades, size)),
        ShapeGroup(palette.HEADING, words=(Words(0, frame.top - 0.9 * size.letters, data.y_heading),)),
        *_cells(data, shades, across, down),
        _row_names(data, frame, down),
        *frame.columns(named(data.columns, [(a + b) / 2 for a, b in across], frame.size), data.x_heading),
    )
    return Chart(data.name, data.title, frame.size, groups)


def _thinned(data: Heat) -> Heat:
    rows = evenly(len(data.rows), _MOST_ROWS)
    columns = evenly(len(data.columns), _MOST_CELLS // max(len(rows), 1))
    return Heat(
        data.name,
        data.title,
        data.x_heading,
        data.y_heading,
        tuple(data.columns[j] for j in columns),
        tuple(data.rows[i] for i in rows),
        tuple(tuple(data.values[i][j] for j in columns) for i in rows),
    )


def _key_top(shades: Shades, size: ChartSize) -> float:
    """Below the shades and their numbers, where there are any."""
    return 2.7 * size.letters if shades.limits else 0.0


def _frame(data: Heat, shades: Shades, signs: tuple[str, ...], size: ChartSize) -> tuple[Frame, tuple[KeyEntry, ...]]:
    """The room for the cells, and the entries of the key above it."""
    entries = tuple(KeyEntry(kind, outlined(palette.SIGN, sign(kind))) for kind in signs)
    top = _key_top(shades, size) + key_height(entries, size) + 1.7 * size.letters
    each = min(max(160 / max(len(data.rows), 1), 1.3 * size.letters), 34)
    canvas = ChartSize(size.width, math.ceil(top + each * len(data.rows) + _FOOT), size.letters)
    widest = max((size.text_width(_row_name(name)) for name in data.rows), default=0)
    return Frame.inside(canvas, left=min(widest + 10, size.width / 3), right=2, top=top, bottom=_FOOT), entries


def _places(count: int, start: float, end: float) -> list[tuple[float, float]]:
    """Equal shares of the room."""
    step = (end - start) / max(count, 1)
    return [(start + i * step, start + (i + 1) * step) for i in range(count)]


def _row_name(name: str) -> str:
    return name if len(name) <= _LONGEST_ROW else f"{name[: _LONGEST_ROW - 1]}…"


def _row_names(data: Heat, frame: Frame, down: list[tuple[float, float]]) -> ShapeGroup:
    words = (
        Words(frame.left - 8, (a + b - 1.5) / 2, frame.size.cut(_row_name(name), frame.left - 8), "end")
        for (a, b), name in zip(down, data.rows, strict=True)
    )
    return ShapeGroup(palette.TICK, words=tuple(w for w in words if w.text))


def _cells(
    data: Heat, shades: Shades, across: list[tuple[float, float]], down: list[tuple[float, float]]
) -> Iterator[ShapeGroup]:
    """A group a shade; neighbours in a row of one shade are one box. Signs stand each in its own cell."""
    paths: dict[int | str, list[Path]] = {}
    for row, (top, bottom) in zip(data.values, down, strict=True):
        for kind, cells in groupby(enumerate(row), key=lambda cell: shades.kind(cell[1])):
            columns = [j for j, _ in cells]
            if isinstance(kind, int):
                cover = box(across[columns[0]][0], top, across[columns[-1]][1], bottom - 1.5)
                paths.setdefault(kind, []).append(Path(cover))
            else:
                middles = [((across[j][0] + across[j][1]) / 2, (top + bottom - 1.5) / 2) for j in columns]
                paths.setdefault(kind, []).extend(Path(sign(kind)(x, y)) for x, y in middles)
    for kind, drawn in sorted(paths.items(), key=str):
        yield ShapeGroup(palette.heat(kind) if isinstance(kind, int) else palette.SIGN, tuple(drawn))
