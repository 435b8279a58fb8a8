"""The facts of an estimator are checked, whoever wrote them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from gradaudit.errors import InputError
from gradaudit.inputs.pickles.inert import Inert, Name, Objects
from gradaudit.inputs.sklearn_model.perceptron import perceptron

X = np.random.default_rng(0).normal(size=(40, 3))
TEXT = np.array(["a", "b", "c"], dtype=object)[np.arange(40) % 3]


def attributes(**changes: Any) -> dict[str, Any]:
    """Of a fitted classifier, with changes; what is set to `...` is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = MLPClassifier((2,), max_iter=2, random_state=5).fit(X, TEXT)
    return {key: value for key, value in {**vars(mlp), **changes}.items() if value is not ...}


def inert(kind: str = "MLPClassifier", **changes: Any) -> Inert:
    """The same as a file would have it."""
    return Inert(Name("sklearn.neural_network._multilayer_perceptron", kind), state=attributes(**changes))


def test_the_facts_are_the_estimators_own() -> None:
    """Parameters, arrays, classes and the course of the training."""
    given = attributes()
    facts = perceptron(inert())
    assert (facts.name, facts.hidden_layer_sizes, facts.random_state) == ("MLPClassifier", (2,), 5)
    assert facts.fitted is not None
    assert facts.fitted.classes == ("a", "b", "c")
    assert facts.fitted.loss_curve == tuple(given["loss_curve_"])
    assert facts.fitted.rows_seen == 80
    assert facts.fitted.widths == (3, 2, 3)


def test_a_seed_that_is_none() -> None:
    """None, a generator, or a number that no generator takes."""
    for seed in (None, np.random.RandomState(0), -1, 1 << 32, True):
        assert perceptron(inert(random_state=seed)).random_state is None
    assert perceptron(inert(random_state=np.int64(3))).random_state == 3


def test_parameters_within_scikit_learns_bounds_are_taken() -> None:
    """What `fit` would take, as Python's numbers or NumPy's."""
    facts = perceptron(inert(alpha=np.float32(0.5), batch_size=np.int64(7), momentum=1, epsilon=1e-300, beta_1=0))
    assert (facts.alpha, facts.batch_size, facts.momentum, facts.beta_1) == (0.5, 7, 1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alpha": -1}, "The 'alpha' parameter of MLPClassifier must be a number from 0, not -1"),
        ({"alpha": float("nan")}, "must be a number from 0, not nan"),
        ({"alpha": float("inf")}, "must be a number from 0, not inf"),
        ({"alpha": True}, "not true"),
        ({"alpha": ...}, "The 'alpha' parameter of MLPClassifier must be a number from 0; there is none"),
        ({"learning_rate_init": 0}, "must be a number above 0, not 0"),
        ({"momentum": 1.5}, "must be a number from 0 to 1, not 1.5"),
        ({"max_iter": 2.0}, "must be a whole number from 1, not 2.0"),
        ({"max_iter": 1 << 90}, "must be a whole number from 1"),
        ({"batch_size": "none"}, "The 'batch_size' parameter"),
        ({"solver": "newton"}, "must be one of lbfgs, sgd, adam, not 'newton'"),
        ({"activation": ["relu"]}, "must be one of identity, logistic, tanh, relu, not a list"),
        ({"hidden_layer_sizes": "8"}, "hidden_layer_sizes must be whole numbers from 1 up, not '8'"),
        ({"hidden_layer_sizes": (3, 0)}, "not (3, 0)"),
        ({"hidden_layer_sizes": (1 << 40,)}, "hidden_layer_sizes must be whole numbers"),
        ({"hidden_layer_sizes": (None,) * 20}, ", …)"),
        ({"out_activation_": "os.system"}, "out_activation_ must be one of identity, logistic, softmax, exp"),
        ({"out_activation_": ...}, "not an empty value"),
        ({"coefs_": None}, "the arrays in coefs_ and intercepts_ do not fit together"),
        ({"coefs_": []}, "do not fit together"),
        ({"coefs_": [np.zeros((3, 2)), np.zeros((3, 3))]}, "do not fit together"),
        ({"coefs_": [np.zeros((3, 2)), np.zeros((2, 3), dtype=complex)]}, "do not fit together"),
        ({"coefs_": [np.zeros((3, 2)), Objects((2, 3), [])]}, "do not fit together"),
        ({"intercepts_": [np.zeros(2)]}, "do not fit together"),
        ({"intercepts_": [np.zeros(2), np.zeros((3, 1))]}, "do not fit together"),
        ({"coefs_": [np.zeros((0, 2)), np.zeros((2, 3))]}, "an array in coefs_ is empty"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, Any], message: str) -> None:
    """By scikit-learn's name of it, on one line."""
    with pytest.raises(InputError) as error:
        perceptron(inert(**changes))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_losses_of_the_two_kinds() -> None:
    """Poisson is a regressor's."""
    assert perceptron(inert("MLPRegressor", loss="poisson")).loss == "poisson"
    with pytest.raises(InputError, match="must be one of log_loss, not 'poisson'"):
        perceptron(inert(loss="poisson"))


@pytest.mark.parametrize("classes", [None, "abc", Objects((2,), ["a", ["b"]]), np.zeros(3, dtype="M8[s]"), [0, 1]])
def test_classes_of_no_kind_that_is_known_are_none(classes: Any) -> None:
    """The network is audited all the same; data with classes cannot be given then."""
    facts = perceptron(inert(classes_=classes)).fitted
    assert facts is not None
    assert facts.classes == ()


def test_curves_that_are_none() -> None:
    """lbfgs has none; a file may have anything in its place."""
    for curve in (..., None, "falling", [None, "a"]):
        facts = perceptron(inert(loss_curve_=curve, t_="many")).fitted
        assert facts is not None
        assert (facts.loss_curve, facts.rows_seen) == ((), 0)


def test_live_estimators_are_asked_for_the_same() -> None:
    """A subclass included."""

    class Own(MLPRegressor):
        pass

    assert perceptron(Own(hidden_layer_sizes=4)).hidden_layer_sizes == (4,)
    assert perceptron(Own()).name == "MLPRegressor"
