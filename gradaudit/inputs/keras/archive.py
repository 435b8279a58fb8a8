"""`.keras` archives: a zip of the configuration as JSON and the weights as HDF5, in files and inside pickles."""

from __future__ import annotations

import json
import zipfile
import zlib
from io import BytesIO
from typing import BinaryIO

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem, SpecError, short_reason
from gradaudit.files.zip_directory import check_directory, check_names
from gradaudit.inputs.keras.configuration import model_of
from gradaudit.inputs.keras.stored import ArchiveStored, ArrayBudget
from gradaudit.inputs.keras.weights_file import MAX_CONFIG, MAX_WEIGHTS, read_hdf5
from gradaudit.inputs.pickles.calls import KERAS
from gradaudit.inputs.pickles.inert import Inert
from gradaudit.inputs.sklearn_model.tree import objects_in
from gradaudit.inputs.yaml_text.plain_tree import tree_at
from gradaudit.inputs.yaml_text.tree import TreeNode

MAX_BYTES = 256 << 20
"""Of the archive, and of the HDF5 in it, where an optimizer keeps two more arrays for each of the model's."""
_MAX_DIRECTORY = 1 << 16
"""Bytes of the zip's table of contents: Keras writes three or four files."""
CONFIG, WEIGHTS = "config.json", "model.weights.h5"

_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError, NotImplementedError)
"""What zipfile raises for archives that are damaged, encrypted or packed in another way."""


def from_archive(file: BinaryIO, name: str, here: Location) -> ModelSpec:
    """The model in an open archive: as its configuration draws it, and with its weights.

    Raises InputError for one that is damaged, too large or not audited, SpecError for impossible values,
    MissingLibraryError where h5py is missing.
    """
    try:
        config, weights = _members(file)
        tree = tree_at(json.loads(config), here)
    except RecursionError:
        raise InputError(Problem(f"its {CONFIG} is nested too deeply", here)) from None
    except _BROKEN as error:
        raise InputError(Problem(f"cannot be read as a Keras archive: {short_reason(error)}", here)) from None
    _check(tree, here)
    root = read_hdf5(weights, len(weights), here, f"its {WEIGHTS}")
    return model_of(tree, name, ArchiveStored(root, ArrayBudget(min(len(weights), MAX_WEIGHTS))))


def _members(file: BinaryIO) -> tuple[bytes, bytes]:
    """Configuration and weights, unpacked within bounds; nothing is written, so no path in the archive matters."""
    length = file.seek(0, 2)
    if length > MAX_BYTES:
        raise ValueError(f"it is {length >> 20:,} MiB; {MAX_BYTES >> 20} MiB are the most")
    file.seek(0)
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


def _check(tree: TreeNode, here: Location) -> None:
    """The configuration must be that of a model."""
    if not isinstance(tree.value, dict) or not {"class_name", "config"} <= tree.value.keys():
        raise SpecError(Problem(f"its {CONFIG} is no configuration of a Keras model", here))


def pickled_models(tree: object, name: str, here: Location) -> tuple[ModelSpec, ...]:
    """The Keras models in what the inert reader made of a file, named by their places in it; none where there is none.

    Raises InputError, SpecError or MissingLibraryError as for an archive.
    """
    return tuple(_model(found.thing, f"{name}.{found.path}".rstrip("."), here) for found in objects_in(tree, KERAS))


def _model(pickled: object, name: str, here: Location) -> ModelSpec:
    archive = _archive(pickled)
    if archive is None:
        says = f"{name}: a Keras model of an older form is in it; where it was made, write model.save('model.keras')"
        raise InputError(Problem(says, here))
    return from_archive(BytesIO(archive), name, here)


def _archive(pickled: object) -> memoryview | None:
    """The bytes that the call was given; before Keras 2.12 they were a tar of TensorFlow's SavedModel."""
    given = pickled.arguments[0] if isinstance(pickled, Inert) and pickled.arguments else None
    if isinstance(given, Inert) and isinstance(given.state, tuple) and given.state:
        given = given.state[0]
    return given if isinstance(given, memoryview) and bytes(given[:2]) == b"PK" else None
