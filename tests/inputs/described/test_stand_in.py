"""Where no data are given, the stand-in looks like what the network's own scaler lets through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, PowerTransformer, RobustScaler, StandardScaler

from gradaudit.datasets import prepare
from gradaudit.domain.spec import Named
from gradaudit.inputs.described.stand_in import stand_in
from gradaudit.inputs.sklearn_model.estimator import from_estimator

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(50.0, 4.0, (4000, 3))
EVEN = RNG.uniform(40.0, 60.0, (4000, 3))
y = RNG.integers(0, 3, 4000)


@pytest.mark.parametrize(
    ("steps", "X"),
    [
        ((StandardScaler(),), NORMAL),
        ((StandardScaler(with_mean=False),), NORMAL),
        ((MinMaxScaler(),), EVEN),
        ((MinMaxScaler(feature_range=(-1, 3)),), EVEN),
        ((MaxAbsScaler(),), EVEN - 50),
        ((RobustScaler(),), NORMAL),
        ((RobustScaler(unit_variance=True),), NORMAL),
        ((RobustScaler(quantile_range=(10, 90)), SimpleImputer()), NORMAL),
        ((PowerTransformer(),), NORMAL),
        ((PCA(2),), NORMAL),
        ((StandardScaler(), PCA(whiten=True)), NORMAL),
    ],
    ids=str,
)
def test_the_stand_in_has_the_mean_and_spread_of_what_leaves_the_steps(steps: tuple[Any, ...], X: np.ndarray) -> None:
    """Held against the steps' own output on data of the kind that they are made for."""
    pipeline = make_pipeline(*steps, MLPClassifier((2,), max_iter=1))
    with pytest.warns(match="Maximum iterations"):
        pipeline.fit(X, y)
    spec = from_estimator(pipeline)[0].spec
    seen = pipeline[:-1].transform(X)
    _, data = prepare(spec, 0)
    assert data.stand_in
    assert data.X.shape == (256, seen.shape[1])
    assert data.X.mean() == pytest.approx(seen.mean(), abs=0.15 * seen.std())
    assert data.X.std() == pytest.approx(seen.std(), rel=0.1)
    assert set(data.T.argmax(axis=1)) == {0, 1, 2}
    assert "data" in spec.assumed


def test_the_last_step_that_scales_decides() -> None:
    """What keeps the scale is passed over; without a scaler, or with one that was never fitted, inputs are N(0, 1)."""
    steps = [("StandardScaler", {}), ("MinMaxScaler", {"feature_range": (0, 1)}), ("SelectKBest", {})]
    assert stand_in(steps) == Named.of("uniform", scale=0.5, offset=0.5)
    for kind in ("StandardScaler", "PCA", "SimpleImputer"):
        assert stand_in([(kind, {"with_mean": False})]) == Named("gaussian")
    assert stand_in([]) == Named("gaussian")


def test_data_that_are_given_are_no_stand_in() -> None:
    """Nothing is assumed of them then."""
    spec = from_estimator(MLPClassifier((2,)), NORMAL, y)[0].spec
    assert "data" not in spec.assumed


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("StandardScaler", {"with_mean": False, "mean_": np.ones((9, 1)), "scale_": np.ones((1, 9))}),
        ("StandardScaler", {"with_mean": False, "mean_": object(), "scale_": object()}),
        ("MinMaxScaler", {"feature_range": (1, 2, 3)}),
        ("MinMaxScaler", {"feature_range": "ab"}),
        ("RobustScaler", {"quantile_range": (-5, 700)}),
        ("PCA", {"explained_variance_": "text"}),
        ("PCA", {"explained_variance_": np.array([-1.0])}),
        ("PCA", {"explained_variance_": np.ones(3), "whiten": np.ones(3)}),
    ],
)
def test_attributes_of_a_file_may_be_anything(kind: str, attributes: dict[str, object]) -> None:
    """What no scaler has is as no scaler."""
    assert stand_in([(kind, attributes)]) == Named("gaussian")
