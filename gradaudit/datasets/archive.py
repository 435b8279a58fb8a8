"""npz files: arrays X and y. `{name: npz, path, target}`. Nothing is unpickled, no size is taken on trust."""

from __future__ import annotations

import zipfile
import zlib
from math import prod
from typing import IO, Any

import numpy.typing as npt
from numpy.lib import format as npy

from gradaudit.datasets.arrays import input_table, target_array
from gradaudit.datasets.interface import Raw
from gradaudit.datasets.limits import MAX_CELLS, open_data, reason
from gradaudit.datasets.widths import place
from gradaudit.errors import InputError, Location, Problem
from gradaudit.spec import ModelSpec, Scalar
from gradaudit.zip_directory import check_directory

MAX_DIRECTORY_BYTES = 2**20
"""Of the zip file's table of contents, which zipfile reads whole: some 10,000 arrays."""

_UNREADABLE = (ValueError, OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What zipfile and NumPy raise for archives that are damaged, encrypted or not what they say."""


def load(spec: ModelSpec, seed: int) -> Raw:
    """The npz file of the data section; a relative path in it is relative to the working directory by now."""
    return read_npz(str(spec.data.get("path", "")), spec.data.get("target"), place(spec, "data.path"))


def read_npz(path: str, target: Scalar | None = None, where: Location | None = None) -> Raw:
    """The arrays X and y of an npz file.

    `target` is the name of the array of targets where that is not `y`, `where` is the place that names the file.
    Raises InputError for anything that is not two such arrays of numbers (targets: or text), or too large: sizes are
    checked in the headers before memory is taken.
    """
    here = Location(path)
    try:
        with open_data(path, where) as file:
            check_directory(file, MAX_DIRECTORY_BYTES)
            with zipfile.ZipFile(file) as archive:
                X, y = _member(archive, "X"), _member(archive, str(target or "y"))
    except _UNREADABLE as error:
        raise InputError(Problem(f"cannot be read as an npz file: {reason(error)}", here)) from None
    inputs, targets = input_table(X, here), target_array(y, here)
    return Raw(inputs, targets, f"{path}, {len(inputs)} rows")


def _member(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        names = ", ".join(repr(entry.removesuffix(".npy")[:40]) for entry in archive.namelist()[:5]) or "no arrays"
        hint = "; name the one with the targets (target, or FILE:TARGET)" if name == "y" else ""
        raise ValueError(f"there is no array {name!r} in it, only {names}{hint}") from None
    with archive.open(info) as file:
        _check_header(file, name, info.file_size)
    with archive.open(info) as file:
        array: npt.NDArray[Any] = npy.read_array(file, allow_pickle=False)
    return array


def _check_header(file: IO[bytes], name: str, stored_bytes: int) -> None:
    """Refuse an array whose header asks for more than MAX_CELLS numbers or than the archive holds."""
    if stored_bytes > 8 * MAX_CELLS + 2**16:
        raise ValueError(f"{name} is {stored_bytes / 2**20:,.0f} MiB; {8 * MAX_CELLS // 2**20} MiB are the most")
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name} is of version {version} of NumPy's format; 1.0 and 2.0 are read")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject or dtype.kind not in "biufcUSmM":
        raise ValueError(f"{name} holds Python objects or records; it must hold numbers")
    if any(length < 0 for length in shape) or prod(shape) * dtype.itemsize > stored_bytes:
        raise ValueError(f"{name} claims the shape {shape}, but its data end before that")
    if prod(shape) > MAX_CELLS:
        raise ValueError(f"{name} has {prod(shape):,} values; {MAX_CELLS:,} are the most")
