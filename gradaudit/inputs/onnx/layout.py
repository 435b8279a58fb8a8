"""Which axis of a tensor is which: exporters exchange, join and part them, and the values stay what they are.

An axis is a text of the letters that were joined in it: n rows, 0 1 … positions, d directions of a recurrent layer,
f features, - a single value. Capital letters are axes of the model's input that nothing has taken yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations_with_replacement, pairwise
from math import isnan, nan, prod

import numpy as np

from gradaudit.functions.arrays import Array

Axes = tuple[str, ...]
ONE = "-"
POSITIONS = "0123"
MAX_AXES = 6
_WORDS = {"n": "rows", "f": "features", "d": "directions", ONE: "1"}


@dataclass(frozen=True, slots=True)
class AxisLayout:
    """The axes of one tensor, and how long they are as far as it is known."""

    axes: Axes
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Letter → its size."""

    @classmethod
    def of_input(cls, sides: Sequence[int | None]) -> AxisLayout:
        """The layout of the model's input, of which only its sides are known. Raises ValueError for too many."""
        if len(sides) > MAX_AXES:
            raise ValueError(f"an input of {len(sides)} axes is not audited")
        letters = "ABCDEF"[: len(sides)]
        return cls(tuple(letters), {letter: side for letter, side in zip(letters, sides, strict=True) if side})

    @property
    def is_open(self) -> bool:
        """Whether nothing has said yet which axis is which."""
        return any(letter.isupper() for axis in self.axes for letter in axis)

    @property
    def positions(self) -> str:
        """The letters of its positions, in the order of the axes."""
        return "".join(letter for axis in self.axes for letter in axis if letter in POSITIONS)

    def size(self, axis: str) -> float:
        """The axis's length; NaN where it is not known."""
        return prod(1 if letter == ONE else self.sizes.get(letter, nan) for letter in axis)

    def sides(self) -> Array:
        """All lengths, as a node Shape gives them."""
        return np.array([self.size(axis) for axis in self.axes])

    def moved(self, order: Sequence[int]) -> AxisLayout:
        """The axes in another order."""
        if sorted(order) != [*range(len(self.axes))]:
            raise ValueError(f"it exchanges {len(order)} axes, where there are {len(self.axes)}")
        return replace(self, axes=tuple(self.axes[k] for k in order))

    def at(self, index: float) -> int:
        """An axis's place; it may be counted from the end. Raises ValueError where there is none."""
        place = int(index) + (len(self.axes) if index < 0 else 0)
        if not 0 <= place < len(self.axes):
            raise ValueError(f"it speaks of the axis {int(index)}, where there are {len(self.axes)}")
        return place

    def with_axis(self, place: int, axis: str | None) -> AxisLayout:
        """Another axis at this place, or none."""
        return replace(self, axes=(*self.axes[:place], *([] if axis is None else [axis]), *self.axes[place + 1 :]))

    def squeezed(self, places: Sequence[int] | None) -> AxisLayout:
        """The layout without these axes of one value, or all of them. Raises ValueError where one has more."""
        ones = {k for k, axis in enumerate(self.axes) if self.size(axis) == 1 and "n" not in axis}
        due = ones if places is None else {self.at(place) for place in places}
        if not due <= ones:
            raise ValueError(f"it takes an axis of several values out of {self.words()}")
        return replace(self, axes=tuple(axis for k, axis in enumerate(self.axes) if k not in due))

    def unsqueezed(self, places: Sequence[int]) -> AxisLayout:
        """The layout with axes of one value at these places."""
        count = len(self.axes) + len(places)
        found = [*self.axes]
        for place in sorted(place % count for place in places):
            found.insert(place, ONE)
        return replace(self, axes=tuple(found))

    def regrouped(self, target: Sequence[float]) -> AxisLayout:
        """The layout in a Reshape's shape, every axis made of whole ones. Raises ValueError where none fits."""
        letters = "".join(self.axes).replace(ONE, "")
        ways = ((self._doubt(groups, target), groups) for groups in _cut(letters, len(target)))
        fitting = [(doubt, groups) for doubt, groups in ways if not isnan(doubt)]
        if not fitting or len(target) > MAX_AXES:
            sizes = " × ".join("?" if isnan(side) or side < 0 else f"{side:.0f}" for side in target[: MAX_AXES + 1])
            raise ValueError(f"it makes {sizes} of {self.words()}, which cuts through an axis; such is not audited")
        return replace(self, axes=tuple(group or ONE for group in min(fitting)[1]))

    def _doubt(self, groups: Axes, target: Sequence[float]) -> float:
        """How far fetched it is that these groups become those sides; NaN where they cannot."""
        alone = sum(2 for group in groups if len(group) > 1 for letter in "n" if letter in group)
        mixed = sum(2 for group in groups if "n" in group and "f" in group)
        return alone + mixed + sum(map(self._misfit, groups, target, range(len(groups))))

    def _misfit(self, group: str, side: float, place: int) -> float:
        if side == 0:
            return 0 if place < len(self.axes) and group == self.axes[place].replace(ONE, "") else nan
        if isnan(side) or side < 0:
            return 1 if group else 3
        known = prod(self.sizes.get(letter, 1) for letter in group)
        if all(letter in self.sizes for letter in group):
            return 0 if known == side else nan
        return nan if side % known else 3 if known == side else 1

    def renamed(self, roles: Mapping[str, str]) -> AxisLayout:
        """The layout with other letters for some."""
        table = str.maketrans(dict(roles))
        sizes = {letter.translate(table): size for letter, size in self.sizes.items()}
        return AxisLayout(tuple(axis.translate(table) for axis in self.axes), sizes)

    def resized(self, **sizes: float) -> AxisLayout:
        """The layout with other sizes of these letters; NaN: not known. Letters that are in no axis have none."""
        found = {letter: size for letter, size in {**self.sizes, **sizes}.items() if not isnan(size)}
        used = "".join(self.axes)
        return AxisLayout(self.axes, {letter: int(size) for letter, size in found.items() if letter in used})

    def words(self) -> str:
        """`rows × 12 × features`."""
        return " × ".join("·".join(map(self._word, axis)) for axis in self.axes)

    def _word(self, letter: str) -> str:
        default = str(self.sizes.get(letter, "?"))
        return _WORDS.get(letter, default if letter.isupper() else "positions")


def _cut(letters: str, count: int) -> Iterator[Axes]:
    """All ways to cut the letters into so many parts."""
    if count > MAX_AXES:
        return
    for inner in combinations_with_replacement(range(len(letters) + 1), max(count - 1, 0)):
        places = (0, *inner, len(letters))
        yield tuple(letters[start:end] for start, end in pairwise(places))
