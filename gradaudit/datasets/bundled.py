"""The data sets that scikit-learn brings: digits, iris, wine, breast_cancer, diabetes."""

from __future__ import annotations

from gradaudit.datasets.arrays import input_table, target_array
from gradaudit.datasets.interface import Raw
from gradaudit.spec import ModelSpec

NAMES = ("digits", "iris", "wine", "breast_cancer", "diabetes")


def load(spec: ModelSpec, seed: int) -> Raw:
    """The data set that the spec names, all rows in scikit-learn's order; the seed changes nothing."""
    from sklearn import datasets

    name = spec.data.name
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return Raw(input_table(X), target_array(y), f"{name}, {len(X)} rows")
