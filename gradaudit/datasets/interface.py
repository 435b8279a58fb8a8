"""What a data section becomes: rows of inputs and the targets that the loss sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.domain.spec import ModelSpec
from gradaudit.functions.arrays import Array

Kind: TypeAlias = Literal["classes", "numbers"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows to audit a network on, finite throughout."""

    X: Array
    """Inputs, rows × columns."""
    T: Array
    """Targets as the loss sees them, rows × outputs: one-hot, 0/1 or numbers."""
    kind: Kind
    description: str
    """In a report: `digits, 1797 rows`."""
    stand_in: bool = False
    """True where inputs and targets are random because no real data were given."""
    rows_in_all: int = 0
    """Where these are only some of the rows: of how many; else 0."""

    def some(self, rows: int, seed: int) -> Dataset:
        """The data with at most so many rows, drawn with this seed, in their order."""
        if rows >= len(self.X):
            return self
        chosen = np.sort(np.random.default_rng([seed, 5]).permutation(len(self.X))[:rows])
        return replace(self, X=self.X[chosen], T=self.T[chosen], rows_in_all=len(self.X))


@dataclass(frozen=True, eq=False)
class Raw:
    """What a loader hands over: inputs, and targets as they were found."""

    X: Array
    """Rows × columns, finite."""
    y: npt.NDArray[Any]
    """Text (dtype object), int64 or float64 in one column, or float64 in several."""
    description: str
    stand_in: bool = False
    kind: Kind | None = None
    """None: the targets and the loss decide."""
    columns: tuple[str, ...] = ()
    """The names of the inputs' columns, where the file has them."""

    @property
    def named_inputs(self) -> NamedColumns | Array:
        """The inputs with their names, where they have any."""
        return NamedColumns(self.X, self.columns) if self.columns else self.X


@dataclass(frozen=True, eq=False)
class NamedColumns:
    """A table whose columns have names: an array to whoever does not ask for them."""

    values: Array
    columns: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows × columns."""
        return self.values.shape

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """For `numpy.asarray`."""
        return np.array(self.values, dtype=dtype) if copy else np.asarray(self.values, dtype=dtype)


Loader: TypeAlias = Callable[[ModelSpec, int], Raw]
"""loader(spec, seed) → Raw. Raises InputError, with the file, line and column where there is one."""
