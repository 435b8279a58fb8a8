"""Transformers read from a pickle do to data what scikit-learn's own do."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

from gradaudit.errors import InputError
from gradaudit.inputs.pickles.inert import Inert, attributes
from gradaudit.inputs.pickles.machine import load_pickle
from gradaudit.inputs.sklearn_model.preprocessing import transformed

RNG = np.random.default_rng(0)
TRAIN, X = RNG.normal(2.0, 3.0, (50, 4)), RNG.normal(-1.0, 5.0, (20, 4))
CONSTANT = np.column_stack([TRAIN[:, :3], np.ones(50)])
HOLES = np.where(RNG.random((50, 4)) < 0.2, np.nan, TRAIN)
EMPTY = np.column_stack([TRAIN[:, :3], np.full(50, np.nan)])


def inert(transformer: Any) -> Inert:
    """The transformer as a file of it would be read."""
    read = load_pickle(pickle.dumps(transformer))
    assert isinstance(read, Inert)
    return read


@pytest.mark.parametrize(
    ("transformer", "train"),
    [
        (StandardScaler(), TRAIN),
        (StandardScaler(), CONSTANT),
        (StandardScaler(with_mean=False), TRAIN),
        (StandardScaler(with_std=False), TRAIN),
        (MinMaxScaler(), TRAIN),
        (MinMaxScaler((-2, 3), clip=True), TRAIN),
        (MaxAbsScaler(), TRAIN),
        (RobustScaler(), TRAIN),
        (RobustScaler(with_centering=False), TRAIN),
        (RobustScaler(with_scaling=False), TRAIN),
        (SimpleImputer(), HOLES),
        (SimpleImputer(strategy="median"), HOLES),
        (SimpleImputer(strategy="constant", fill_value=7.0, missing_values=-1), np.rint(TRAIN)),
        (SimpleImputer(keep_empty_features=True), EMPTY),
        (PCA(2), TRAIN),
        (PCA(3, whiten=True), TRAIN),
        (TruncatedSVD(2), TRAIN),
        (Normalizer("l1"), TRAIN),
        (Normalizer("l2"), TRAIN),
        (Normalizer("max"), TRAIN),
        (VarianceThreshold(), CONSTANT),
        (VarianceThreshold(8.0), TRAIN),
        (FunctionTransformer(), TRAIN),
    ],
    ids=lambda part: str(part) if not isinstance(part, np.ndarray) else "",
)
def test_data_are_transformed_as_scikit_learn_does(transformer: Any, train: np.ndarray) -> None:
    """On the data that it was fitted on, and on others."""
    transformer.fit(train)
    for data in (train, X, np.rint(X)):
        expected = transformer.transform(data.copy())
        assert transformed(inert(transformer), "steps[0]", data) == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_columns_that_were_empty_are_dropped() -> None:
    """As the imputer does where it is not told to keep them."""
    imputer = SimpleImputer().fit(EMPTY)
    assert np.array_equal(transformed(inert(imputer), "", X), imputer.transform(X))


def test_the_imputer_of_older_versions_is_known() -> None:
    """Up to scikit-learn 0.21 it had another name, and another word for what is missing."""
    now, then = inert(SimpleImputer().fit(HOLES)), inert(SimpleImputer().fit(HOLES))
    then.kind = type(then.kind)("sklearn.preprocessing.imputation", "Imputer")
    then.state = {"missing_values": "NaN", "axis": 0, "statistics_": attributes(now)["statistics_"]}
    assert np.array_equal(transformed(then, "", HOLES), transformed(now, "", HOLES))


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        (StandardScaler(), "steps[0].a: this StandardScaler was never fitted: it has no mean_"),
        (PolynomialFeatures().fit(X), "a PolynomialFeatures is not applied to data without running its code; known"),
        (FunctionTransformer(np.log1p).fit(X), "this FunctionTransformer does not fit the data: it calls a function"),
        (SimpleImputer(add_indicator=True).fit(X), "it adds columns"),
        (StandardScaler().fit(X[:, :2]), "mean_ has the shape (2,), where the data ask for (4,)"),
        (PCA(2).fit(X[:, :2]), "mean_ has the shape (2,), where the data ask for (4,)"),
    ],
)
def test_what_cannot_be_applied_is_told(transformer: Any, message: str) -> None:
    """By its place, its class and the reason."""
    with pytest.raises(InputError) as error:
        transformed(inert(transformer), "steps[0].a", X)
    assert message in str(error.value)


def test_attributes_of_other_kinds() -> None:
    """A file may have text, or nothing, where numbers should be."""
    scaler = StandardScaler().fit(X)
    for wrong in (np.array(["a"] * 4), None, 3.0):
        scaler.mean_ = wrong
        with pytest.raises(InputError, match="mean_ is no array of numbers"):
            transformed(inert(scaler), "a", X)


def test_a_class_of_the_same_name_elsewhere() -> None:
    """Only scikit-learn's own are known by what they do."""
    mine = inert(StandardScaler().fit(X))
    mine.kind = type(mine.kind)("mine", "StandardScaler")
    with pytest.raises(InputError, match="is not applied to data"):
        transformed(mine, "a", X)
