"""What a data section becomes: rows of inputs and the targets that the loss sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.spec import ModelSpec

Array: TypeAlias = npt.NDArray[np.float64]
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


Loader: TypeAlias = Callable[[ModelSpec, int], Raw]
"""loader(spec, seed) → Raw. Raises InputError, with the file, line and column where there is one."""
