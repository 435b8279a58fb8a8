"""The data sets that scikit-learn brings: digits, iris, wine, breast_cancer, diabetes.

They are read from its files, once a process: importing `sklearn.datasets` takes longer than many an audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gradaudit.datasets.arrays import input_table, target_array
from gradaudit.datasets.interface import Raw
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec
from gradaudit.functions.arrays import AnyArray, Array

Table: TypeAlias = tuple[Array, AnyArray]
"""Inputs, and targets in one column."""


def load(spec: ModelSpec, seed: int) -> Raw:
    """The data set that the spec names, all rows in scikit-learn's order; the seed changes nothing."""
    X, y = table(spec.data.name)
    return Raw(X, y, f"{spec.data.name}, {counted(len(X), 'row')}")


@cache
def table(name: str) -> Table:
    """The very arrays of scikit-learn's `load_…(return_X_y=True)`; whoever asks is given the same ones, to read."""
    try:
        X, y = _READERS[name](folder())
    except (OSError, ValueError):  # another release may keep its files elsewhere
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    X, y = input_table(X), target_array(y)
    X.flags.writeable = y.flags.writeable = False
    return X, y


def folder() -> Path:
    """The folder in which scikit-learn keeps its data files, found without importing it."""
    places = getattr(find_spec("sklearn"), "submodule_search_locations", None)
    if not places:
        raise FileNotFoundError("scikit-learn is not installed")
    return Path(places[0]) / "datasets" / "data"


def _with_class_names(file: str, within: Path) -> Table:
    """A CSV file whose first line counts rows and columns and names the classes; the last column is the class."""
    return _class_last(np.loadtxt(within / file, delimiter=",", skiprows=1, encoding="utf-8"))


def _digits(within: Path) -> Table:
    return _class_last(_unzipped(within / "digits.csv.gz", ","))


def _diabetes(within: Path) -> Table:
    """Its inputs as scikit-learn gives them: centred, each column of length 1."""
    X = _unzipped(within / "diabetes_data_raw.csv.gz", None)
    mean, std = X.mean(axis=0), X.std(axis=0)  # in its order, so that the last bits are its own too
    X = (X - mean) / std / len(X) ** 0.5
    return X, _unzipped(within / "diabetes_target.csv.gz", None)


def _unzipped(path: Path, delimiter: str | None) -> Array:
    import gzip

    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return np.loadtxt(lines, delimiter=delimiter)


def _class_last(rows: Array) -> Table:
    return np.ascontiguousarray(rows[:, :-1]), rows[:, -1].astype(np.int64)


_READERS: Mapping[str, Callable[[Path], Table]] = {
    "digits": _digits,
    "iris": partial(_with_class_names, "iris.csv"),
    "wine": partial(_with_class_names, "wine_data.csv"),
    "breast_cancer": partial(_with_class_names, "breast_cancer.csv"),
    "diabetes": _diabetes,
}
NAMES = tuple(_READERS)
