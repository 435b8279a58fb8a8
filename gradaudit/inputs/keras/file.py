"""Keras's files, told apart by how they begin: `.keras` archives, and HDF5 under whatever suffix."""

from __future__ import annotations

from pathlib import PurePath

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import open_file, size_of
from gradaudit.inputs.keras.archive import from_archive
from gradaudit.inputs.keras.hdf5 import from_hdf5

MAX_BYTES = 2 << 30
"""Of HDF5, of which only the arrays that are needed are read."""
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """The model in a file of Keras's. Raises InputError, SpecError or MissingLibraryError."""
    here, name = Location(source), PurePath(source).stem
    with open_file(source, MAX_BYTES, "a Keras model") as file:
        begins = file.read(len(_HDF5))
        file.seek(0)
        if begins == _HDF5:
            return (from_hdf5(file, size_of(file), name, here),)
        if begins.startswith(b"PK") or source.lower().endswith(".keras"):
            return (from_archive(file, name, here),)
    says = "this is neither HDF5 nor a Keras archive; save the model with model.save('m.keras')"
    raise InputError(Problem(says, here))
