"""The facts read from a scikit-learn MLP are the ones that scikit-learn itself trains with."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gradaudit.datasets import Dataset, prepare
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import InputError
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.inputs.readers import Subject
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.inputs.sklearn_model.tree import is_estimator
from gradaudit.nn.objective import Objective

Array = np.ndarray
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
TARGETS: dict[str, Array] = {
    "two classes": RNG.integers(0, 2, 60),
    "three classes": RNG.permutation(np.arange(60) % 3),
    "text": np.array(["a", "b", "c"])[RNG.permutation(np.arange(60) % 3)],
    "three labels": RNG.integers(0, 2, (60, 3)),
    "one number": RNG.normal(size=60),
    "two numbers": RNG.normal(size=(60, 2)),
    "whole numbers": RNG.permutation(np.arange(60) % 5),
    "counts": RNG.poisson(3.0, 60).astype(float),
}
CASES: list[tuple[str, Any, str]] = [
    ("two classes", MLPClassifier, "log_loss"),
    ("three classes", MLPClassifier, "log_loss"),
    ("text", MLPClassifier, "log_loss"),
    ("three labels", MLPClassifier, "log_loss"),
    ("one number", MLPRegressor, "squared_error"),
    ("two numbers", MLPRegressor, "squared_error"),
    ("whole numbers", MLPRegressor, "squared_error"),
    ("counts", MLPRegressor, "poisson"),
]


def made(kind: Any, loss: str = "log_loss", **parameters: Any) -> Any:
    """An estimator; `loss` where its class takes one."""
    if loss == "poisson":
        parameters["loss"] = loss
    if loss == "poisson" and "loss" not in kind().get_params():
        pytest.skip("this scikit-learn has no poisson loss")
    return kind(random_state=0, **{"hidden_layer_sizes": (5, 4), **parameters})


def fitted(estimator: Any, y: Array, X: Array = X) -> Any:
    """Fitted, whatever it says about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def read(estimator: Any, *data: Any, **rest: Any) -> ModelSpec:
    """The one model in it."""
    (network,) = from_estimator(estimator, *data, **rest)
    return network.spec


def complete(estimator: Any, y: Array) -> tuple[ModelSpec, Dataset]:
    """The model and the data as its loss sees them."""
    network: Subject
    (network,) = from_estimator(estimator, X, y)
    return prepare(network.spec, 0, network.X, network.y)


def objective(spec: ModelSpec, coefs: list[Array], intercepts: list[Array], X: Array, T: Array) -> float:
    """The spec's loss and l2 term, computed by gradaudit's own tables."""
    assert spec.loss is not None
    assert spec.output is not None
    h = z = X
    for k, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        z = h @ W + b
        h = ACTIVATIONS[(spec.activation if k + 1 < len(coefs) else spec.output).name].f(z)
    value = float(Objective(spec.output, spec.loss).value(z, h, T))
    return value + spec.l2 / 2 * sum(float((W * W).sum()) for W in coefs)


@pytest.mark.parametrize("activation", ["relu", "logistic", "tanh", "identity"])
@pytest.mark.parametrize(("targets", "kind", "loss"), CASES)
def test_the_objective_is_the_loss_that_scikit_learn_reports(
    targets: str, kind: Any, loss: str, activation: str
) -> None:
    """Loss, output, l2, activation and targets together give `loss_` at the same weights.

    A step with a vanishing rate leaves the weights where they were when `loss_` was computed. For several
    outputs scikit-learn reports half the mean square and follows the gradient of half the sum.
    """
    y = TARGETS[targets]
    estimator = made(kind, loss, activation=activation, alpha=0.7, solver="sgd", learning_rate_init=1e-300)
    estimator = fitted(estimator.set_params(batch_size=60, max_iter=1), y)
    spec, data = complete(estimator, y)
    assert spec.weights is not None
    mine = objective(spec, estimator.coefs_, estimator.intercepts_, data.X, data.T)
    if targets == "two numbers":
        penalty = spec.l2 / 2 * sum((W * W).sum() for W in estimator.coefs_)
        mine = (mine - penalty) / 2 + penalty
    assert mine == pytest.approx(estimator.loss_, rel=1e-12)


@pytest.mark.parametrize(("targets", "kind", "loss"), CASES)
def test_the_objective_has_the_gradient_that_scikit_learn_follows(targets: str, kind: Any, loss: str) -> None:
    """One plain full-batch step of rate 1 is minus the gradient of the spec's objective, along any direction."""
    y = TARGETS[targets]
    sgd = {"solver": "sgd", "momentum": 0.0, "batch_size": 60, "activation": "tanh", "alpha": 0.7}
    estimator = made(kind, loss, **sgd, learning_rate_init=1e-300)
    extra = {"classes": np.unique(y) if y.ndim == 1 else [0, 1, 2]} if kind is MLPClassifier else {}
    estimator.partial_fit(X, y, **extra)
    before = [array.copy() for array in estimator.coefs_ + estimator.intercepts_]
    delattr(estimator, "_optimizer")  # so that the new rate is heard
    estimator.set_params(learning_rate_init=1.0).partial_fit(X, y)
    gradient = [a - b for a, b in zip(before, estimator.coefs_ + estimator.intercepts_, strict=True)]
    spec, data = complete(estimator, y)
    rng, layers = np.random.default_rng(1), len(estimator.coefs_)
    v = [rng.normal(size=array.shape) for array in before]

    def along(t: float) -> float:
        theta = [array + t * direction for array, direction in zip(before, v, strict=True)]
        return objective(spec, theta[:layers], theta[layers:], data.X, data.T)

    slope = sum(float((g * direction).sum()) for g, direction in zip(gradient, v, strict=True))
    assert (along(1e-5) - along(-1e-5)) / 2e-5 == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(("targets", "kind", "loss"), CASES)
def test_before_and_after_fit_the_facts_are_the_same(targets: str, kind: Any, loss: str) -> None:
    """What `fit` decides, widths, output and loss, is foreseen for a model that was never fitted."""
    y = TARGETS[targets]
    estimator = made(kind, loss, max_iter=2)
    unfitted = read(estimator, X, y)
    again = read(fitted(estimator, y), X, y)
    assert unfitted == again
    assert unfitted.weights is None
    assert again.weights is not None
    assert again.output == Named(
        {"logistic": "sigmoid", "exp": "exponential"}.get(estimator.out_activation_, estimator.out_activation_)
    )
    assert [layer.units for layer in again.layers if isinstance(layer, DenseSpec)] == [5, 4, estimator.n_outputs_]


def test_a_fitted_model_brings_its_weights_and_loss_curve() -> None:
    """The arrays are its own, value for value, and later training does not change the copy."""
    estimator = fitted(made(MLPClassifier, max_iter=7), TARGETS["three classes"])
    weights = read(estimator, source="m.py:clf").weights
    assert weights is not None
    assert all(np.array_equal(a, b) for a, b in zip(weights.each("weight"), estimator.coefs_, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(weights.each("bias"), estimator.intercepts_, strict=True))  # type: ignore[arg-type]
    assert weights.loss_curve == tuple(estimator.loss_curve_)
    assert weights.origin == "m.py:clf"
    estimator.coefs_[0] += 1
    assert not np.array_equal(weights.each("weight")[0], estimator.coefs_[0])


def test_both_lives_are_audited_with_scikit_learns_initialisation() -> None:
    """As constructed and as fitted: `init` is the framework's, and the initialisation is looked at, too."""
    for estimator in (made(MLPClassifier), fitted(made(MLPClassifier, max_iter=1), TARGETS["two classes"])):
        spec = read(estimator, X, TARGETS["two classes"])
        assert spec.init == Named("sklearn")
        assert spec.audits_initialisation
        assert spec.bias is None
        assert spec.framework == "sklearn"


@pytest.mark.parametrize(
    ("sizes", "units"), [((), []), (7, [7]), ([3, 2], [3, 2]), (np.array([3, 2]), [3, 2]), ((np.int64(6),), [6])]
)
def test_hidden_layer_sizes_in_every_form(sizes: object, units: list[int]) -> None:
    """A number, a tuple, a list, an array, or nothing at all."""
    spec = read(MLPRegressor(hidden_layer_sizes=sizes), X, TARGETS["one number"])
    assert [layer.units for layer in spec.layers if isinstance(layer, DenseSpec)] == [*units, 1]


def test_reading_changes_nothing() -> None:
    """The estimator has the same parameters and attributes afterwards."""
    estimator = made(MLPClassifier)
    before = repr(vars(estimator))
    read(estimator, X, TARGETS["text"])
    assert repr(vars(estimator)) == before


@pytest.mark.parametrize(
    ("estimator", "data", "message"),
    [
        (MLPClassifier(), (), "was never fitted, so its numbers of inputs and outputs are unknown; pass X and y"),
        (MLPClassifier(), (X,), "both X and y; one of them is missing"),
        (MLPClassifier(activation="sigmoid"), (X, TARGETS["text"]), "The 'activation' parameter of MLPClassifier"),
        (MLPClassifier(alpha=-1), (X, TARGETS["text"]), "The 'alpha' parameter"),
        (MLPClassifier, (X, TARGETS["text"]), "the class MLPClassifier is not audited"),
        (StandardScaler(), (), "an object of type StandardScaler is not audited"),
        (GridSearchCV(MLPClassifier(), {}), (), "was never fitted"),
        (GridSearchCV(StandardScaler(), {}), (), "an object of type GridSearchCV is not audited; there is no MLP"),
        ([1], (), "an object of type list is not audited"),
        (make_pipeline(StandardScaler()), (), "an object of type Pipeline is not audited"),
        (MLPClassifier(), (X[0], TARGETS["text"]), "X has the shape (4,)"),
        (MLPClassifier(), (X, TARGETS["one number"]), "an MLPClassifier needs classes"),
        (MLPClassifier(), (X, TARGETS["two numbers"]), "a table of 0 and 1"),
        (MLPClassifier(), (X, np.array([1, "a"] * 30, object)), "cannot be sorted"),
        (make_pipeline(StandardScaler(), MLPClassifier()), ([["a"]], [1]), "the steps before the network failed on X"),
        (MLPClassifier(), (5, 6), "X has the shape (); it must be a table"),
    ],
)
def test_what_cannot_be_audited_is_told(estimator: Any, data: tuple[Any, ...], message: str) -> None:
    """One sentence that says what to do."""
    with pytest.raises(InputError) as error:
        from_estimator(estimator, *data)
    assert message in str(error.value)


def test_arrays_that_do_not_fit_together() -> None:
    """An estimator whose arrays were exchanged by hand is no network."""
    estimator = clone(fitted(made(MLPClassifier, max_iter=1), TARGETS["text"]))
    fitted(estimator, TARGETS["text"])
    estimator.coefs_[1] = estimator.coefs_[1][:2]
    with pytest.raises(InputError, match="do not fit together"):
        from_estimator(estimator)


def test_rows_that_cannot_be_counted() -> None:
    """What is no table has no rows, for a fitted model as for any."""
    estimator = fitted(made(MLPClassifier, max_iter=1), TARGETS["text"])
    with pytest.raises(InputError, match="it must be a table, rows × columns"):
        from_estimator(estimator, 5, 6)


def test_what_an_estimator_is() -> None:
    """Every estimator of scikit-learn, and nothing else."""
    assert is_estimator(StandardScaler())
    assert is_estimator(MLPClassifier())
    assert not is_estimator(MLPClassifier)
    assert not is_estimator({"layers": [1, 1]})
