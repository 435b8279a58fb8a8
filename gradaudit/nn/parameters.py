"""Where each row's parameters lie in one flat vector a seed: optimizers see vectors, operations see arrays."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Parameter

Key: TypeAlias = tuple[int, str]
"""Index of the row, and name of its parameter."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter's place in the flat vector."""

    row: int
    parameter: Parameter
    start: int

    @property
    def key(self) -> Key:
        """Row and name."""
        return self.row, self.parameter.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one seed's array."""
        return self.parameter.shape

    @property
    def stop(self) -> int:
        """One past its last entry."""
        return self.start + prod(self.parameter.shape)


@dataclass(frozen=True)
class Layout:
    """The slots of a network, in row order, and their total size P."""

    slots: tuple[Slot, ...]

    @classmethod
    def of(cls, rows: tuple[ExpandedLayer, ...]) -> Layout:
        """Row after row, each row's parameters in its layer's order."""
        slots: list[Slot] = []
        for row in rows:
            for parameter in row.parameters:
                slots.append(Slot(row.index, parameter, slots[-1].stop if slots else 0))
        return cls(tuple(slots))

    @property
    def size(self) -> int:
        """Trainable parameters."""
        return self.slots[-1].stop if self.slots else 0

    @property
    def weights(self) -> tuple[Slot, ...]:
        """Those of role weight: what l2 penalises."""
        return tuple(slot for slot in self.slots if slot.parameter.role == "weight")

    def views(self, flat: Array) -> dict[Key, Array]:
        """Views of a seeds × P array: (row, name) → seeds × shape."""
        return {slot.key: flat[:, slot.start : slot.stop].reshape(len(flat), *slot.shape) for slot in self.slots}
