"""NumPy's own headers are understood; any other text is not."""

from __future__ import annotations

import io

import numpy as np
import pytest

from gradaudit.inputs import npy_header


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3)),
        np.zeros(4, dtype=">i2"),
        np.asfortranarray(np.zeros((2, 3), dtype=np.float32)),
        np.array(1.0),
        np.array(["a", "bc"]),
        np.array([b"a"]),
        np.array([True]),
        np.zeros((0, 5)),
    ],
)
def test_what_numpy_writes(array: np.ndarray) -> None:
    """Type, order and shape come back."""
    file = io.BytesIO()
    np.save(file, array)
    data = file.getvalue()
    assert data.startswith(npy_header.MAGIC)
    begin = 10 + int.from_bytes(data[8:10], "little")
    by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    assert npy_header.parse(data[10:begin].decode()) == (array.dtype, by_columns, array.shape)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': __import__('os')}",
    ],
)
def test_anything_else(text: str) -> None:
    """Objects, records, sizes below zero, code."""
    assert npy_header.parse(text) is None
