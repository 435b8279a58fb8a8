"""HDF5 files, which h5py reads (an extra): opened within the file, so that nothing outside it is followed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from gradaudit.errors import InputError, Location, MissingLibraryError, Problem
from gradaudit.inputs.keras.stored import DAMAGE

MAX_WEIGHTS = 128 << 20
"""Bytes of the model's own arrays."""
MAX_CONFIG = 1 << 20
"""Bytes of its configuration."""


@contextmanager
def open_hdf5(data: BinaryIO, here: Location, what: str = "it") -> Iterator[Any]:
    """The open file; `what` is how messages call it.

    Raises MissingLibraryError where h5py is missing, InputError for what is no HDF5.
    """
    try:
        import h5py
    except ImportError:
        message = f"{what if what != 'it' else 'this file'} is HDF5, which h5py reads: "
        instead = (
            "pip install 'gradaudit[keras-files]'; or write the architecture alone, model.to_json(), to a .json file"
        )
        raise MissingLibraryError(Problem(message + instead, here)) from None
    try:
        file = h5py.File(data, "r")
    except DAMAGE as error:
        message = f"{what} cannot be read as HDF5: {' '.join(str(error).split())[:200]}"
        raise InputError(Problem(message, here)) from None
    with file:
        yield file
