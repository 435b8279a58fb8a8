from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gradaudit.inputs.weight_files.safetensors import Safetensors


@contextmanager
def opened(path: Path) -> Iterator[Safetensors]:
    """The file's tensors."""
    with path.open("rb") as file:
        yield Safetensors(file)


def write(path: Path, header: object, data: bytes = b"") -> Path:
    """A file with this header and these numbers."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    """One tensor of a header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(("name", "dtype"), [("F64", "<f8"), ("F32", "<f4"), ("F16", "<f2")])
def test_floats_come_back(tmp_path: Path, name: str, dtype: str) -> None:
    """Each float type is read with its own values, from its own place."""
    array = np.array([[1.5, -2.0, 0.25]], dtype=dtype)
    header = {"__metadata__": {"format": "pt"}, "a": entry(name, [1, 3], 4, 4 + array.nbytes)}

    with opened(write(tmp_path / "w", header, b"junk" + array.tobytes())) as file:
        assert file.shapes == {"a": (1, 3)}
        assert file.load("a").tolist() == array.tolist()
        assert file.load("a").dtype == array.dtype


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    """1, −2 and infinity have the bit patterns of the format's definition."""
    data = np.array([0x3F80, 0xC000, 0x7F80], "<u2").tobytes()

    with opened(write(tmp_path / "w", {"a": entry("BF16", [3], 0, 6)}, data)) as file:
        assert file.load("a").tolist() == [1.0, -2.0, float("inf")]


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"[1]",
        b"[" * 100_000,
        {"a": 3},
        {"a": entry("F64", [1], 0, 9)},
        {"a": entry("F64", [1], 8, 0)},
        {"a": entry("F64", [-1], 0, 8)},
        {"a": {"dtype": "F64", "shape": [1.5], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F64", "shape": [1], "data_offsets": [0]}},
        {"a": {"dtype": "F64", "shape": [True], "data_offsets": [0, 8]}},
    ],
)
def test_a_wrong_header_is_refused(tmp_path: Path, header: object) -> None:
    """What is no JSON, has no shape, or points outside the file is one ValueError."""
    with (
        pytest.raises(ValueError, match=r"safetensors file|outside the file"),
        opened(write(tmp_path / "w", header, bytes(8))),
    ):
        pass


@pytest.mark.parametrize("data", [b"\x01", b"\xff" * 8, b"\xff" * 7 + b"\x7f{}"])
def test_a_wrong_length_is_refused(tmp_path: Path, data: bytes) -> None:
    """A length beyond the file takes no memory."""
    (tmp_path / "w").write_bytes(data)

    with pytest.raises(ValueError, match="length of its header is wrong"), opened(tmp_path / "w"):
        pass


def test_length_and_shape_must_agree(tmp_path: Path) -> None:
    """A tensor whose bytes are not its shape's is damaged, one of another type is not read."""
    header = {"a": entry("F64", [2], 0, 8), "b": entry("I64", [1], 0, 8)}

    with opened(write(tmp_path / "w", header, bytes(8))) as file:
        with pytest.raises(ValueError, match="'a' takes 8 bytes"):
            file.load("a")
        with pytest.raises(ValueError, match="'b' is of type 'I64'; known are F64, F32, F16, BF16"):
            file.load("b")
