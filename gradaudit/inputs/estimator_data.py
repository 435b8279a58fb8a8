"""What the network inside an estimator sees of the data that the estimator was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.errors import InputError

AnyArray = npt.NDArray[Any]


def network_of(estimator: object) -> Any:  # noqa: ANN401 - an estimator's attributes carry no annotations
    """The MLPClassifier or MLPRegressor: the estimator itself, or the last step of a Pipeline."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import Pipeline

    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    if isinstance(estimator, MLPClassifier | MLPRegressor):
        return estimator
    kind = (
        f"the class {estimator.__name__}"
        if isinstance(estimator, type)
        else f"an object of type {type(estimator).__name__}"
    )
    raise InputError(
        f"{kind} is not audited; give an MLPClassifier, an MLPRegressor or a Pipeline that ends in one, "
        "such as a search's best_estimator_"
    )


def steps_of(estimator: object) -> list[tuple[str, Mapping[str, object]]]:
    """The class and the attributes of each of a Pipeline's steps before the network, in their order."""
    from sklearn.pipeline import Pipeline

    found: list[tuple[str, Mapping[str, object]]] = []
    while isinstance(estimator, Pipeline):
        *before, (_, estimator) = estimator.steps
        found += [(type(step).__name__, getattr(step, "__dict__", {})) for _, step in before]
    return found


def is_fitted(mlp: object) -> bool:
    """Whether it has weights."""
    return hasattr(mlp, "coefs_")


def number_of_rows(X: Any) -> int:  # noqa: ANN401 - any array-like may come
    """Of an array, a data frame, a sparse matrix or a list."""
    try:
        return int(X.shape[0]) if hasattr(X, "shape") else len(X)
    except (TypeError, IndexError):
        raise InputError(f"X must be a table, rows × columns, not a {type(X).__name__}") from None


def network_data(estimator: object, X: object, y: object) -> tuple[AnyArray, AnyArray]:
    """X behind a Pipeline's earlier steps, and y as the network is trained on it.

    The steps transform as they were fitted, or are fitted on X and y (as clones) where the network was not.
    A classifier's classes become 0, 1, … in their sorted order; a regressor's targets become floats. Raises
    InputError where X is no table, a step fails, or y is not what a classifier is trained on.
    """
    from sklearn.neural_network import MLPClassifier

    mlp = network_of(estimator)
    inputs, targets = _array(_behind_steps(estimator, X, y, is_fitted(mlp)), "X"), _array(y, "y")
    if inputs.ndim != 2:
        raise InputError(f"X has the shape {inputs.shape}; it must be a table, rows × columns")
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if isinstance(mlp, MLPClassifier):
        return inputs, _codes(mlp, targets) if targets.ndim == 1 else _labels(targets)
    return inputs, targets.astype(np.float64) if targets.dtype.kind in "biuf" else targets


def _behind_steps(estimator: object, X: object, y: object, fitted: bool) -> object:
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    while isinstance(estimator, Pipeline):
        steps, estimator = estimator[:-1], estimator.steps[-1][1]
        try:
            if len(steps):
                X = steps.transform(X) if fitted else clone(steps).fit_transform(X, y)
        except Exception as error:
            message = " ".join(str(error).split())[:300]
            raise InputError(f"the steps before the network failed on X: {type(error).__name__}: {message}") from error
    return X


def _array(values: Any, name: str) -> AnyArray:  # noqa: ANN401
    try:
        return np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} cannot be read as an array: {' '.join(str(error).split())[:200]}") from None


def _codes(mlp: Any, y: AnyArray) -> AnyArray:  # noqa: ANN401
    """Each class's place among those that the classifier knows, or will know once it is fitted."""
    if y.dtype.kind == "f" and not np.array_equal(y, np.rint(y)):
        raise InputError("y holds numbers that are no classes, or missing values; an MLPClassifier needs classes")
    try:
        known = (mlp.classes_ if is_fitted(mlp) else np.unique(y)).tolist()
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
