"""Estimators, fitted on small data, and their files."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).parents[3]

X = np.random.default_rng(0).normal(3.0, 2.0, (60, 4))

TEXT = np.array(["no", "perhaps", "yes"], dtype=object)[np.random.default_rng(1).integers(0, 3, 60)]

NUMBERS = X @ np.arange(4.0)


def fitted(estimator: Any, y: Any = TEXT) -> Any:
    """Whatever it says about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


def piped(**parameters: Any) -> Pipeline:
    """A classifier behind a scaler."""
    mlp = MLPClassifier(**{"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 1, **parameters})
    return Pipeline([("scale", StandardScaler()), ("mlp", mlp)])


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Saves an object and gives the file's name."""
    monkeypatch.chdir(tmp_path)

    def save(thing: Any, name: str = "model.joblib") -> str:
        joblib.dump(thing, name)
        return name

    return save
