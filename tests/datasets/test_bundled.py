"""scikit-learn's data sets arrive as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from gradaudit.datasets import prepare
from gradaudit.spec import DenseSpec, ModelSpec, Named


@pytest.mark.parametrize(
    ("name", "columns", "units", "loss"),
    [
        ("digits", 64, 10, "cross_entropy"),
        ("iris", 4, 3, "cross_entropy"),
        ("wine", 13, 3, "cross_entropy"),
        ("breast_cancer", 30, 1, "binary_cross_entropy"),
        ("diabetes", 10, 1, "mse"),
    ],
)
def test_rows_and_targets_are_scikit_learns(name: str, columns: int, units: int, loss: str) -> None:
    """Inputs unscaled, targets encoded, the loss decided by them."""
    spec, data = prepare(ModelSpec("m", columns, (DenseSpec(units),), data=Named(name)), 0)
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    assert np.array_equal(data.X, X)
    assert np.array_equal(data.T.argmax(axis=1) if units > 1 else data.T[:, 0], y)
    assert spec.loss == Named(loss)
    assert data.description == f"{name}, {len(X)} rows"
    assert not data.stand_in
