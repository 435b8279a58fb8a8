"""Perceptrons are found wherever scikit-learn puts them, in live objects and in inert ones alike."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, StackingRegressor, VotingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from gradaudit.errors import InputError
from gradaudit.inputs.pickles.inert import Inert, Name
from gradaudit.inputs.pickles.machine import load_pickle
from gradaudit.inputs.sklearn_model.tree import class_of, networks

X = np.random.default_rng(0).normal(size=(40, 3))
NUMBERS, CLASSES = X @ np.arange(3.0), np.arange(40) % 2


def mlp(**parameters: Any) -> MLPRegressor:
    """A small one."""
    return MLPRegressor(hidden_layer_sizes=(2,), max_iter=1, random_state=0, **parameters)


def piped(last: Any) -> Pipeline:
    """Behind a scaler, and a step that does nothing."""
    return Pipeline([("scale", StandardScaler()), ("none", None), ("net", last)])


def fitted(estimator: Any, y: np.ndarray = NUMBERS) -> Any:
    """Whatever it says about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


class Own(MLPClassifier):
    """A person's subclass."""


CASES: list[tuple[Any, dict[str, list[str]]]] = [
    (mlp(), {"": []}),
    (fitted(mlp()), {"": []}),
    (piped(mlp()), {"steps[2].net": ["inputs"]}),
    (piped(piped(mlp())), {"steps[2].net.steps[2].net": ["inputs", "inputs"]}),
    (GridSearchCV(piped(mlp()), {}), {"estimator.steps[2].net": ["inputs"]}),
    (fitted(GridSearchCV(piped(mlp()), {}, cv=2)), {"best_estimator_.steps[2].net": ["inputs"]}),
    (fitted(TransformedTargetRegressor(mlp())), {"regressor_": ["targets"]}),
    (fitted(BaggingRegressor(mlp(), 2)), {"estimators_[0]": [""], "estimators_[1]": [""]}),
    (fitted(VotingRegressor([("a", LinearRegression()), ("b", mlp())])), {"estimators_[1]": [""]}),
    (fitted(StackingRegressor([("b", mlp())], mlp(), cv=2)), {"estimators_[0]": [""], "final_estimator_": [""]}),
    (fitted(MultiOutputRegressor(mlp()), np.stack([NUMBERS] * 2, axis=1)), {f"estimators_[{k}]": [""] for k in (0, 1)}),
    (
        fitted(CalibratedClassifierCV(MLPClassifier((2,), max_iter=1), cv=2), CLASSES),
        {f"calibrated_classifiers_[{k}].estimator": [] for k in (0, 1)},
    ),
    ({"model": fitted(mlp()), "my notes": "none", 3: (1, mlp())}, {"model": [], "[3][1]": []}),
    ([fitted(mlp()), mlp()], {"[0]": [], "[1]": []}),
    (FeatureUnion([("a", StandardScaler())]), {}),
    (StandardScaler(), {}),
    ("text", {}),
    (None, {}),
]


@pytest.mark.parametrize(("thing", "expected"), CASES, ids=lambda part: type(part).__name__)
def test_every_perceptron_is_found_by_its_path(thing: Any, expected: dict[str, list[str]]) -> None:
    """With what its data pass on the way, and without the templates that fitted ones were cloned from."""
    for root in (thing, load_pickle(pickle.dumps(thing))):
        found = {each.path: [passed.side for passed in each.route] for each in networks(root)}
        assert found == expected


def test_one_object_in_two_places_is_one() -> None:
    """By the first of its paths."""
    one = fitted(mlp())
    assert [each.path for each in networks([one, {"again": one}])] == ["[0]"]


def test_circles_end() -> None:
    """An object may hold itself."""
    circle: list[Any] = [fitted(mlp())]
    circle.append(circle)
    assert [each.path for each in networks(circle)] == ["[0]"]


def test_subclasses_are_what_they_derive_from() -> None:
    """In the running program; a file knows only the class's name."""
    own = fitted(Own((2,), max_iter=1), CLASSES)
    assert [each.path for each in networks(own)] == [""]
    assert class_of(own) == "MLPClassifier"
    assert networks(load_pickle(pickle.dumps(own))) == ()


def test_names_of_old_and_of_other_modules() -> None:
    """scikit-learn has moved its modules; a class of the same name elsewhere is none of its own."""
    for module, count in (("sklearn.neural_network.multilayer_perceptron", 1), ("mine.neural_network", 0)):
        assert len(networks(Inert(Name(module, "MLPRegressor"), state={}))) == count


def test_too_deep_and_too_many() -> None:
    """Both end in a message."""
    deep: Any = mlp()
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InputError, match="stand in more than 100 others"):
        networks(deep)
    with pytest.raises(InputError, match="more than 1,000 networks"):
        networks([Inert(Name("sklearn.neural_network", "MLPRegressor"), state={}) for _ in range(1001)])
