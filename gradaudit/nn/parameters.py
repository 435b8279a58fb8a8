"""Where each row's weights lie in one flat vector a seed: optimizers see vectors, blocks see matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.rows import Row

Array = npt.NDArray[np.float64]
Kind: TypeAlias = Literal["weight", "bias", "scale", "shift"]
Key: TypeAlias = tuple[int, Kind]


@dataclass(frozen=True, slots=True)
class Slot:
    """One array's place in the flat vector."""

    row: int
    kind: Kind
    start: int
    shape: tuple[int, ...]

    @property
    def stop(self) -> int:
        """One past its last entry."""
        return self.start + prod(self.shape)


def _shapes(row: Row) -> Iterator[tuple[Kind, tuple[int, ...]]]:
    if row.kind == "dense":
        yield "weight", (row.inputs, row.units)
        if row.bias is not None:
            yield "bias", (row.units,)
    elif row.has_parameters:
        yield "scale", (row.units,)
        yield "shift", (row.units,)


@dataclass(frozen=True)
class Layout:
    """The slots of a network, in row order, and their total size P."""

    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, rows: tuple[Row, ...]) -> Layout:
        """Weight before bias, row after row."""
        slots: list[Slot] = []
        for row in rows:
            for kind, shape in _shapes(row):
                slots.append(Slot(row.index, kind, slots[-1].stop if slots else 0, shape))
        return cls(tuple(slots))

    @property
    def size(self) -> int:
        """Trainable parameters."""
        return self.slots[-1].stop if self.slots else 0

    def views(self, flat: Array) -> dict[Key, Array]:
        """Views of a seeds × P array: (row, kind) → seeds × shape."""
        return {(s.row, s.kind): flat[:, s.start : s.stop].reshape(len(flat), *s.shape) for s in self.slots}


@dataclass(frozen=True)
class Views:
    """The same slots in parameters θ, gradient g, direction v and Hessian product Hv."""

    theta: Mapping[Key, Array]
    g: Mapping[Key, Array]
    v: Mapping[Key, Array]
    Hv: Mapping[Key, Array]
