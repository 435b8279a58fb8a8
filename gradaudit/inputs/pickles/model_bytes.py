"""The bytes of a pickled model: read within bounds, and unpacked where joblib packed them."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from gradaudit.files.opening import open_file
from gradaudit.inputs.pickles.inert import MAX_BYTES, UnreadableError

_PIECE = 1 << 20
_MAX_DICTIONARY = 100 << 20
"""Bytes that lzma may take to look back; its highest preset takes 65 MiB."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zlib:
    """zlib and gzip by the same interface as the others: what is not unpacked yet is kept inside."""

    def __init__(self) -> None:
        self._inner, self._rest = zlib.decompressobj(wbits=47), b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inner.decompress(self._rest + data, max_length)
        self._rest = self._inner.unconsumed_tail
        return piece


def _lzma() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_MAX_DICTIONARY)


_PACKED: tuple[tuple[bytes, Callable[[], _Unpacker]], ...] = (
    (b"\x1f\x8b", _Zlib),
    (b"\x78", _Zlib),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ", _lzma),
    (b"\x5d\x00", _lzma),
)
"""How a file begins → what unpacks it. No pickle begins so."""
_LZ4 = b"\x04\x22\x4d\x18"


def read_bytes(path: str) -> bytes | bytearray:
    """The bytes, unpacked. Raises OSError, FileError; UnreadableError for what is damaged or unpacks to too much."""
    with open_model(path) as file:
        start = file.read(8)
        file.seek(0)
        if start.startswith(_LZ4):
            raise UnreadableError("is packed by lz4, which is not read; save it with zlib: joblib.dump(model, path, 3)")
        for magic, unpacker in _PACKED:
            if start.startswith(magic):
                return _unpacked(file, unpacker())
        data = file.read(MAX_BYTES + 1)
    check_length(len(data))
    return data


def open_model(path: str) -> BinaryIO:
    """The open file. Raises FileError."""
    return open_file(path, MAX_BYTES, "a scikit-learn model")


def check_length(length: int) -> None:
    """Raises UnreadableError for more bytes than are read."""
    if length > MAX_BYTES:
        raise UnreadableError(f"is larger than {MAX_BYTES >> 20} MiB, unpacked")


def _unpacked(file: BinaryIO, unpacker: _Unpacker) -> bytearray:
    data = bytearray()
    try:
        for piece in _pieces(file, unpacker):
            data += piece
            check_length(len(data))
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise UnreadableError(f"cannot be unpacked: {error}") from None
    return data


def _pieces(file: BinaryIO, unpacker: _Unpacker) -> Iterator[bytes]:
    packed = file.read(_PIECE)
    while not unpacker.eof:
        piece = unpacker.decompress(packed, _PIECE)
        yield piece
        packed = b"" if piece else file.read(_PIECE)
        if not (piece or packed or unpacker.eof):
            raise EOFError("the packed data end too early")
