"""NumPy's .npz, read without trust: no pickles, and of each array only the header until its shape is wanted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gradaudit.files.opening import open_file
from gradaudit.inputs import npy_header
from gradaudit.inputs.suggest import quoted
from gradaudit.zip_directory import check_directory

MAX_BYTES = 1 << 30
MAX_DIRECTORY = 1 << 20
"""Bytes of the table of contents: some 10,000 arrays."""
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError, OSError)


class Npz:
    """An open archive; `shapes` come from the arrays' headers."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.headers = {info.filename.removesuffix(".npy"): self._header(info) for info in archive.infolist()}
        self.shapes: Mapping[str, tuple[int, ...]] = {name: shape for name, (_, _, shape, _) in self.headers.items()}

    def _header(self, info: zipfile.ZipInfo) -> tuple[np.dtype[np.generic], bool, tuple[int, ...], int]:
        """Type, column order, shape and where the numbers begin."""
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{quoted(info.filename)} is compressed in a way that np.savez does not use")
        with self.archive.open(info) as member:
            start = member.read(10)
            length = int.from_bytes(start[8:10], "little")
            text = member.read(length).decode("latin-1") if start.startswith(npy_header.MAGIC) else ""
        parsed = npy_header.parse(text)
        if parsed is None or parsed[0].kind in "US":
            raise ValueError(f"{quoted(info.filename)} is no plain array of numbers; save floats with np.savez")
        return *parsed, 10 + length

    def load(self, name: str) -> npt.NDArray[np.float64]:
        """The array; takes the memory that its shape asks for, whatever the archive would unpack to."""
        dtype, by_columns, shape, begin = self.headers[name]
        due = dtype.itemsize * int(np.prod(shape, dtype=object))
        try:
            with self.archive.open(name + ".npy" if name + ".npy" in self.archive.NameToInfo else name) as member:
                member.read(begin)
                data = member.read(due)
        except DAMAGE as error:
            raise ValueError(f"{quoted(name)} is damaged: {error}") from None
        if len(data) != due:
            raise ValueError(f"{quoted(name)} is damaged: {len(data)} bytes of {due}")
        return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C").astype(np.float64)


@contextmanager
def open_npz(path: Path, most: int = MAX_BYTES) -> Iterator[Npz]:
    """The archive's arrays. Raises FileError for what is not opened or has more than `most` bytes.

    Raises ValueError where it is no such archive, or holds what is no array of numbers.
    """
    with open_file(path, most, "this model's weights") as file:
        try:
            check_directory(file, MAX_DIRECTORY)
            npz = Npz(zipfile.ZipFile(file))
        except DAMAGE as error:
            raise ValueError(f"no .npz archive, or a damaged one: {error}") from None
        yield npz
