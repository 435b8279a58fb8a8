"""The weights of a Keras model in HDF5: what a layer asks of them, and how a `.keras` archive arranges them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gradaudit.inputs.described import Place
from gradaudit.inputs.keras.names import snake

Array = npt.NDArray[np.float64]


DAMAGE = (OSError, RuntimeError, ValueError, LookupError, TypeError, ArithmeticError, EOFError, MemoryError)
"""What h5py raises for a file that is damaged."""


MAX_LAYERS = 10_000
_NUMBERED = re.compile(r"([a-z][a-z0-9_]*?)(?:_(\d{1,9}))?")


class Budget:
    """The bytes that a file's arrays may still take: each is in it once, so never more than the file has."""

    def __init__(self, left: int) -> None:
        self.left = left


class Stored(Protocol):
    """The weights of one layer, or of a model, which has its layers' inside."""

    def child(self, kind: str, name: str) -> Stored:
        """The weights of the next layer, which is of this class and has this name."""
        ...

    def array(self, index: int, place: Place) -> Array:
        """One of the layer's arrays; raises InputError where it is not there, or is no plain array of floats."""
        ...


class ArchiveStored:
    """A group of a `.keras` archive's HDF5, where a model has its layers' groups by class: dense, dense_1, …"""

    def __init__(self, group: Any, budget: Budget) -> None:  # noqa: ANN401  h5py has no annotations
        self.group, self.budget = group, budget
        self.waiting: dict[str, list[Any]] | None = None

    def child(self, kind: str, name: str) -> ArchiveStored:
        """By the class alone; Keras 2 counts one with weights twice, so that dense_2 follows dense."""
        if self.waiting is None:
            self.waiting = _by_class(self.group)
        left = self.waiting.get(snake(kind))
        return ArchiveStored(left.pop(0) if left else None, self.budget)

    def array(self, index: int, place: Place) -> Array:
        """The array of this number."""
        return read_array(inside(inside(self.group, "vars"), str(index)), index, self.budget, place)


def read_array(found: Any, index: int, budget: Budget, place: Place) -> Array:  # noqa: ANN401
    """A data set's numbers, its size counted before memory is taken; raises InputError, at the layer's place."""
    try:
        return _read(found, budget)
    except DAMAGE as error:
        raise place.refusal(f"array {index} of its weights: {' '.join(str(error).split())[:200]}") from None


def _read(found: Any, budget: Budget) -> Array:  # noqa: ANN401
    import h5py

    if not isinstance(found, h5py.Dataset):
        raise LookupError("it is not in the file")  # noqa: TRY004 - a fault of the file
    plain = found.dtype.kind == "f" and found.chunks is None and not found.is_virtual and not found.external
    if not plain or found.size is None or not 1 <= found.ndim <= 2:
        raise ValueError("it is no plain array of floats")
    budget.left -= found.size * found.dtype.itemsize
    if budget.left < 0:
        raise ValueError("with it the weights are more than the file holds, or than are read")
    with np.errstate(invalid="ignore"):  # NaNs are let through, of whatever kind
        return np.asarray(found[()], dtype=np.float64)


def inside(group: Any, name: str) -> Any:  # noqa: ANN401
    """A member of a group, None where there is none; links that lead elsewhere are not followed."""
    import h5py

    try:
        is_there = isinstance(group, h5py.Group) and isinstance(group.get(name, getlink=True), h5py.HardLink)
        return group[name] if is_there else None
    except DAMAGE:
        return None


def _by_class(model: Any) -> dict[str, list[Any]]:  # noqa: ANN401
    """The groups of a model's layers by class in snake case, in the order of their numbers."""
    found: dict[str, list[tuple[int, Any]]] = {}
    for name, group in _layers(model):
        match = _NUMBERED.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], []).append((int(match[2] or 0), group))
    return {kind: [group for _, group in sorted(those, key=lambda pair: pair[0])] for kind, those in found.items()}


def _layers(model: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Name and group of each layer: in one group of Keras 3 or 2, or, by Keras 2 on Windows, side by side."""
    for key in ("layers", "_layer_checkpoint_dependencies"):
        layers = inside(model, key)
        if layers is not None:
            yield from ((name, inside(layers, name)) for name in _names(layers))
            return
    for name in _names(model):
        yield name.removeprefix("_layer_checkpoint_dependencies\\"), inside(model, name)


def _names(group: Any) -> list[str]:  # noqa: ANN401
    import h5py

    try:
        names = list(islice(group, MAX_LAYERS)) if isinstance(group, h5py.Group) else []
        return [name for name in names if isinstance(name, str)]  # bytes where it is no UTF-8
    except DAMAGE:
        return []
