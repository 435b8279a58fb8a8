"""The frameworks' own forms of an update, held against the original or against its published formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.domain.spec import Named
from gradaudit.functions.optimizers import OPTIMIZERS


def walk(optimizer: Named, framework: str | None, gradients: np.ndarray) -> np.ndarray:
    """Parameters after each of these gradients, from ones."""
    row = OPTIMIZERS[optimizer.name]
    theta, state, path = np.ones((1, gradients.shape[1])), {}, []
    for t, g in enumerate(gradients, 1):
        row.step(theta, g[None].copy(), state, t, **row.arguments(optimizer, framework))
        path.append(theta[0].copy())
    return np.array(path)


def sequence(seed: int) -> np.ndarray:
    """Fifty gradients of six entries, from 1e-10 (below every ε) to 10, and one that is 0."""
    g = np.random.default_rng(seed).standard_normal((50, 6)) * np.geomspace(1e-10, 10, 6)
    return np.concatenate([g, np.zeros((50, 1))], axis=1)


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Every step to 1e-10 of the largest that the parameter has been."""
    assert np.all(np.abs(ours - theirs) <= 1e-10 * np.maximum.accumulate(np.maximum(np.abs(theirs), 1.0)))


def scikit_learns(optimizer, parameters: list[np.ndarray], gradients: np.ndarray) -> np.ndarray:
    """The path that an optimizer of scikit-learn takes."""
    path = []
    for g in gradients:
        optimizer.update_params(parameters, [g.copy()])
        path.append(parameters[0].copy())
    return np.array(path)


seeds, rates, shares = st.integers(0, 10_000), st.floats(1e-4, 1.0), st.floats(0.0, 0.99)


@settings(deadline=None, max_examples=30)
@given(seeds, rates, shares, st.booleans())
def test_sgd_is_scikit_learn_s(seed, rate, momentum, nesterov):
    """Momentum and Nesterov of scikit-learn's SGDOptimizer are PyTorch's at a constant rate, over 50 steps."""
    from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

    g, parameters = sequence(seed), [np.ones(7)]
    theirs = SGDOptimizer(parameters, learning_rate_init=rate, momentum=momentum, nesterov=nesterov)
    ours = walk(Named.of("sgd", learning_rate=rate, momentum=momentum, nesterov=nesterov), "sklearn", g)
    agree(ours, scikit_learns(theirs, parameters, g))


@settings(deadline=None, max_examples=30)
@given(seeds, rates, shares, st.floats(0.5, 0.9999), st.sampled_from([1e-8, 1e-4, 0.1]))
def test_adam_is_scikit_learn_s(seed, rate, beta_1, beta_2, eps):
    """ε joins √v before the bias correction."""
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    g, parameters = sequence(seed), [np.ones(7)]
    theirs = AdamOptimizer(parameters, learning_rate_init=rate, beta_1=beta_1, beta_2=beta_2, epsilon=eps)
    optimizer = Named.of("adam", learning_rate=rate, beta_1=beta_1, beta_2=beta_2, eps=eps)
    agree(walk(optimizer, "sklearn", g), scikit_learns(theirs, parameters, g))


def test_adams_two_forms_part_where_gradients_are_near_epsilon():
    """By more than a rounding error: the comparison above would notice the wrong one."""
    pytorch, sklearn = (walk(Named("adam"), form, sequence(0)) for form in (None, "sklearn"))
    assert np.abs(pytorch - sklearn).max() > 1e-3


KERAS = {  # ours → how the formula moves θ at step t, given the running sums
    "sgd": lambda g, s, t: -0.25 * (g + 0.9 * s.add("velocity", 0.9, 1.0, g)),
    "adam": lambda g, s, t: s.adam(g, t),
    "adamw": lambda g, s, t: s.adam(g, t),
    "rmsprop": lambda g, s, t: -s.add("m", 0.5, 1.0, 0.25 * g / np.sqrt(s.add("v", 0.9, 0.1, g * g) + 1e-7)),
    "adagrad": lambda g, s, t: -0.25 * g / np.sqrt(s.add("v", 1.0, 1.0, g * g, 0.1) + 1e-7),
}
OURS = {  # rates are powers of two, since Keras keeps them in float32
    "sgd": Named.of("sgd", learning_rate=0.25, momentum=0.9, nesterov=True, weight_decay=0.125),
    "adam": Named.of("adam", learning_rate=0.25, eps=1e-7),
    "adamw": Named.of("adamw", learning_rate=0.25, eps=1e-7, weight_decay=0.25),
    "rmsprop": Named.of("rmsprop", learning_rate=0.25, alpha=0.9, eps=1e-7, momentum=0.5, weight_decay=0.125),
    "adagrad": Named.of("adagrad", learning_rate=0.25, eps=1e-7, initial_accumulator_value=0.1, weight_decay=0.125),
}


class Sums(dict):
    """Running sums by name, as the formulas of keras.optimizers write them."""

    def add(self, name: str, keep: float, take: float, what: np.ndarray, start: float = 0.0) -> np.ndarray:
        """s ← keep·s + take·what."""
        self[name] = keep * self.get(name, start) + take * what
        return self[name]

    def adam(self, g: np.ndarray, t: int) -> np.ndarray:
        """−α·m/(√v + ε) with α = η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)."""
        alpha = 0.25 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return -alpha * self.add("m", 0.9, 0.1, g) / (np.sqrt(self.add("v", 0.999, 0.001, g * g)) + 1e-7)


@pytest.mark.parametrize("name", OURS)
def test_kerass_form_is_its_published_formula(name):
    """Momentum, Nesterov, ε inside the root (rmsprop, adagrad) or before the correction (adam), decoupled decay."""
    theta, sums, path = np.ones(7), Sums(), []
    for t, g in enumerate(sequence(1), 1):
        theta = theta - 0.25 * OURS[name].number("weight_decay", 0.0) * theta
        theta = theta + KERAS[name](g, sums, t)
        path.append(theta)
    agree(walk(OURS[name], "keras", sequence(1)), np.array(path))


@pytest.mark.torch
@pytest.mark.parametrize("name", OURS)
def test_kerass_form_is_what_keras_does(monkeypatch, name):
    """keras.optimizers itself over fifty steps in float64, its ε and its accumulator's start left to their defaults."""
    pytest.importorskip("torch", reason="Keras needs a backend")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="compares with Keras")
    given = {key: value for key, value in OURS[name].parameters if key not in ("eps", "initial_accumulator_value")}
    given["rho"] = given.pop("alpha", None)
    optimizer = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "adagrad": "Adagrad"}[name]
    theirs = getattr(keras.optimizers, optimizer)(**{key: value for key, value in given.items() if value is not None})
    variable, path = keras.Variable(np.ones(7), dtype="float64"), []
    for g in sequence(1):
        theirs.apply([keras.ops.convert_to_tensor(g, dtype="float64")], [variable])
        path.append(variable.value.detach().numpy().copy())
    agree(walk(OURS[name], "keras", sequence(1)), np.array(path))
