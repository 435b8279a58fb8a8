"""Write the sample models that are no text: scikit-learn pipelines, as people save them. Needs skops.

    python tests/make_samples.py

What an audit of each must find stands in test_samples.py.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import joblib
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parents[1] / "sample_models"


def healthy() -> None:
    """A wide enough network with scikit-learn's own defaults, behind a scaler, on the wine data."""
    from skops import io

    model = make_pipeline(StandardScaler(), MLPClassifier((16,), learning_rate_init=0.01, max_iter=60, random_state=0))
    io.dump(model.fit(*load_wine(return_X_y=True)), FOLDER / "healthy-pipeline.skops", compression=8, compresslevel=9)


def sick() -> None:
    """Eight logistic layers trained by plain gradient descent, behind a scaler: nothing reaches the first of them."""
    deep = MLPClassifier(
        (10,) * 8, activation="logistic", solver="sgd", learning_rate_init=0.1, max_iter=40, random_state=0
    )
    model = make_pipeline(StandardScaler(), deep).fit(*load_breast_cancer(return_X_y=True))
    joblib.dump(model, FOLDER / "vanishing-gradient-pipeline.joblib", compress=("zlib", 9))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    healthy()
    sick()
