"""Windows over positions: the geometry that convolutions and pooling share, for any number of axes.

A map is lead × *positions × channels. Output o of an axis sees the positions o·stride + k·dilation of the padded axis,
k < kernel. Windows are views; only what is multiplied is ever copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape


@dataclass(frozen=True)
class Windows:
    """The windows over maps of one size; every tuple has one number an axis."""

    inputs: Shape
    kernel: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    """Positions that are padded in front; `after`: behind."""
    after: Shape

    @cached_property
    def reach(self) -> Shape:
        """From the first to the last position that a window sees, both counted."""
        return tuple((side - 1) * gap + 1 for side, gap in zip(self.kernel, self.dilation, strict=True))

    @cached_property
    def padded(self) -> Shape:
        """Positions with the padding."""
        return tuple(map(sum, zip(self.before, self.inputs, self.after, strict=True)))

    @cached_property
    def outputs(self) -> Shape:
        """Positions that come out."""
        spans = zip(self.padded, self.reach, self.stride, strict=True)
        return tuple((size - width) // step + 1 for size, width, step in spans)

    @cached_property
    def are_points(self) -> bool:
        """Whether each output sees its own position alone, so that nothing has to be gathered."""
        return self.padded == self.outputs and set(self.kernel) == {1}

    @cached_property
    def tile(self) -> bool:
        """Whether each position is seen once, by one window."""
        sides = zip(self.outputs, self.stride, self.padded, strict=True)
        return self.kernel == self.stride == self.reach and all(count * step == size for count, step, size in sides)

    @property
    def offsets(self) -> Iterator[Shape]:
        """The places in a window, in row order."""
        return product(*map(range, self.kernel))

    def at(self, maps: Array, offset: Shape) -> Array:
        """What each output sees at this place of its window: a view of padded maps, lead × *outputs × channels."""
        of = zip(offset, self.dilation, self.stride, self.outputs, strict=True)
        cuts = (slice(k * gap, k * gap + (count - 1) * step + 1, step) for k, gap, step, count in of)
        return np.asarray(maps[_inside(cuts)])

    def over(self, maps: Array) -> Array:
        """All windows, a view of padded maps: lead × *outputs × *kernel × channels."""
        axes = len(self.inputs)
        lead, sides = maps.strides[: -axes - 1], maps.strides[-axes - 1 : -1]
        steps = (side * step for side, step in zip(sides, self.stride, strict=True))
        gaps = (side * gap for side, gap in zip(sides, self.dilation, strict=True))
        shape = (*maps.shape[: len(lead)], *self.outputs, *self.kernel, maps.shape[-1])
        return as_strided(maps, shape, (*lead, *steps, *gaps, maps.strides[-1]), writeable=False)

    def back(self) -> Windows:
        """The windows by which ∂loss/∂x sees ∂loss/∂z, set apart by the stride: a convolution with the turned kernel.

        z[o] = Σ x[o·s + k·d]·W[k], so ∂x[i] = Σ ∂z[(i − k·d)/s]·W[k]ᵀ (Dumoulin & Visin 2016, arXiv:1603.07285).
        """
        spread = tuple((count - 1) * step + 1 for count, step in zip(self.outputs, self.stride, strict=True))
        before = tuple(width - 1 - pad for width, pad in zip(self.reach, self.before, strict=True))
        whole = (size + width - 1 for size, width in zip(self.inputs, self.reach, strict=True))
        after = tuple(due - pad - size for due, pad, size in zip(whole, before, spread, strict=True))
        return Windows(spread, self.kernel, (1,) * len(spread), self.dilation, before, after)


def _inside(cuts: Iterable[slice]) -> Any:  # noqa: ANN401 - NumPy's index
    """The index of these positions, whatever stands before them, all channels."""
    return (..., *cuts, slice(None))


class Pad:
    """Maps, their positions set `apart`, with a border of one value around them, in a buffer that is kept."""

    def __init__(self, windows: Windows, apart: Shape | None = None, value: float = 0.0) -> None:
        self.windows, self.value, self._buffer = windows, value, np.empty(0)
        apart = apart or (1,) * len(windows.inputs)
        of = zip(windows.before, windows.inputs, apart, strict=True)
        self.inside = _inside(slice(pad, pad + size, gap) for pad, size, gap in of)
        self.is_needed = windows.padded != windows.inputs or set(apart) != {1}

    def __call__(self, maps: Array) -> Array:
        """Lead × *padded × channels; the maps themselves where nothing goes between or around them."""
        if not self.is_needed:
            return maps
        axes = len(self.windows.inputs)
        shape = (*maps.shape[: -axes - 1], *self.windows.padded, maps.shape[-1])
        if self._buffer.shape != shape or self._buffer.dtype != maps.dtype:
            self._buffer = np.full(shape, self.value, maps.dtype)
        self._buffer[self.inside] = maps
        return self._buffer


def maps_of(rows: Array, shape: Shape) -> Array:
    """Seeds × samples·positions × channels as seeds × samples × *shape, a view; rows that seeds share have one seed."""
    return rows.reshape(len(rows) if rows.ndim > 2 else 1, -1, *shape)


Sides: TypeAlias = int | tuple[int, ...]
"""A number for all axes, or one an axis."""
Padding: TypeAlias = Literal["valid", "same"] | Sides
TAKES = {1: "steps × channels, such as [20, 8]", 2: "height × width × channels, such as [28, 28, 1]"}
"""What a layer with so many axes takes."""


def sides(value: Sides, axes: int, key: str) -> Shape:
    """One number an axis. Raises ValueError where there are more or fewer."""
    found = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(found) != axes:
        due = "one number" if axes == 1 else f"one number, or {axes}"
        raise ValueError(f"{key} is a list of {len(found)}; write {due}")
    return found


def positions(inputs: Shape, axes: int, type_: str) -> Shape:
    """The positions of a map. Raises ValueError where it has more or fewer axes than the layer."""
    if len(inputs) == axes + 1:
        return inputs[:-1]
    if len(inputs) == 1:
        says = f"gets {values(inputs)} without positions"
        way = "give the input its shape in the first entry of layers, and put flatten behind the last layer with it"
    else:
        says = f"gets {values(inputs)}"
        way = f"write {type_[:-2]}{len(inputs) - 1}d" if len(inputs) < 4 else "give each sample fewer axes"
    raise ValueError(f"{type_} takes {TAKES[axes]}, but {says}; {way}")


def padded(value: Padding, sizes: Shape, reach: Shape, stride: Shape) -> tuple[Shape, Shape]:
    """Positions in front and behind, one an axis; `same` as Keras pads, the odd one at the end."""
    if value == "valid":
        return (0,) * len(sizes), (0,) * len(sizes)
    if value != "same":
        around = sides(value, len(sizes), "padding")
        return around, around
    of = zip(sizes, reach, stride, strict=True)
    whole = [max((-(-size // step) - 1) * step + width - size, 0) for size, width, step in of]
    return tuple(pad // 2 for pad in whole), tuple(pad - pad // 2 for pad in whole)


def windows(
    inputs: Shape, kernel: Shape, stride: Shape, padding: Padding, dilation: Shape, most_padding: Shape
) -> Windows:
    """The windows over maps with these positions.

    Raises ValueError where the padding exceeds `most_padding`, or a window the map.
    """
    bare = Windows(inputs, kernel, stride, dilation, inputs, inputs)
    before, after = padded(padding, inputs, bare.reach, stride)
    if any(pad > most for pad, most in zip(before, most_padding, strict=True)):
        most = by(most_padding) if len(set(most_padding)) > 1 else str(most_padding[0])
        raise ValueError(f"padding: {by(before)} is too much for a window of {by(bare.reach)}; write at most {most}")
    found = Windows(inputs, kernel, stride, dilation, before, after)
    if any(width > size for width, size in zip(found.reach, found.padded, strict=True)):
        says = f"its window of {by(found.reach)} is larger than the map of {by(found.padded)} that is left here"
        raise ValueError(f"{says}; take a smaller one, pad (padding: same), or shrink the map less before it")
    return found


def by(numbers: Sequence[int]) -> str:
    """`3 × 3`."""
    return " × ".join(map(str, numbers))


def values(shape: Shape) -> str:
    """`1 value`, `8 × 8 × 3 values`: what a layer takes or gives."""
    return f"{by(shape)} value{'' if shape == (1,) else 's'}"
