"""Keras models inside a pickle or joblib's file: each is a whole `.keras` archive there, and is read as one."""

from __future__ import annotations

from io import BytesIO

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.inputs.keras.archive import from_archive
from gradaudit.inputs.pickles.calls import KERAS
from gradaudit.inputs.pickles.inert import Inert
from gradaudit.inputs.sklearn_model.tree import objects_in


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
