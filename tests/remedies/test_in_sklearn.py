"""A fix in scikit-learn's own words: what the line makes is compared with the changed spec, by way of the reader."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from gradaudit import remedies
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Finding, Severity
from gradaudit.editing.spec_changes import apply
from gradaudit.inputs.pickles.machine import load_pickle
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.inputs.sklearn_model.tree import networks
from gradaudit.remedies.in_sklearn import estimator_line

NAMES = {
    each.__name__: each
    for each in (
        BaggingClassifier,
        CalibratedClassifierCV,
        FunctionTransformer,
        LogisticRegression,
        MLPClassifier,
        MLPRegressor,
        Pipeline,
        StackingClassifier,
        StandardScaler,
        TransformedTargetRegressor,
        VotingClassifier,
        make_pipeline,
    )
}
X = np.random.default_rng(0).normal(size=(30, 4))
CLASSES, NUMBERS = np.arange(30) % 3, np.arange(30.0)
OWN = {"hidden_layer_sizes": (8,) * 5, "activation": "logistic", "solver": "sgd", "learning_rate_init": 0.5}
"""What the person wrote, in which every remedy of scikit-learn's has something to change."""


def made(text: str, **more: Any) -> BaseEstimator:
    """The estimator that the line makes, pasted into Python."""
    return eval(text, {"__builtins__": {"float": float}}, {**NAMES, **more})  # noqa: S307 - the line under test


def network(estimator):
    """The MLP inside scalers."""
    if isinstance(estimator, TransformedTargetRegressor):
        assert isinstance(estimator.transformer, StandardScaler)
        estimator = estimator.regressor
    if isinstance(estimator, Pipeline):
        assert isinstance(estimator[0], StandardScaler)
        estimator = estimator[-1]
    return estimator


def given(mlp):
    """The parameters that differ from the class's defaults."""
    defaults = type(mlp)().get_params()
    return {key: value for key, value in mlp.get_params().items() if value != defaults[key]}


def model(of, y, **own):
    """The estimator as the audit sees it."""
    return from_estimator(of(**{**OWN, **own}), X, y)[0].spec


def every_fix(spec):
    """All that any remedy proposes for any finding at its start."""
    rows = tuple(flatten(expand(spec)))
    for rule in dict.fromkeys(rule for remedy in remedies.ALL for rule in remedy.addresses):
        numbers = {"measured": 1.0, "limit": 0.25, "better_rate": 0.125, "plan_is_short": True}
        finding = Finding(rule, Severity.ERROR, "m", "c", numbers, "initialised")
        yield from remedies.propose(spec, rows, finding)


@pytest.mark.parametrize(("of", "y"), [(MLPClassifier, CLASSES), (MLPRegressor, NUMBERS)])
def test_whatever_is_proposed_for_an_estimator_is_a_line_that_makes_it(of, y):
    """The person's own arguments with the changes give the estimator of the changed spec."""
    spec, kinds = model(of, y), set()
    for fix in every_fix(spec):
        estimator = network(made(estimator_line(spec, fix.changes)))
        assert type(estimator) is of
        again = from_estimator(estimator, X, y)[0].spec
        changed = apply(spec, fix.changes)
        assert (again.layers, again.activation, again.l2) == (changed.layers, changed.activation, changed.l2)
        assert (again.optimizer.name, again.epochs) == (changed.optimizer.name, changed.epochs)
        assert again.optimizer.get("learning_rate") == changed.optimizer.get("learning_rate")
        kinds.add(fix.kind)
    expected = {"learning-rate", "longer-plan", "standardised-inputs", "penalty", "activation", "optimizer"}
    assert kinds == expected | {"depth", "width"} | ({"standardised-targets"} if of is MLPRegressor else set())


@pytest.mark.parametrize(
    ("changes", "parameters"),
    [
        ([Change("activation", "logistic", "relu")], {"activation": None}),  # scikit-learn's own default
        ([Change("activation", "relu", "sigmoid")], {"activation": "logistic"}),
        ([Change("layers[5]", 8, None), Change("layers[1].units", 8, 32)], {"hidden_layer_sizes": (32, 8, 8, 8)}),
        ([Change(f"layers[{place}]", 8, None) for place in range(1, 6)], {"hidden_layer_sizes": ()}),
        ([Change("l2", 0.1, 0.0)], {"alpha": 0.0}),
        (
            [
                Change("optimizer", "sgd", {"name": "adam", "learning_rate": 0.001}),
                Change("optimizer.learning_rate", 0.001, 0.01),
            ],
            {"solver": None, "learning_rate_init": 0.01},
        ),
    ],
)
def test_the_arguments_are_the_persons_own_and_those_that_change(changes, parameters):
    """An argument that is changed twice is said once, as it is in the end; None stands for the class's default."""
    expected = {key: value for key, value in {**OWN, **parameters}.items() if value is not None}
    assert given(made(estimator_line(model(MLPClassifier, CLASSES), changes))) == expected


def test_scalers_stand_around_the_estimator():
    """Inputs in a pipeline, targets around all of it; together with arguments."""
    changes = [
        Change("data.standardize", None, True),
        Change("activation", "sigmoid", "tanh"),
        Change("data.standardize_targets", None, True),
    ]
    estimator = made(estimator_line(model(MLPRegressor, NUMBERS), changes))
    assert isinstance(estimator, TransformedTargetRegressor)
    assert isinstance(estimator.regressor, Pipeline)
    assert given(network(estimator)) == {**OWN, "activation": "tanh"}


def own(activation: str = "relu", **parameters: Any) -> MLPClassifier:
    """A small classifier that trains for three epochs."""
    return MLPClassifier((4,), activation=activation, solver="sgd", max_iter=3, random_state=1, **parameters)


def piped(last: Any) -> Pipeline:
    """Behind a scaler."""
    return Pipeline([("scale", StandardScaler()), ("mlp", last)])


AROUND = {
    "pipeline": piped,
    "ensemble": lambda mlp: BaggingClassifier(piped(mlp), 2, random_state=0),
    "voting": lambda mlp: VotingClassifier([("none", "drop"), ("net", piped(mlp))]),
    "stacking": lambda mlp: StackingClassifier([("net", mlp)], cv=2),
    "calibrated": lambda mlp: CalibratedClassifierCV(mlp, cv=2),
    "beside another": lambda mlp: VotingClassifier([("line", LogisticRegression()), ("net", mlp)]),
    "behind a function": lambda mlp: Pipeline([("same", FunctionTransformer(np.abs)), ("mlp", mlp)]),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("read", [False, True], ids=["live", "file"])
@pytest.mark.parametrize("around", AROUND)
def test_a_line_makes_the_person_s_own_estimator_with_the_change(around, read):
    """Trained, it has bit for bit the weights of what the person would have got by hand."""
    person = AROUND[around](own()).fit(X, CLASSES)
    by_hand = AROUND[around](own("tanh", alpha=0.0)).fit(X, CLASSES)
    found = from_estimator(load_pickle(pickle.dumps(person)) if read else person)
    text = estimator_line(found[0].spec, [Change("activation", "relu", "tanh"), Change("l2", 1e-4, 0.0)])
    pasted = made(text, model=clone(person)).fit(X, CLASSES)
    pairs = list(zip(networks(pasted), networks(by_hand), strict=True))
    assert len(pairs) == len(found)
    for one, other in pairs:
        assert all(map(np.array_equal, one.thing.coefs_, other.thing.coefs_))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_line_of_a_search_is_that_of_the_estimator_it_found():
    """With the values that it chose: trained, it is what was verified."""
    person = GridSearchCV(piped(own()), {"mlp__alpha": [0.5], "mlp__hidden_layer_sizes": [(3,)]}, cv=2)
    (found,) = from_estimator(person.fit(X, CLASSES))
    pasted = made(
        estimator_line(found.spec, [Change("activation", "relu", "tanh"), Change("data.standardize", None, True)])
    )
    assert [name for name, _ in pasted.steps] == ["scale", "standardscaler", "mlp"]
    by_hand = piped(own("tanh", alpha=0.5).set_params(hidden_layer_sizes=(3,)))
    for one, other in zip(pasted.fit(X, CLASSES)[-1].coefs_, by_hand.fit(X, CLASSES)[-1].coefs_, strict=True):
        assert np.allclose(one, other)  # scaled twice is scaled once


@pytest.mark.parametrize(
    "change",
    [
        Change("activation", "sigmoid", "elu"),
        Change("init", None, "he_normal"),
        Change("precision", "float16", "float32"),
        Change("l2", 0.1, 0.05),
        Change("optimizer.clip_norm", None, 1.0),
        Change("optimizer", "sgd", {"name": "rmsprop", "learning_rate": 0.01}),
        Change("optimizer", "sgd", {"name": "adam", "learning_rate": 0.01, "clip_norm": 1.0}),
        Change("layers[1].norm", None, "layer_norm"),
        Change("layers[1]", 8, {"name": "residual", "layers": [8]}),
        Change("layers[1]", 8, [8, 8]),
    ],
)
def test_what_no_constructor_says_has_no_line(change):
    """Nor has a fix that says only a part of itself so."""
    spec = model(MLPClassifier, CLASSES)
    assert estimator_line(spec, [change]) == ""
    assert estimator_line(spec, [Change("data.standardize", None, True), change]) == ""
