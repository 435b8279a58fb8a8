"""A DataLoader as arrays: its dataset's rows in their order, and the size of its batches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from gradaudit.errors import InputError

MOST_ROWS = 60_000
MOST_VALUES = 60_000_000
"""Rows, and numbers in them, that are taken of a dataset."""
_CHUNK = 256


@dataclass(frozen=True, eq=False)
class Rows:
    """What a DataLoader gives."""

    X: np.ndarray
    y: np.ndarray | None
    batch_size: int | None
    notes: tuple[str, ...] = ()


def is_loader(candidate: object) -> bool:
    """Whether it is a PyTorch DataLoader. Does not import torch."""
    data = sys.modules.get("torch.utils.data")
    return data is not None and isinstance(candidate, data.DataLoader)


def rows_of(loader: Any) -> Rows:  # noqa: ANN401 - torch has no types here
    """The rows of a DataLoader. Raises InputError where its batches are no pairs of inputs and targets."""
    X: list[np.ndarray] = []
    y: list[np.ndarray | None] = []
    taken = values = 0
    for inputs, outputs in _pairs(loader):
        X.append(inputs)
        y.append(outputs)
        taken, values = taken + len(inputs), values + inputs.size
        if taken >= MOST_ROWS or values >= MOST_VALUES:
            break
    if not X:
        raise InputError("the DataLoader gives no rows")
    size = loader.batch_size or getattr(loader.batch_sampler, "batch_size", None)
    total = len(loader.dataset) if hasattr(loader.dataset, "__len__") else taken
    left = (f"of the dataset's {total:,} rows the first {taken:,} are audited",) if taken < total else ()
    targets = [part for part in y if part is not None]
    return Rows(np.concatenate(X), np.concatenate(targets) if len(targets) == len(X) else None, size, left)


def _pairs(loader: Any) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:  # noqa: ANN401
    """Inputs and targets, some hundred rows at a time; without shuffling, where the rows have numbers."""
    for batch in _batches(loader):
        parts = list(batch.values()) if isinstance(batch, dict) else batch
        if not isinstance(parts, tuple | list):
            parts = [parts]
        if len(parts) not in (1, 2):
            raise InputError(f"the DataLoader's batches have {len(parts)} parts; inputs and targets are audited")
        arrays = [np.asarray(part.detach().cpu() if hasattr(part, "detach") else part) for part in parts]
        yield arrays[0], arrays[1] if len(arrays) == 2 else None


def _batches(loader: Any) -> Iterator[Any]:  # noqa: ANN401
    dataset = loader.dataset
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__") or loader.batch_size is None:
        yield from loader
        return
    places = iter(range(len(dataset)))
    while chunk := list(islice(places, _CHUNK)):
        yield loader.collate_fn([dataset[place] for place in chunk])
