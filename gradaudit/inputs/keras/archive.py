"""`.keras` archives: a zip of the configuration as JSON and the weights as HDF5, which h5py reads (an extra)."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

from gradaudit.errors import InputError, Location, MissingLibraryError, Problem, SpecError
from gradaudit.files.opening import open_file
from gradaudit.files.zip_directory import check_directory, check_names
from gradaudit.inputs.interface import Reader
from gradaudit.inputs.keras import model_of
from gradaudit.inputs.keras.stored import DAMAGE, Budget, Stored
from gradaudit.inputs.plain_tree import tree_at
from gradaudit.inputs.yaml_tree import Node
from gradaudit.spec import ModelSpec

MAX_BYTES = 256 << 20
"""Of the archive, and of the HDF5 in it, where an optimizer keeps two more arrays for each of the model's."""
MAX_WEIGHTS = 128 << 20
"""Bytes of the model's own arrays."""
MAX_CONFIG = 1 << 20
_MAX_DIRECTORY = 1 << 16
"""Bytes of the zip's table of contents: Keras writes three or four files."""
_HDF5 = b"\x89HDF\r\n\x1a\n"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"

_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError, NotImplementedError)
"""What zipfile raises for archives that are damaged, encrypted or packed in another way."""


def from_archive(source: str) -> ModelSpec:
    """The model in a `.keras` file: as its configuration draws it, and with its weights.

    Raises InputError for a file that is missing, damaged, too large or not audited, SpecError for impossible values,
    MissingLibraryError where h5py is missing.
    """
    here = Location(source)
    try:
        with open_file(source, MAX_BYTES, "a Keras archive") as file:
            config, weights = _members(file)
        tree = tree_at(json.loads(config), here)
    except RecursionError:
        raise InputError(Problem(f"its {CONFIG} is nested too deeply", here)) from None
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200]
        raise InputError(Problem(f"cannot be read as a Keras archive: {reason}", here)) from None
    _check(tree, here)
    with _stored(weights, here) as stored:
        return model_of(tree, PurePath(source).stem, stored)


def _members(file: BinaryIO) -> tuple[bytes, bytes]:
    """Configuration and weights, unpacked within bounds; nothing is written, so no path in the archive matters."""
    if file.read(len(_HDF5)) == _HDF5:
        raise ValueError("it is HDF5, Keras's older format; save the model anew with model.save('model.keras')")
    check_directory(file, _MAX_DIRECTORY)
    with zipfile.ZipFile(file) as archive:
        check_names(archive)
        return _member(archive, CONFIG, MAX_CONFIG), _member(archive, WEIGHTS, MAX_BYTES)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    if name not in archive.NameToInfo:
        raise ValueError(f"there is no {name} in it")
    info = archive.NameToInfo[name]
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in another way than by deflate")
    with archive.open(info) as member:
        data = member.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{name} is larger than {most >> 20} MiB")
    return data


def _check(tree: Node, here: Location) -> None:
    """The configuration must be that of a model."""
    if not isinstance(tree.value, dict) or not {"class_name", "config"} <= tree.value.keys():
        raise SpecError(Problem(f"its {CONFIG} is no configuration of a Keras model", here))


@contextmanager
def _stored(data: bytes, here: Location) -> Iterator[Stored]:
    """The open weights; the file is in memory, and nothing outside it is opened."""
    try:
        import h5py
    except ImportError:
        message = "its weights are HDF5, which h5py reads: pip install 'gradaudit[keras-files]'"
        instead = "; or write the architecture alone, model.to_json(), to a .json file"
        raise MissingLibraryError(Problem(message + instead, here)) from None
    try:
        file = h5py.File(BytesIO(data), "r")
    except DAMAGE as error:
        message = f"its {WEIGHTS} cannot be read: {' '.join(str(error).split())[:200]}"
        raise InputError(Problem(message, here)) from None
    with file:
        yield Stored(file, Budget(min(len(data), MAX_WEIGHTS)))


class KerasArchiveReader:
    """Reads `*.keras`."""

    name = "Keras archive (.keras)"
    kinds: tuple[str, ...] = ("keras",)

    def reads(self, source: str) -> bool:
        return source.lower().endswith(".keras")

    def read(self, source: str) -> tuple[ModelSpec, ...]:
        return (from_archive(source),)


READER: Reader = KerasArchiveReader()
