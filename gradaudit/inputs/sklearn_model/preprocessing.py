"""scikit-learn's transformers from their attributes alone, as their `transform` has it (scikit-learn 0.18 to 1.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradaudit.errors import InputError
from gradaudit.functions.arrays import Array
from gradaudit.inputs.pickles.inert import Inert, Objects, attributes

Facts = Mapping[str, object]

MAX_CELLS = 1 << 26
"""Numbers in what a projection makes: 512 MiB."""
_EPSILON = float(np.finfo(np.float64).eps)


def transformed(step: Inert, path: str, X: Array) -> Array:
    """X, rows × columns, behind a fitted transformer.

    Raises InputError for one that is not known, not fitted, or fitted on others.
    """
    kind = step.kind.name
    table = _TRANSFORMERS.get(kind) if step.kind.module.startswith("sklearn.") else None
    if table is None:
        known = ", ".join(_TRANSFORMERS)
        raise InputError(f"{path}: a {kind} is not applied to data without running its code; known are {known}")
    try:
        with np.errstate(all="ignore"):  # what is not finite then is told of by the data's own checks
            return table(attributes(step), X)
    except KeyError as missing:
        raise InputError(
            f"{path}: this {kind} was never fitted: it has no {missing.args[0]}; fit the model first, or name it as a "
            "Python object (file.py:NAME)"
        ) from None
    except ValueError as error:
        raise InputError(f"{path}: this {kind} does not fit the data: {error}") from None


def _row(facts: Facts, key: str, X: Array) -> Array:
    """An attribute with one number a column of X."""
    return _numbers(facts, key, (X.shape[1],))


def _numbers(facts: Facts, key: str, shape: tuple[int, ...]) -> Array:
    value: Any = facts[key]
    if isinstance(value, Objects) and all(isinstance(item, int | float) for item in value.items):
        value = np.array(value.items, dtype=np.float64)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        raise ValueError(f"{key} is no array of numbers")
    if value.shape != shape:
        raise ValueError(f"{key} has the shape {value.shape}, where the data ask for {shape}")
    return np.asarray(value, dtype=np.float64)


def _standard(facts: Facts, X: Array) -> Array:
    X = X - _row(facts, "mean_", X) if facts["with_mean"] else X
    return X / _row(facts, "scale_", X) if facts["with_std"] else X


def _min_max(facts: Facts, X: Array) -> Array:
    X = X * _row(facts, "scale_", X) + _row(facts, "min_", X)
    low, high = facts["feature_range"] if isinstance(facts["feature_range"], tuple) else (0, 1)
    return np.clip(X, low, high) if facts.get("clip") else X


def _max_abs(facts: Facts, X: Array) -> Array:
    X = X / _row(facts, "scale_", X)
    return np.clip(X, -1.0, 1.0) if facts.get("clip") else X


def _robust(facts: Facts, X: Array) -> Array:
    X = X - _row(facts, "center_", X) if facts["with_centering"] else X
    return X / _row(facts, "scale_", X) if facts["with_scaling"] else X


def _imputed(facts: Facts, X: Array) -> Array:
    """Columns without a statistic were empty when it was fitted; they are dropped."""
    missing, fill = facts["missing_values"], _row(facts, "statistics_", X)
    if missing == "NaN":  # of Imputer, up to scikit-learn 0.21
        missing = np.nan
    if facts.get("add_indicator") or not isinstance(missing, int | float):
        raise ValueError("it adds columns, or fills in what is no number")
    X = np.where(np.isnan(X) if np.isnan(missing) else np.equal(X, missing), fill, X)
    return X if facts.get("keep_empty_features") else X[:, ~np.isnan(fill)]


def _pca(facts: Facts, X: Array) -> Array:
    X = _projected(facts, X - _row(facts, "mean_", X))
    if not facts["whiten"]:
        return X
    return X / np.maximum(np.sqrt(_row(facts, "explained_variance_", X)), _EPSILON)


def _projected(facts: Facts, X: Array) -> Array:
    components: Any = facts["components_"]
    rows = components.shape[0] if isinstance(components, np.ndarray) and components.ndim == 2 else 0
    if rows * len(X) > MAX_CELLS:
        raise ValueError(f"it would make {rows:,} columns of {len(X):,} rows")
    return X @ _numbers(facts, "components_", (rows, X.shape[1])).T


def _normalized(facts: Facts, X: Array) -> Array:
    norms = {"l1": lambda: np.abs(X).sum(axis=1), "l2": lambda: np.linalg.norm(X, axis=1)}
    length = norms.get(str(facts["norm"]), lambda: np.abs(X).max(axis=1))()[:, None]
    return X / np.where(length < 10 * _EPSILON, 1.0, length)


def _selected(facts: Facts, X: Array) -> Array:
    threshold: Any = facts["threshold"]
    return X[:, _row(facts, "variances_", X) > float(threshold)]


def _function(facts: Facts, X: Array) -> Array:
    if facts["func"] is not None:
        raise ValueError("it calls a function")
    return X


_TRANSFORMERS: Mapping[str, Callable[[Facts, Array], Array]] = {
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "RobustScaler": _robust,
    "SimpleImputer": _imputed,
    "Imputer": _imputed,
    "PCA": _pca,
    "TruncatedSVD": _projected,
    "Normalizer": _normalized,
    "VarianceThreshold": _selected,
    "FunctionTransformer": _function,
}
