"""NumPy's .npz, read without trust: no pickles, and of an array only the header until its numbers are asked for."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy.typing as npt

from gradaudit.errors import short_reason, shortened
from gradaudit.files.npy import Header, array_of, read_header
from gradaudit.files.zip_directory import check_directory

MAX_DIRECTORY = 1 << 20
"""Bytes of the table of contents: some 10,000 arrays."""
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError, OSError)
"""What zipfile raises for archives that are damaged, encrypted or not what they say."""


class Npz:
    """An open archive. Every method raises ValueError, which names the array, where it is not as it says."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            check_directory(file, MAX_DIRECTORY)
            self.archive = zipfile.ZipFile(file)
        except (*DAMAGE, ValueError) as error:
            raise ValueError(f"no .npz archive, or a damaged one: {short_reason(error)}") from None
        self._members = {info.filename.removesuffix(".npy"): info for info in self.archive.infolist()}
        self._headers: dict[str, Header] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The arrays' names."""
        return tuple(self._members)

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each array; all of them must be real numbers."""
        for name in self.names:
            dtype = self.header(name).dtype
            if dtype is None or dtype.kind not in "biuf":
                raise ValueError(f"{_shown(name)} is no plain array of numbers; save floats with np.savez")
        return {name: header.shape for name, header in self._headers.items()}

    def header(self, name: str) -> Header:
        """Type, shape and place of an array that the archive has; the file holds as many bytes as that asks for."""
        if name not in self._headers:
            info = self._members[name]
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{_shown(name)} is compressed in a way that np.savez does not use")
            try:
                with self.archive.open(info) as member:
                    header = read_header(member)
            except (*DAMAGE, ValueError) as error:
                raise _fault(name, error) from None
            if header.dtype is not None and header.begin + header.nbytes > info.file_size:
                raise ValueError(f"{_shown(name)} claims the shape {header.shape}, but its data end before that")
            self._headers[name] = header
        return self._headers[name]

    def load(self, name: str) -> npt.NDArray[Any]:
        """The array as it is stored, in the memory that its header asks for, whatever the archive unpacks to.

        Raises ValueError where the archive is damaged there.
        """
        header = self.header(name)
        try:
            with self.archive.open(self._members[name]) as member:
                member.read(header.begin)
                return array_of(member.read(header.nbytes), header)
        except (*DAMAGE, ValueError) as error:
            raise _fault(name, error) from None


def _fault(name: str, error: Exception) -> ValueError:
    if isinstance(error, ValueError):
        return ValueError(f"{_shown(name)} {error}")
    return ValueError(f"{_shown(name)} is damaged: {short_reason(error)}")


def _shown(name: str) -> str:
    return repr(shortened(name, 40))
