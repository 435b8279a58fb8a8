"""Every optimizer's stable limit on a quadratic: the optimizer's own steps are the judge, on both sides of it."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.probes import curvature

RNG = np.random.default_rng(0)
TURN = np.linalg.qr(RNG.standard_normal((5, 5)))[0]
ROOT = TURN * np.sqrt(np.linspace(1.0, 3.0, 5)) @ TURN.T
X = np.sqrt(40) * np.linalg.qr(RNG.standard_normal((40, 5)))[0] @ ROOT
HESSIAN = ROOT @ ROOT  # of ½·mean((Xw)²): XᵀX/N
MINIMUM_AT_ZERO = np.zeros((40, 1))
GRADIENT = np.array([1.0, -0.8, 0.6, -1.2, 0.5])
LATE = 10**7
"""A step at which every bias correction is past."""
STEPS = 600

SGD = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.5},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.5, "nesterov": True},
    {"weight_decay": 0.7},
    {"momentum": 0.9, "weight_decay": 0.7},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.7},
]
ADAPTIVE = [
    ("adam", {}),
    ("adam", {"beta_1": 0.5, "eps": 1e-3}),
    ("adam", {"beta_1": 0.0}),
    ("adam", {"weight_decay": 0.7}),
    ("adamw", {"weight_decay": 1e-5}),
    ("rmsprop", {}),
    ("rmsprop", {"momentum": 0.9}),
    ("rmsprop", {"momentum": 0.5, "weight_decay": 0.7}),
    ("adagrad", {}),
    ("adagrad", {"initial_accumulator_value": 0.1}),
    ("adagrad", {"weight_decay": 0.7, "eps": 1e-3}),
]
FORMS = [
    *((name, given, None) for name, given in ADAPTIVE),
    ("adam", {"eps": 1e-3}, "sklearn"),
    ("adam", {"eps": 1e-7}, "keras"),
    ("adamw", {"eps": 1e-7, "weight_decay": 1e-5}, "keras"),
    ("rmsprop", {"eps": 1e-7}, "keras"),
    ("rmsprop", {"eps": 1e-7, "momentum": 0.9}, "keras"),
    ("adagrad", {"eps": 1e-7}, "keras"),
    ("adagrad", {"eps": 1e-7, "initial_accumulator_value": 0.1}, "keras"),
]
SIDES = pytest.mark.parametrize(("factor", "converges"), [(0.98, True), (1.02, False)])


def limit_at(make, start, optimizer, framework=None):
    """What the probe measures for a linear model without biases that stands at these weights."""
    subject = make(
        (5, 1), X, MINIMUM_AT_ZERO, weights={"initialised": start}, optimizer=optimizer, framework=framework, bias=False
    )
    return curvature.measure(subject, "initialised")[1].stable_limit.values[0]


def arrives(start, optimizer, rate, framework=None, frozen=None):
    """Whether the optimizer's steps shrink the way to the minimum at 0 to nothing, or blow it up.

    Where a second moment is `frozen`, the state before each step is such that the step's own average restores it.
    """
    row = OPTIMIZERS[optimizer.name]
    given = {**row.arguments(optimizer, framework), "learning_rate": rate}
    w, nothing, state = start[None].copy(), np.zeros((1, 5)), {}
    row.step(nothing, nothing, state, 1, **given)  # makes the state, and leaves it at rest
    for t in range(LATE, LATE + STEPS):
        g = w @ HESSIAN
        if frozen is not None:
            square = (g + given["weight_decay"] * w * row.couples_decay(framework)) ** 2
            keep = given.get("beta_2", given.get("alpha"))
            state["v"] = frozen - square if keep is None else (frozen - (1 - keep) * square) / keep
        row.step(w, g, state, t, **given)
        if not np.linalg.norm(w) < 1e3 * np.linalg.norm(start):
            return False
    assert np.linalg.norm(w) < 1e-3 * np.linalg.norm(start), "neither arrived nor diverged"
    return True


@SIDES
@pytest.mark.parametrize("given", SGD, ids=str)
def test_sgd_converges_just_below_its_limit_and_diverges_just_above(make, given, factor, converges):
    """Plain, heavy ball and Nesterov, with and without coupled decay: 2 % to either side."""
    optimizer, start = Named.of("sgd", learning_rate=0.1, **given), np.linalg.solve(HESSIAN, GRADIENT)
    rate = factor * limit_at(make, start, optimizer)
    assert arrives(start, optimizer, rate) is converges


@SIDES
@pytest.mark.parametrize("size", [1.0, 1e-4])
@pytest.mark.parametrize(("name", "given", "framework"), FORMS, ids=str)
def test_a_frozen_second_moment_converges_just_below_the_limit(make, name, given, framework, size, factor, converges):
    """2 % to either side, for gradients far above ε and near it, in each framework's own form of the update.

    v̂ is the square of the gradient that the optimizer sees at the start: a coupled decay and adagrad's first value
    included.
    """
    optimizer = Named.of(name, learning_rate=0.1, **given)
    arguments, coupled = OPTIMIZERS[name].arguments(optimizer), OPTIMIZERS[name].couples_decay(framework)
    start = size * np.linalg.solve(HESSIAN, GRADIENT)
    seen = start @ HESSIAN + arguments["weight_decay"] * start * coupled
    frozen = (seen**2 + arguments.get("initial_accumulator_value", 0.0))[None]
    rate = factor * limit_at(make, start, optimizer, framework)
    assert arrives(start, optimizer, rate, framework, frozen) is converges


@pytest.mark.parametrize("framework", [None, "keras"])
def test_where_epsilon_stands_decides_the_limit_of_small_gradients(make, framework):
    """rmsprop at gradients of 1e-6: 2/λ_max(P⁻¹H), P = diag(|g| + ε), and diag(√(g² + ε)) in a model of Keras."""
    start = 1e-6 * np.linalg.solve(HESSIAN, GRADIENT)
    g = start @ HESSIAN
    P = np.abs(g) + 1e-7 if framework is None else np.sqrt(g**2 + 1e-7)
    expected = 2 / np.linalg.eigvals(HESSIAN / P[:, None]).real.max()
    found = limit_at(make, start, Named.of("rmsprop", eps=1e-7), framework)
    assert found == pytest.approx(expected, rel=1e-2)
