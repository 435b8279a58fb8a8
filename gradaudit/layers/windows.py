"""Windows over positions: the geometry that convolutions and pooling share, for any number of axes.

A map is lead × *positions × channels. Output o of an axis sees the positions o·stride + k·dilation of the padded axis,
k < kernel. Windows are views; only what is multiplied is ever copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from gradaudit.functions.parameter import Shape

Array = npt.NDArray[np.float64]


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
