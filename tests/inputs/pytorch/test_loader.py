"""A DataLoader gives its dataset's rows in their order, and the size of its batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradaudit.errors import InputError
from gradaudit.inputs.pytorch import loader as loading
from gradaudit.inputs.pytorch.loader import is_loader, rows_of

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
data = pytest.importorskip("torch.utils.data")
pytestmark = pytest.mark.torch


def loader(**given: Any) -> Any:
    """Ten rows of three numbers."""
    X = torch.arange(30.0).reshape(10, 3)
    return data.DataLoader(data.TensorDataset(X, torch.arange(10)), **given)


@pytest.mark.parametrize("given", [{}, {"shuffle": True}, {"drop_last": True}])
def test_rows_come_in_the_dataset_s_order(given: dict[str, bool]) -> None:
    """Whatever the loader would do with them."""
    rows = rows_of(loader(batch_size=4, **given))
    assert np.array_equal(rows.X, np.arange(30.0).reshape(10, 3))
    assert np.array_equal(rows.y, np.arange(10))  # type: ignore[arg-type]
    assert (rows.batch_size, rows.notes) == (4, ())


def test_a_stream_is_read_batch_by_batch() -> None:
    """A dataset without numbered rows; targets may be missing."""

    class Stream(data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Any:
            return iter([torch.ones(2), torch.zeros(2)])

    rows = rows_of(data.DataLoader(Stream(), batch_size=2))
    assert (rows.X.tolist(), rows.y) == ([[1, 1], [0, 0]], None)


def test_a_large_dataset_is_taken_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """And that is said."""
    monkeypatch.setattr(loading, "MOST_ROWS", 4)
    monkeypatch.setattr(loading, "_CHUNK", 4)
    rows = rows_of(loader())
    assert len(rows.X) == 4
    assert rows.notes == ("of the dataset's 10 rows the first 4 are audited",)


def test_what_is_no_pair_is_refused() -> None:
    """Three parts, or none."""
    three = data.TensorDataset(*[torch.zeros(4, 1)] * 3)
    with pytest.raises(InputError, match="the DataLoader's batches have 3 parts"):
        rows_of(data.DataLoader(three))
    with pytest.raises(InputError, match="the DataLoader gives no rows"):
        rows_of(data.DataLoader(data.TensorDataset(torch.zeros(0, 1))))


def test_loaders_are_told_by_their_class() -> None:
    """A tensor is none."""
    assert is_loader(loader())
    assert not is_loader(torch.zeros(3))
