"""The room a chart draws in: margins, grid, axes."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.labels import uncrowded
from gradaudit.formats.charts.scales import Tick
from gradaudit.formats.charts.shapes import ChartSize, Path, ShapeGroup, Words, polyline


@dataclass(frozen=True, slots=True)
class Frame:
    """The four edges of the plot inside its canvas, in pixels."""

    size: ChartSize
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def inside(cls, size: ChartSize, *, left: float, right: float, top: float = 30, bottom: float = 40) -> Frame:
        """From the margins."""
        return cls(size, left, top, size.width - right, size.height - bottom)

    def rows(self, ticks: tuple[Tick, ...], heading: str, *, lined: bool = True) -> tuple[ShapeGroup, ...]:
        """A line across at each tick of the vertical axis, or a stub, its label at the left, its heading on top."""
        ends = (self.left, self.right) if lined else (self.left - 4, self.left)
        lines = tuple(Path(polyline(((ends[0], t.at), (ends[1], t.at)))) for t in ticks)
        words = tuple(Words(self.left - 8, t.at, t.label, "end") for t in ticks)
        title = (Words(0, self.size.letters * 0.8, heading),) if heading else ()
        return (
            ShapeGroup(palette.GRID if lined else palette.AXIS, lines),
            ShapeGroup(palette.TICK, words=words),
            ShapeGroup(palette.HEADING, words=title),
        )

    def columns(self, ticks: tuple[Tick, ...], heading: str, *, lined: bool = False) -> tuple[ShapeGroup, ...]:
        """The horizontal axis with its labels under it, its heading below them."""
        axis = Path(polyline(((self.left, self.bottom), (self.right, self.bottom))))
        stubs = tuple(Path(polyline(((t.at, self.bottom), (t.at, self.bottom + 4)))) for t in ticks)
        lines = tuple(Path(polyline(((t.at, self.top), (t.at, self.bottom)))) for t in ticks) if lined else ()
        kept = tuple(self._kept(t, self.bottom + 6 + 0.6 * self.size.letters) for t in ticks)
        words = uncrowded(kept, self.size)
        title = self._kept(Tick((self.left + self.right) / 2, heading), self.size.height - 0.6 * self.size.letters)
        return (
            *((ShapeGroup(palette.GRID, lines),) if lines else ()),
            ShapeGroup(palette.AXIS, (axis, *stubs)),
            ShapeGroup(palette.TICK, words=words),
            *((ShapeGroup(palette.HEADING, words=(title,)),) if heading else ()),
        )

    def _kept(self, tick: Tick, y: float) -> Words:
        """A label under its tick, moved inwards where it would leave the canvas."""
        half = self.size.text_width(tick.label) / 2
        return Words(min(max(tick.at, half), self.size.width - half), y, tick.label, "middle")
