"""Standardising agrees with scikit-learn and survives hard columns; a model's own scaling is applied to the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from gradaudit.datasets import prepare
from gradaudit.datasets.scaling import standardized
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Scaling
from gradaudit.errors import InputError


def test_columns_as_scikit_learns_scaler() -> None:
    """Mean 0 and standard deviation 1, by the same definition."""
    A = np.random.default_rng(0).normal([1, 50, -3], [1, 0.1, 1000], (200, 3))
    assert np.allclose(standardized(A), StandardScaler().fit_transform(A), atol=1e-12)


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.float32])
def test_whole_numbers_become_fractions(kind: type) -> None:
    """Prices in a column without a decimal point are numbers like others."""
    A = np.array([[10], [25], [40], [90]])
    assert np.allclose(standardized(A.astype(kind)), StandardScaler().fit_transform(A), atol=1e-6)


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
    assert data.description == "your own data, 50 rows, standardised, targets standardised"


def test_classes_are_never_standardised() -> None:
    """`standardize_targets` means numbers; one-hot targets stay one-hot."""
    model = ModelSpec("m", 4, (DenseSpec(3),), data=Named.of("iris", standardize_targets=True))
    _, data = prepare(model, 0)
    assert set(np.unique(data.T)) == {0, 1}


def test_data_are_scaled_as_the_model_does_before_its_first_layer() -> None:
    """(x − offset)·scale, one after another, of given rows and of files; a stand-in is drawn as they leave it."""
    scalings = (
        Scaling(np.array([1.0, 2.0]), np.array([10.0, 100.0])),
        Scaling(np.array([5.0]), np.array([0.5])),
    )
    spec = ModelSpec("m", 2, (DenseSpec(1),), scalings=scalings)
    X = np.array([[1.0, 2.0], [2.0, 3.0]])

    _, given = prepare(spec, 0, X, np.array([0.5, 1.5]))
    _, drawn = prepare(spec, 0)
    _, plain = prepare(replace(spec, scalings=()), 0)
    assert given.X.tolist() == [[-2.5, -2.5], [2.5, 47.5]]
    assert given.description.endswith("scaled as by the model")
    assert np.array_equal(drawn.X, plain.X)


def test_a_scaling_that_overflows_is_refused() -> None:
    """A variance of 0 in a normalisation, say."""
    spec = ModelSpec("m", 1, (DenseSpec(1),), scalings=(Scaling(np.zeros(1), np.array([np.inf])),))

    with pytest.raises(InputError, match="the model's own scaling of its inputs makes them infinite"):
        prepare(spec, 0, np.array([[0.0], [1.0]]), np.array([0.5, 1.5]))
