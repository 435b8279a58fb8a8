"""Numbers on the lines that they belong to, on a small plate that hides nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.labels import evenly
from gradaudit.formats.charts.levels import Place, length
from gradaudit.formats.charts.shapes import Group, Path, Words, box
from gradaudit.formats.charts.thinning import clipped

_TRIES = 15
"""Places along a line that are tried, the middle first."""
_MARGIN = 3


class Tags:
    """Words at their places; each may keep the next one away."""

    def __init__(self, frame: Frame, obstacles: Sequence[Sequence[Place]]) -> None:
        self._frame, self._obstacles = frame, obstacles
        self._boxes: list[tuple[float, float, float, float]] = []
        self._words: list[Words] = []

    def add(self, text: str, lines: Sequence[Sequence[Place]], others: Sequence[Sequence[Place]]) -> None:
        """The text on the longest of the lines, where it covers no other line; nowhere if there is no such place."""
        longest = max(lines, key=length, default=())
        half = self._frame.size.text_width(text) / 2 + _MARGIN, 0.55 * self._frame.size.letters + 1
        for x, y in _along(longest):
            plate = (x - half[0], y - half[1], x + half[0], y + half[1])
            if self._is_free(plate, [*self._obstacles, *others]):
                self._boxes.append(plate)
                self._words.append(Words(x, y, text, "middle"))
                return

    def groups(self) -> tuple[Group, ...]:
        """Plates of the paper's colour, and the words on them."""
        if not self._words:
            return ()
        plates = tuple(Path(box(*plate)) for plate in self._boxes)
        return (Group(palette.PLATE, plates), Group(palette.TICK, words=tuple(self._words)))

    def _is_free(self, plate: tuple[float, float, float, float], others: Sequence[Sequence[Place]]) -> bool:
        left, top, right, bottom = plate
        f = self._frame
        if left < f.left + 1 or right > f.right - 1 or top < f.top + 1 or bottom > f.bottom - 1:
            return False
        if any(left < r and a < right and top < b and t < bottom for a, t, r, b in self._boxes):
            return False
        scaled = ([((x - left) / (right - left), (y - top) / (bottom - top)) for x, y in line] for line in others)
        return not any(clipped(line) for line in scaled)


def _along(line: Sequence[Place]) -> Iterator[Place]:
    """Middles of the line's pieces, from its own middle outwards."""
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(line)]
    tried = evenly(len(middles), _TRIES)
    yield from (middles[k] for k in sorted(tried, key=lambda k: abs(k - len(middles) / 2)))
