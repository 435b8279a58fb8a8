"""Levels on the horizontal axis: dotted lines through the plot, each with its label over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.shapes import ChartSize, Path, ShapeGroup, Words, polyline

_ROW = 1.35
"""Heights of a letter from one row of labels to the next."""
_GAP = 8
"""Pixels between two labels of a row."""
_FEW = 3
"""So many labels are tried on every side of their lines: over them, right, left."""


@dataclass(frozen=True, slots=True)
class Upright:
    """A value on the horizontal axis to hold the lines against."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Where a label stands: its line's pixel, its own left and right ends, its row above the plot."""

    text: str
    at: float
    left: float
    right: float
    row: int
    hoisted: bool = True
    """Whether its line reaches up to it; one that would cross another label ends at the plot."""


def flags(labels: Sequence[tuple[float, str]], size: ChartSize) -> tuple[Flag, ...]:
    """Labels near their pixels, none on another and none crossed by a line, in as few rows as possible."""
    all_sides = product("mrl", repeat=len(labels)) if len(labels) <= _FEW else (side * len(labels) for side in "mrl")
    tries = [
        _hoisted(list(zip(ordered, sides, strict=True)), size)
        for sides in all_sides
        for ordered in (sorted(labels), sorted(labels, reverse=True))
    ]
    return min(tries, key=lambda found: (sum(not f.hoisted for f in found), height(found)))


def height(found: Sequence[Flag]) -> int:
    """How many rows the labels take."""
    return max((flag.row + 1 for flag in found), default=0)


def head_room(found: Sequence[Flag], size: ChartSize) -> float:
    """Pixels that the rows take between the chart's heading and the plot."""
    return size.letters * (2.05 + _ROW * height(found)) if found else 0.0


def flag_groups(found: Sequence[Flag], frame: Frame) -> tuple[ShapeGroup, ...]:
    """The lines and their labels."""
    if not found:
        return ()
    letters = frame.size.letters
    rows = [frame.top - (1.3 + _ROW * flag.row) * letters for flag in found]
    tops = [
        (row + (0.6 * letters if flag.left <= flag.at <= flag.right else 0)) if flag.hoisted else frame.top
        for flag, row in zip(found, rows, strict=True)
    ]
    lines = tuple(Path(polyline(((f.at, top), (f.at, frame.bottom)))) for f, top in zip(found, tops, strict=True))
    words = tuple(Words(f.left, row, f.text) for f, row in zip(found, rows, strict=True))
    return (ShapeGroup(palette.UPRIGHT, lines), ShapeGroup(palette.RULE_LABEL, words=words))


def _hoisted(labels: Sequence[tuple[tuple[float, str], str]], size: ChartSize) -> tuple[Flag, ...]:
    """Each label in the lowest row where it touches nothing; as a last resort without its line, in a row of its own."""
    placed: list[Flag] = []
    for (at, label), side in labels:
        text = size.cut(label, size.width - 4)
        width = size.text_width(text)
        wanted = {"m": at - width / 2, "r": at + 4, "l": at - 4 - width}[side]
        left = min(max(wanted, 0.0), size.width - width)
        choices = (Flag(text, at, left, left + width, row) for row in range(len(labels)))
        last = Flag(text, at, left, left + width, height(placed), hoisted=False)
        placed.append(next((f for f in choices if not any(_touch(f, other) for other in placed)), last))
    return tuple(placed)


def _touch(a: Flag, b: Flag) -> bool:
    if a.row == b.row:
        return a.left < b.right + _GAP and b.left < a.right + _GAP
    upper, lower = (a, b) if a.row > b.row else (b, a)
    return upper.hoisted and lower.left - 2 < upper.at < lower.right + 2
