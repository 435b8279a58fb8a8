"""A chart's key: small symbols with their meanings, in as many rows as they need, above the plot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.palette import Style
from gradaudit.formats.charts.shapes import ChartSize, Path, ShapeGroup, Words, box, polyline

_SYMBOL = 28
"""Pixels from a symbol's left edge to the words beside it."""
_GAP = 16
"""Pixels from the words to the next symbol."""
_ROW = 1.5
"""Heights of a letter from one row to the next."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One line of a key: what is drawn, about a point, and what it means."""

    text: str
    draw: Callable[[float, float], tuple[ShapeGroup, ...]]


def key_height(entries: Sequence[KeyEntry], size: ChartSize) -> float:
    """Pixels that the key takes."""
    rows = [row for *_, row in _flow(entries, size)]
    return (max(rows) + 1) * _ROW * size.letters if rows else 0.0


def key_groups(entries: Sequence[KeyEntry], size: ChartSize, *, top: float) -> tuple[ShapeGroup, ...]:
    """The symbols and their words, the first row's middle three quarters of a letter below `top`."""
    groups: list[ShapeGroup] = []
    for entry, left, row in _flow(entries, size):
        y = top + (0.75 + _ROW * row) * size.letters
        text = size.cut(entry.text, size.width - _SYMBOL)
        groups += [*entry.draw(left + 11, y), ShapeGroup(palette.TICK, words=(Words(left + _SYMBOL, y, text),))]
    return tuple(groups)


def _flow(entries: Sequence[KeyEntry], size: ChartSize) -> Iterator[tuple[KeyEntry, float, int]]:
    """Each entry with its left edge and its row."""
    left, row = 0.0, 0
    for entry in entries:
        width = _SYMBOL + min(size.text_width(entry.text), size.width - _SYMBOL)
        if left and left + width > size.width:
            left, row = 0.0, row + 1
        yield entry, left, row
        left += width + _GAP


def outlined(style: Style, shape: Callable[[float, float], str]) -> Callable[[float, float], tuple[ShapeGroup, ...]]:
    """A symbol of one outline."""
    return lambda x, y: (ShapeGroup(style, (Path(shape(x, y)),)),)


def stroke(x: float, y: float) -> str:
    """A short level line, for an entry that stands for a line."""
    return polyline(((x - 10, y), (x + 10, y)))


def swatch(x: float, y: float) -> str:
    """A small filled field, for an entry that stands for an area."""
    return box(x - 9, y - 5, x + 9, y + 5)
