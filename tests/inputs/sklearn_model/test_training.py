"""Batch, optimizer and precision are the ones that scikit-learn trains with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.inputs.sklearn_model.estimator import from_estimator

X = np.random.default_rng(0).normal(size=(60, 4))
CLASSES, NUMBERS = np.arange(60) % 2, X @ np.arange(4.0)


def made(kind: Any, **parameters: Any) -> Any:
    """A small estimator."""
    return kind(random_state=0, **{"hidden_layer_sizes": (5,), **parameters})


def fitted(estimator: Any, y: Any, X: Any = X) -> Any:
    """Fitted, whatever it says about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def read(estimator: Any, *data: Any) -> ModelSpec:
    """The one model in it."""
    (network,) = from_estimator(estimator, *data)
    return network.spec


@pytest.mark.parametrize(
    ("parameters", "rows", "batch"),
    [
        ({}, 60, 60),
        ({}, 500, 200),
        ({"batch_size": 32}, 500, 32),
        ({"batch_size": 1000}, 500, 500),
        ({"early_stopping": True}, 60, 54),
        ({"early_stopping": True, "validation_fraction": 0.25}, 102, 76),
        ({"solver": "sgd"}, 60, 60),
    ],
)
@pytest.mark.filterwarnings("ignore:Got `batch_size` less than 1")
def test_the_batch_is_the_one_that_is_trained_on(parameters: dict[str, Any], rows: int, batch: int) -> None:
    """`auto` is min(200, rows), rows held out for early stopping do not count, and alpha is divided by it.

    Without X the fitted model's own counters say how many rows it saw.
    """
    rng = np.random.default_rng(0)
    data, y = rng.normal(size=(rows, 4)), rng.integers(0, 3, rows)
    estimator = made(MLPClassifier, alpha=0.5, max_iter=3, **parameters)
    unfitted = read(estimator, data, y)
    fitted(estimator, y, data)
    for spec in (unfitted, read(estimator, data, y), read(estimator)):
        assert spec.batch_size == batch
        assert spec.l2 == pytest.approx(0.5 / batch)
        assert "l2" not in spec.assumed


def test_partial_fit_counts_its_rows_too() -> None:
    """Five calls with twelve rows each are batches of twelve."""
    estimator = made(MLPRegressor, alpha=0.5)
    for _ in range(5):
        estimator.partial_fit(X[:12], NUMBERS[:12])
    assert read(estimator).batch_size == 12


def test_lbfgs_takes_all_rows() -> None:
    """The optimizer is named, the batch is everything, alpha is divided by the rows, assumed where unknown."""
    estimator = fitted(made(MLPRegressor, solver="lbfgs", alpha=0.5, max_iter=5), NUMBERS)
    with_data, without = read(estimator, X, NUMBERS), read(estimator)
    assert with_data.optimizer == Named("lbfgs")
    assert with_data.batch_size is None
    assert with_data.l2 == pytest.approx(0.5 / 60)
    assert with_data.assumed == ()
    assert without.assumed == ("l2", "data")
    assert with_data.epochs == 5


def test_adam_keeps_its_numbers() -> None:
    """Rate, moments and epsilon are those of the optimizer that scikit-learn made."""
    estimator = made(MLPClassifier, learning_rate_init=0.02, beta_1=0.8, beta_2=0.99, epsilon=1e-6, max_iter=1)
    own = vars(fitted(estimator, CLASSES))["_optimizer"]
    optimizer = read(estimator).optimizer
    assert optimizer.name == "adam"
    numbers = (own.learning_rate_init, own.beta_1, own.beta_2, own.epsilon)
    assert tuple(optimizer.number(key, -1) for key in ("learning_rate", "beta_1", "beta_2", "eps")) == numbers


@pytest.mark.parametrize(
    ("momentum", "nesterov", "expected"), [(0.8, True, True), (0.8, False, False), (0.0, True, False)]
)
def test_sgd_keeps_its_numbers(momentum: float, nesterov: bool, expected: bool) -> None:
    """Rate, momentum and Nesterov are those of the optimizer; without momentum Nesterov's step is the plain one."""
    sgd = {"solver": "sgd", "learning_rate_init": 0.03, "momentum": momentum, "nesterovs_momentum": nesterov}
    estimator = fitted(made(MLPClassifier, max_iter=1, **sgd), CLASSES)
    assert vars(estimator)["_optimizer"].learning_rate_init == 0.03
    expected_optimizer = Named.of("sgd", learning_rate=0.03, momentum=momentum, nesterov=expected)
    assert read(estimator).optimizer == expected_optimizer


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_follows_the_data(dtype: type) -> None:
    """scikit-learn trains in float32 where X is float32, and in float64 otherwise."""
    data, y = X.astype(dtype), CLASSES
    estimator = made(MLPClassifier, max_iter=1)
    assert read(estimator, data, y).precision == np.dtype(dtype).name
    fitted(estimator, y, data)
    assert read(estimator).precision == estimator.coefs_[0].dtype.name
