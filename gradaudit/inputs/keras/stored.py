"""The weights of a `.keras` archive: HDF5 groups by the layers' classes in their order, as Keras itself finds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.inputs.keras.names import snake
from gradaudit.inputs.links import Place

Array = npt.NDArray[np.float64]


DAMAGE = (OSError, RuntimeError, ValueError, LookupError, TypeError, ArithmeticError, EOFError, MemoryError)
"""What h5py raises for a file that is damaged."""


class Budget:
    """The bytes that a file's arrays may still take: each is in it once, so never more than the file has."""

    def __init__(self, left: int) -> None:
        self.left = left


class Stored:
    """The group of one layer, or of a model whose layers are counted by class: dense, dense_1, …"""

    def __init__(self, group: Any, budget: Budget) -> None:  # noqa: ANN401  h5py has no annotations
        self.group, self.budget = group, budget
        self.seen: dict[str, int] = {}

    def child(self, kind: str) -> Stored:
        """The next layer of this class."""
        name = snake(kind)
        count = self.seen[name] = self.seen.get(name, -1) + 1
        layers = _inside(self.group, "layers") or _inside(self.group, "_layer_checkpoint_dependencies")
        return Stored(_inside(layers, f"{name}_{count}" if count else name), self.budget)

    def array(self, index: int, place: Place) -> Array:
        """One of the layer's arrays; raises InputError where it is not there, or is no plain array of floats."""
        try:
            return self._array(index)
        except DAMAGE as error:
            raise place.refusal(f"array {index} of its weights: {' '.join(str(error).split())[:200]}") from None

    def _array(self, index: int) -> Array:
        """Sizes are counted before memory is taken."""
        import h5py

        found = _inside(_inside(self.group, "vars"), str(index))
        if not isinstance(found, h5py.Dataset):
            raise LookupError("it is not in the archive")  # noqa: TRY004 - a fault of the file
        plain = found.dtype.kind == "f" and found.chunks is None and not found.is_virtual and not found.external
        if not plain or found.size is None or not 1 <= found.ndim <= 2:
            raise ValueError("it is no plain array of floats")
        self.budget.left -= found.size * found.dtype.itemsize
        if self.budget.left < 0:
            raise ValueError("with it the weights are more than the archive holds, or than are read")
        with np.errstate(invalid="ignore"):  # NaNs are let through, of whatever kind
            return np.asarray(found[()], dtype=np.float64)


def _inside(group: Any, name: str) -> Any:  # noqa: ANN401
    """A member of a group, None where there is none; links that lead elsewhere are not followed."""
    import h5py

    try:
        is_there = isinstance(group, h5py.Group) and isinstance(group.get(name, getlink=True), h5py.HardLink)
        return group[name] if is_there else None
    except DAMAGE:
        return None
