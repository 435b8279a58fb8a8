"""Standardising agrees with scikit-learn and survives hard columns."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from gradaudit.datasets import prepare
from gradaudit.datasets.scaling import standardized
from gradaudit.spec import DenseSpec, ModelSpec, Named


def test_columns_as_scikit_learns_scaler() -> None:
    """Mean 0 and standard deviation 1, by the same definition."""
    A = np.random.default_rng(0).normal([1, 50, -3], [1, 0.1, 1000], (200, 3))
    assert np.allclose(standardized(A), StandardScaler().fit_transform(A), atol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0, 1e300])
def test_a_constant_column_becomes_zero(value: float) -> None:
    """No division by zero, and no rounding noise blown up to 1."""
    A = np.column_stack([np.full(7, value), np.arange(7.0)])
    assert np.array_equal(standardized(A)[:, 0], np.zeros(7))


@pytest.mark.parametrize("size", [1e-310, 1e308])
def test_the_largest_and_smallest_numbers_do_not_overflow(size: float) -> None:
    """The result does not depend on the column's unit."""
    A = np.array([[-1.0], [0.5], [1.0]])
    assert np.allclose(standardized(A * size), standardized(A), atol=1e-6)


def test_flags_of_the_data_section() -> None:
    """`standardize` scales the inputs, `standardize_targets` numeric targets, neither is on unasked."""
    X = np.random.default_rng(0).normal(5, 3, (50, 2))
    y = X[:, 0] * 1000
    model = ModelSpec("m", 2, (DenseSpec(1),))
    scaled = ModelSpec("m", 2, (DenseSpec(1),), data=Named.of("csv", standardize=True, standardize_targets=True))
    _, plain = prepare(model, 0, X, y)
    _, data = prepare(scaled, 0, X, y)
    assert np.array_equal(plain.X, X)
    assert np.array_equal(plain.T[:, 0], y)
    assert np.array_equal(data.X, standardized(X))
    assert np.array_equal(data.T, standardized(y[:, None]))
    assert data.description == "given arrays, 50 rows, standardised, targets standardised"


def test_classes_are_never_standardised() -> None:
    """`standardize_targets` means numbers; one-hot targets stay one-hot."""
    model = ModelSpec("m", 4, (DenseSpec(3),), data=Named.of("iris", standardize_targets=True))
    _, data = prepare(model, 0)
    assert set(np.unique(data.T)) == {0, 1}
