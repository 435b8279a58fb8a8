"""What a network inside an estimator sees of the data that the estimator was given."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradaudit.errors import InputError, short_reason
from gradaudit.functions.arrays import AnyArray, Array
from gradaudit.inputs.pickles.inert import Inert, Objects
from gradaudit.inputs.sklearn_model.perceptron import Perceptron
from gradaudit.inputs.sklearn_model.preprocessing import transformed
from gradaudit.inputs.sklearn_model.tree import FoundNetwork, Passed, attributes_of, class_of


def number_of_rows(X: Any) -> int:  # noqa: ANN401 - any array-like may come
    """How many rows an array, a data frame, a sparse matrix or a list has."""
    try:
        return int(X.shape[0]) if hasattr(X, "shape") else len(X)
    except (TypeError, IndexError):
        raise InputError(f"X must be a table, rows × columns, not a {type(X).__name__}") from None


def network_data(found: FoundNetwork, mlp: Perceptron, X: object, y: object) -> tuple[AnyArray, AnyArray]:
    """X and y as the network is trained on them, behind whatever transforms them on their way.

    A Pipeline's steps transform as they were fitted, or are fitted on X and y (as clones) where the network was not.
    A classifier's classes become 0, 1, … in their sorted order; a regressor's targets become floats. Raises
    InputError where X is no table, a step fails or cannot be applied, or y is not what a classifier is trained on.
    """
    X = _in_order(found, X)
    for passed in found.route:
        if passed.side == "inputs":
            X = _behind_step(passed, X, y, fitted=mlp.fitted is not None)
        elif passed.side == "targets":
            y = _behind_target_transformer(passed, y)
        else:
            kind = class_of(passed.thing)
            raise InputError(
                f"{found.path}: what a {kind} makes of its data for the networks in it is not known; leave the data "
                "away, or audit one of them alone"
            )
    inputs, targets = _array(X, "X"), _array(y, "y")
    if inputs.ndim != 2:
        raise InputError(f"X has the shape {inputs.shape}; it must be a table, rows × columns")
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if mlp.is_classifier:
        return inputs, _codes(mlp, targets) if targets.ndim == 1 else _labels(targets)
    return inputs, targets.astype(np.float64) if targets.dtype.kind in "biuf" else targets


def _in_order(found: FoundNetwork, X: object) -> object:
    """The columns by the names that the model was fitted on, where both have names; a live model sees to a frame."""
    things = (*(passed.thing for passed in found.route), found.thing)
    wanted = next((names for thing in things if (names := _fitted_on(thing))), [])
    given: Any = getattr(X, "columns", None)
    if not wanted or given is None or (hasattr(X, "iloc") and not isinstance(found.thing, Inert)):
        return X
    there = [str(name) for name in given]
    missing = [name for name in wanted if name not in there]
    if missing:
        raise InputError(f"the model was fitted on a column {missing[0]!r}; the data have {', '.join(there[:20])}")
    return _array(X, "X")[:, [there.index(name) for name in wanted]]


def _fitted_on(thing: object) -> list[str]:
    """The names of the columns that a step was fitted on; none where it was fitted on a bare array."""
    names = attributes_of(thing).get("feature_names_in_")
    listed = names.items if isinstance(names, Objects) else names.tolist() if isinstance(names, np.ndarray) else []
    return [name for name in listed if isinstance(name, str)]


def _behind_step(passed: Passed, X: object, y: object, *, fitted: bool) -> object:
    """Inert steps by their attributes, live ones by their own code."""
    if isinstance(passed.thing, Inert):
        return transformed(passed.thing, passed.path, _table(X))
    from sklearn.base import clone

    step: Any = passed.thing
    try:
        return step.transform(X) if fitted else clone(step).fit_transform(X, y)
    except Exception as error:
        says = f"the steps before the network failed on X: {type(error).__name__}: {short_reason(error, 300)}"
        raise InputError(says) from error


def _behind_target_transformer(passed: Passed, y: object) -> object:
    """The targets as TransformedTargetRegressor hands them on once it is fitted."""
    transformer: Any = attributes_of(passed.thing).get("transformer_")
    if transformer is None:
        raise InputError(f"{passed.path or 'the model'}: this TransformedTargetRegressor was never fitted")
    column = _array(y, "y")
    table = column[:, None] if column.ndim == 1 else column
    if isinstance(transformer, Inert):
        return transformed(transformer, f"{passed.path}.transformer_".removeprefix("."), _table(table))
    return transformer.transform(table)


def _table(X: object) -> Array:
    """What inert transformers compute on."""
    array = _array(X, "X")
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise InputError("the data must be a table of numbers for the steps before the network")
    return array.astype(np.float64)


def _array(values: Any, name: str) -> AnyArray:  # noqa: ANN401
    try:
        return np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} cannot be read as an array: {short_reason(error)}") from None


def _codes(mlp: Perceptron, y: AnyArray) -> AnyArray:
    """Each class's place among those that the classifier knows, or will know once it is fitted."""
    if y.dtype.kind == "f" and not np.array_equal(y, np.rint(y)):
        raise InputError("y holds numbers that are no classes, or missing values; an MLPClassifier needs classes")
    try:
        known = mlp.fitted.classes if mlp.fitted else np.unique(y).tolist()
    except TypeError:
        raise InputError("y mixes values that cannot be sorted, such as text and numbers") from None
    places = {value: place for place, value in enumerate(known)}
    strange = [value for value in y.tolist() if value not in places]
    if strange:
        raise InputError(f"y has the class {strange[0]!r}, which the classifier was not fitted on")
    return np.array([places[value] for value in y.tolist()], dtype=np.int64)


def _labels(y: AnyArray) -> AnyArray:
    """A multilabel table goes as it is."""
    if y.ndim != 2 or y.dtype.kind not in "biuf" or not np.isin(y, (0, 1)).all():
        raise InputError(f"y has the shape {y.shape}; for an MLPClassifier it must be a column, or a table of 0 and 1")
    return y.astype(np.float64)
