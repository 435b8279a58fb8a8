"""The header that NumPy writes before an array, read without trust: nothing is evaluated and no memory is taken."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import IO, Any

import numpy as np

MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {b"\x01\x00": 2, b"\x02\x00": 4, b"\x03\x00": 4}
"""Version → bytes of the header's length."""
_LONGEST = 1 << 16
_DIMENSIONS = 32
_HEADER = re.compile(
    r"\{ ?'descr': ?('[^'\\]{1,40}'|\[.*\]), ?'fortran_order': ?(True|False), ?"
    r"'shape': ?\((\d{1,18}L?(?:, ?\d{1,18}L?)*)?,? ?\),? ?\}\s*",
    re.DOTALL,
)
_PLAIN = re.compile(r"[<>|=]?(?:f(?:2|4|8|12|16)|c(?:8|16|24|32)|[iu][1248]|b1|[US][1-9]\d{0,5}|[mM]8(?:\[\w{1,9}\])?)")


@dataclass(frozen=True, slots=True)
class Header:
    """What an array's file says before its numbers."""

    dtype: np.dtype[Any] | None
    """None for Python objects, records and types that this machine does not have."""
    by_columns: bool
    shape: tuple[int, ...]
    begin: int
    """Where the numbers begin, in bytes from the file's start."""

    @property
    def size(self) -> int:
        """Values in the array."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return self.size * self.dtype.itemsize if self.dtype is not None else 0


def read_header(file: IO[bytes]) -> Header:
    """The header at the file's position. Raises ValueError where none stands there."""
    start = file.read(8)
    width = _LENGTH_BYTES.get(start[6:])
    if start[:6] != MAGIC or width is None:
        raise ValueError("is no array that NumPy has written")
    length = int.from_bytes(file.read(width), "little")
    text = file.read(length) if length <= _LONGEST else b""
    described = _described(text) if text and len(text) == length else None
    if described is None:
        raise ValueError("has a damaged header")
    return Header(*described, begin=8 + width + length)


@lru_cache(maxsize=64)  # a loss curve is hundreds of files of one number each
def _described(text: bytes) -> tuple[np.dtype[Any] | None, bool, tuple[int, ...]] | None:
    """Type, column order and shape; None where the text is none of NumPy's."""
    match = _HEADER.fullmatch(text.decode("latin-1"))
    if match is None:
        return None
    shape = tuple(int(side) for side in re.findall(r"\d+", match[3] or ""))
    return None if len(shape) > _DIMENSIONS else (_type_of(match[1].strip("'")), match[2] == "True", shape)


def _type_of(code: str) -> np.dtype[Any] | None:
    if not _PLAIN.fullmatch(code):
        return None
    try:
        return np.dtype(code)
    except TypeError:  # a long double of another machine, a unit of time that is none
        return None


def array_of(data: bytes | memoryview, header: Header) -> np.ndarray[Any, np.dtype[Any]]:
    """The array in these bytes, of the header's shape, which it shares.

    Raises ValueError where they are not as many as the header says.
    """
    if header.dtype is None:
        raise ValueError("holds Python objects or records")
    if len(data) != header.nbytes:
        raise ValueError(f"is damaged: {len(data):,} bytes of {header.nbytes:,}")
    flat = np.frombuffer(data, header.dtype) if header.size else np.empty(0, header.dtype)
    if not is_text(flat):
        raise ValueError("is damaged: it holds numbers of characters that there are not")
    return flat.reshape(header.shape, order="F" if header.by_columns else "C")


def is_text(flat: np.ndarray[Any, np.dtype[Any]]) -> bool:
    """Whether a flat array, where it is of text, holds nothing but characters: Python breaks on other numbers."""
    if flat.dtype.kind != "U" or not flat.size:
        return True
    codes = flat.view(np.dtype(np.uint32).newbyteorder(flat.dtype.byteorder))
    return bool(codes.max() <= sys.maxunicode)
