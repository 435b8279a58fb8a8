"""NumPy's own headers are understood; any other text is not."""

from __future__ import annotations

import io

import numpy as np
import pytest

from gradaudit.files.npy import array_of, read_header


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
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_what_numpy_writes(array: np.ndarray, version: tuple[int, int]) -> None:
    """Type, order and shape come back, in each version of the format, and with them the values."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    data = file.getvalue()
    header = read_header(io.BytesIO(data))
    by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    assert (header.dtype, header.by_columns, header.shape) == (array.dtype, by_columns, array.shape)
    assert (header.size, header.nbytes) == (array.size, array.nbytes)
    assert array_of(data[header.begin :], header).tobytes("A") == array.tobytes("A")


def written(text: str) -> io.BytesIO:
    """A file that begins with this header."""
    return io.BytesIO(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())


def test_what_other_programs_write() -> None:
    """Spaces and commas where NumPy has none, and the long integers of Python 2."""
    for shape in ("(3, 4L)", "(3,4,)", "(3L, 4)"):
        assert read_header(written(f"{{'descr':'<f4','fortran_order':True,'shape':{shape}}}")).shape == (3, 4)


@pytest.mark.parametrize("descr", ["'|O'", "[('a', '<f8')]", "'|V0'", "'<U0'", "'<f3'", "'M8[zz]'"])
def test_what_no_number_is(descr: str) -> None:
    """Objects, records and types that NumPy does not have: their shape is told, nothing is read."""
    header = read_header(written(f"{{'descr': {descr}, 'fortran_order': False, 'shape': (99999999999,), }}"))
    assert (header.dtype, header.nbytes, header.size) == (None, 0, 99999999999)
    with pytest.raises(ValueError, match="Python objects or records"):
        array_of(b"", header)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': __import__('os')}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1, " * 33 + ")}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "(" * 9000,
        "{'descr': '<f8' 'fortran_order': False, 'shape': (1,), }\n\n  }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), } \\",
    ],
)
def test_anything_else(text: str) -> None:
    """Sizes below zero, code, what ends Python's own parser in a SyntaxError or a TokenError."""
    with pytest.raises(ValueError, match="damaged header"):
        read_header(written(text))


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\x93NUMPY\x09\x00" + bytes(80), b"\x93NUMPX\x01\x00v\x00"])
def test_no_header(data: bytes) -> None:
    """Other bytes, and versions to come."""
    with pytest.raises(ValueError, match="no array that NumPy has written"):
        read_header(io.BytesIO(data))


@pytest.mark.parametrize("order", ["<", ">"])
def test_text_of_no_characters_is_damaged(order: str) -> None:
    """A number beyond Unicode ends in a SystemError of Python where it is read."""
    header = read_header(written(f"{{'descr': '{order}U1', 'fortran_order': False, 'shape': (2,), }}"))
    number = 0x110000
    data = b"".join(code.to_bytes(4, "little" if order == "<" else "big") for code in (65, number))
    with pytest.raises(ValueError, match="characters that there are not"):
        array_of(data, header)
    assert array_of(data[:4] * 2, header).tolist() == ["A", "A"]
