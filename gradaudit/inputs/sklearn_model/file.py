"""Models in files of joblib, pickle and skops, scikit-learn's and Keras's: read inertly, no code of the file runs."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import reason_of
from gradaudit.inputs import content
from gradaudit.inputs.keras.archive import pickled_models
from gradaudit.inputs.pickles import machine, skops_archive
from gradaudit.inputs.pickles.calls import KERAS
from gradaudit.inputs.pickles.inert import UnreadableError
from gradaudit.inputs.pickles.model_bytes import open_model, read_bytes
from gradaudit.inputs.readers import ESTIMATOR, Subject
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.inputs.sklearn_model.tree import networks, objects_in
from gradaudit.inputs.user_code import running


def subjects_in(source: str, X: object = None, y: object = None, *, unsafe_load: bool = False) -> tuple[Subject, ...]:
    """Every network in a file, with X and y, where they are given, as each sees them.

    With `unsafe_load` a file that the inert reader cannot read, or in which it finds no network, goes to the loader
    that scikit-learn's users have, which runs its code. Raises InputError for whatever cannot be read or audited.
    """
    here = Location(source)
    try:
        model = _model(source, unsafe_load=unsafe_load)
        name = PurePath(source).stem
        found = tuple(Subject(spec, X, y) for spec in pickled_models(model, name, here))
        if found and not networks(model):
            return found
        return (*from_estimator(model, X, y, name=name, source=source, here=here), *found)
    except InputError as error:
        raise InputError([Problem(each.message, each.location or here) for each in error.problems]) from None
    except OSError as error:
        raise InputError(Problem(reason_of(error), here)) from None


def _model(source: str, *, unsafe_load: bool) -> object:
    """What the file holds: inert objects, or with `unsafe_load` live ones where those tell nothing."""
    try:
        tree = read_inertly(source)
    except UnreadableError as error:
        if not unsafe_load:
            raise InputError(str(error)) from None
        return _loaded(source)
    return tree if not unsafe_load or networks(tree) or objects_in(tree, KERAS) else _loaded(source)


def read_inertly(source: str) -> object:
    """The file's tree of plain values (inputs/inert.py).

    Raises OSError; FileError for what is not even opened, UnreadableError for what cannot be read.
    """
    kind = content.kind_of(source)
    if kind not in ("", *ESTIMATOR.kinds):
        raise UnreadableError(content.misnamed(kind))
    try:
        if kind == "skops" or source.lower().endswith(".skops"):
            with open_model(source) as file:
                return skops_archive.load_skops(file)
        return machine.load_pickle(read_bytes(source))
    except UnreadableError:
        raise
    except ValueError as error:  # of names that no file can have
        raise UnreadableError(f"cannot be read: {error}") from None


def _loaded(source: str) -> object:
    """The live object, by the loader that runs what the file says. Raises InputError where that fails."""
    with running(f"loading {source}", Path.cwd(), source):
        if not source.lower().endswith(".skops"):
            import joblib

            return joblib.load(source)
        from skops import io

        loader: Any = io
        return loader.load(source, trusted=loader.get_untrusted_types(file=source))


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """Every network in a file, read inertly. Raises InputError."""
    return tuple(subject.spec for subject in subjects_in(source))
