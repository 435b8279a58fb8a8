"""What the network inside an estimator sees is what scikit-learn would train it on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from gradaudit.datasets import prepare
from gradaudit.domain.spec import Named
from gradaudit.errors import InputError
from gradaudit.inputs.sklearn_model.estimator import from_estimator

X = np.random.default_rng(0).normal(size=(60, 4))
TEXT = np.array(["a", "b", "c"])[np.random.default_rng(1).permutation(60) % 3]


def fitted(estimator: Any, y: Any = TEXT) -> Any:
    """Fitted for one epoch, whatever it says about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def seen(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """The data as its one network sees them."""
    (network,) = from_estimator(estimator, X, y)
    return network.X, network.y


def test_a_pipeline_is_read_by_its_last_step() -> None:
    """The widths are those behind the earlier steps, which are fitted as clones and left alone."""
    widen = FunctionTransformer(lambda X: np.hstack([X, X**2]))
    pipeline = make_pipeline(StandardScaler(), make_pipeline(widen, MLPClassifier((5,), max_iter=1)))
    y = TEXT
    spec = from_estimator(pipeline, X * 100, y)[0].spec
    assert spec.inputs == 8
    assert not hasattr(pipeline[0], "mean_")
    inputs, codes = seen(pipeline, X * 100, y)
    scaled = StandardScaler().fit_transform(X * 100)
    assert np.allclose(inputs, np.hstack([scaled, scaled**2]))
    assert codes.tolist() == ["abc".index(value) for value in y]


def test_a_fitted_pipelines_steps_transform_as_they_were_fitted() -> None:
    """New data go through the scaler of the training data."""
    pipeline = fitted(make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=1)))
    inputs, _ = seen(pipeline, X + 5, TEXT)
    assert np.allclose(inputs, pipeline[0].transform(X + 5))
    assert from_estimator(pipeline)[0].spec.inputs == 4


def test_a_fitted_classifiers_classes_keep_their_outputs() -> None:
    """Data in which one class is missing still put the others where the network has them."""
    estimator = fitted(MLPClassifier((5,), max_iter=1), TEXT)
    few = TEXT != "b"
    _, data = prepare(from_estimator(estimator)[0].spec, 0, *seen(estimator, X[few], TEXT[few]))
    assert data.T.shape[1] == 3
    assert set(data.T.argmax(axis=1)) == {0, 2}


def test_float_classes_are_classes() -> None:
    """0.0, 1.0 and 2.0 are classes for a classifier, though floats are numbers in a table."""
    y = (np.arange(60) % 3).astype(float)
    spec, data = prepare(from_estimator(MLPClassifier(), X, y)[0].spec, 0, *seen(MLPClassifier(), X, y))
    assert spec.loss == Named("cross_entropy")
    assert data.kind == "classes"


def test_a_class_that_the_classifier_does_not_know() -> None:
    """Data of another problem are told before they are taken for its classes."""
    estimator = fitted(MLPClassifier((5,), max_iter=1))
    with pytest.raises(InputError, match="y has the class 'd', which the classifier was not fitted on"):
        seen(estimator, X[:2], ["a", "d"])


def test_a_regressors_integers_are_numbers() -> None:
    """Whole-number targets do not turn into classes because they are few."""
    _, y = seen(MLPRegressor(), X, np.arange(60) % 3)
    assert y.dtype == np.float64


def test_a_column_of_targets_is_a_column() -> None:
    """y of shape (N, 1) means what y of shape (N,) means, as in scikit-learn."""
    for estimator in (MLPClassifier(), MLPRegressor()):
        assert seen(estimator, X, np.arange(60)[:, None] % 3)[1].shape == (60,)
