"""The weights of a Keras model in HDF5: what a layer asks of them, and how a `.keras` archive arranges them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from gradaudit.errors import short_reason
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import Place
from gradaudit.inputs.keras.names import snake
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.weights_file import HDF5Dataset, HDF5Group, HDF5Node

MAX_LAYERS = 10_000
_NUMBERED = re.compile(r"([a-z][a-z0-9_]*?)(?:_(\d{1,9}))?")


class ArrayBudget:
    """The bytes that a file's arrays may still take: each is in it once, so never more than the file has."""

    def __init__(self, left: int) -> None:
        self.left = left


class Stored(Protocol):
    """The weights of one layer, or of a model, which has its layers' inside."""

    def child(self, kind: str, name: str) -> Stored:
        """The weights of the next layer, which is of this class and has this name."""
        ...

    def part(self, path: tuple[str, ...], first: int) -> Stored:
        """What the layer holds under these names; where all its arrays stand in a row, from that number on."""
        ...

    def array(self, index: int, place: Place) -> Array:
        """One of the layer's arrays; raises InputError where it is not there, or is no plain array of floats."""
        ...


def named_arrays(layer: Part, stored: Stored | None, names: Sequence[str]) -> dict[str, Array]:
    """A layer's arrays, which Keras stores in this order; none where nothing is stored."""
    return {name: stored.array(index, layer.layer_place) for index, name in enumerate(names)} if stored else {}


class ArchiveStored:
    """A group of a `.keras` archive's HDF5, where a model has its layers' groups by class: dense, dense_1, …"""

    def __init__(self, group: HDF5Node | None, budget: ArrayBudget) -> None:
        self.group, self.budget = group, budget
        self.waiting: dict[str, list[HDF5Node | None]] | None = None

    def child(self, kind: str, name: str) -> ArchiveStored:
        """By the class alone; Keras 2 counts one with weights twice, so that dense_2 follows dense."""
        if self.waiting is None:
            self.waiting = _by_class(self.group)
        left = self.waiting.get(snake(kind))
        return ArchiveStored(left.pop(0) if left else None, self.budget)

    def part(self, path: tuple[str, ...], first: int) -> ArchiveStored:
        """By the names; a class without a group of its own keeps its arrays outside."""
        group = self.group
        for name in path:
            group = inside(group, name) or group
        return ArchiveStored(group, self.budget)

    def array(self, index: int, place: Place) -> Array:
        return read_array(inside(inside(self.group, "vars"), str(index)), index, self.budget, place)


def read_array(found: HDF5Node | None, index: int, budget: ArrayBudget, place: Place) -> Array:
    """A data set's numbers, its size counted before memory is taken; raises InputError, at the layer's place."""
    try:
        return _read(found, budget)
    except (LookupError, ValueError) as error:
        raise place.refusal(f"array {index} of its weights: {short_reason(error)}") from None


def _read(found: HDF5Node | None, budget: ArrayBudget) -> Array:
    if not isinstance(found, HDF5Dataset):
        raise LookupError("it is not in the file")  # noqa: TRY004 - a fault of the file
    if found.array is None:
        raise ValueError(found.fault)
    budget.left -= found.array.nbytes
    if budget.left < 0:
        raise ValueError("with it the weights are more than the file holds, or than are read")
    with np.errstate(invalid="ignore"):  # NaNs are let through, of whatever kind
        return np.asarray(found.array, dtype=np.float64)


def inside(group: HDF5Node | None, name: str) -> HDF5Node | None:
    """A member of a group, None where there is none."""
    return group.members.get(name) if isinstance(group, HDF5Group) else None


def _by_class(model: HDF5Node | None) -> dict[str, list[HDF5Node | None]]:
    """The groups of a model's layers by class in snake case, in the order of their numbers."""
    found: dict[str, list[tuple[int, HDF5Node | None]]] = {}
    for name, group in _layers(model):
        match = _NUMBERED.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], []).append((int(match[2] or 0), group))
    return {kind: [group for _, group in sorted(those, key=lambda pair: pair[0])] for kind, those in found.items()}


def _layers(model: HDF5Node | None) -> Iterator[tuple[str, HDF5Node | None]]:
    """Name and group of each layer: in one group of Keras 3 or 2, or, by Keras 2 on Windows, side by side."""
    for key in ("layers", "_layer_checkpoint_dependencies"):
        layers = inside(model, key)
        if layers is not None:
            yield from layers.members.items() if isinstance(layers, HDF5Group) else ()
            return
    for name, group in model.members.items() if isinstance(model, HDF5Group) else ():
        yield name.removeprefix("_layer_checkpoint_dependencies\\"), group
