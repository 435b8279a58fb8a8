"""What a chart is made of: paths and words, in groups of one style."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from unicodedata import east_asian_width

from gradaudit.formats.charts.palette import Style

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class ChartSize:
    """The canvas, in pixels, and the height of its letters."""

    width: int
    height: int
    letters: float = 12

    def text_width(self, text: str) -> float:
        """A generous estimate: no font is at hand, and DejaVu, the widest in use, averages 0.6 em."""
        wide = 0 if text.isascii() else sum(east_asian_width(letter) in "WF" for letter in text)
        return self.letters * (0.61 * (len(text) - wide) + 1.05 * wide)

    def cut(self, text: str, room: float) -> str:
        """The text, or its beginning and an ellipsis where it is wider than `room`, in pixels."""
        if self.text_width(text) <= room:
            return text
        kept = next((n for n in range(len(text) - 1, 0, -1) if self.text_width(f"{text[:n]}…") <= room), 0)
        return f"{text[:kept].rstrip()}…" if kept else ""


WIDE = ChartSize(720, 196)
NARROW = ChartSize(344, 250, 11)
"""For telephones: a wide picture scaled down would have letters of five pixels."""


@dataclass(frozen=True, slots=True)
class Path:
    """An outline, as SVG's `d`."""

    d: str


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text; `y` is its middle."""

    x: float
    y: float
    text: str
    anchor: Anchor = "start"


@dataclass(frozen=True, slots=True)
class ShapeGroup:
    """Shapes of one style."""

    style: Style
    paths: tuple[Path, ...] = ()
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole picture; the title is the sentence that a reader should take away."""

    name: str
    title: str
    size: ChartSize
    groups: tuple[ShapeGroup, ...]


def coordinate(value: float) -> str:
    """A pixel, to a tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """M x,y L x,y … through the points."""
    pairs = [f"{coordinate(x)},{coordinate(y)}" for x, y in points]
    return f"M{' '.join(pairs)}" if pairs else ""


def outline(points: Iterable[tuple[float, float]]) -> str:
    """The same, closed."""
    path = polyline(points)
    return f"{path}Z" if path else ""


def box(left: float, top: float, right: float, bottom: float) -> str:
    """A rectangle between its edges, the shortest way."""
    across, down = coordinate(right - left), coordinate(bottom - top)
    return f"M{coordinate(left)},{coordinate(top)}h{across}v{down}H{coordinate(left)}Z"


def circle(x: float, y: float, radius: float) -> str:
    """Two arcs."""
    r, across = coordinate(radius), coordinate(2 * radius)
    return f"M{coordinate(x - radius)},{coordinate(y)}a{r},{r} 0 1 0 {across},0a{r},{r} 0 1 0 -{across},0Z"


def square(x: float, y: float, radius: float) -> str:
    """As heavy to the eye as the circle of that radius."""
    r = 0.89 * radius
    return outline(((x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)))


def diamond(x: float, y: float, radius: float) -> str:
    """A square on its corner."""
    r = 1.25 * radius
    return outline(((x, y - r), (x + r, y), (x, y + r), (x - r, y)))


def triangle(x: float, y: float, radius: float, *, up: bool = True) -> str:
    """Upright, or on its point."""
    r, side = (1.3 * radius, 1) if up else (1.3 * radius, -1)
    return outline(((x, y - side * r), (x + r, y + side * 0.75 * r), (x - r, y + side * 0.75 * r)))


MARKERS = (circle, square, diamond, triangle)
"""One a hue."""
