from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit.measurement import Descent, PerSeed, Trajectory
from gradaudit.probes import critical_point, descent
from gradaudit.spec import Named

SIGNS = np.array([[-1.0], [1.0]])
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
PARITY = np.array([[0.0], [1.0], [1.0], [0.0]])
CHAIN = {"activation": Named("identity"), "bias": False, "epochs": 60, "optimizer": Named.of("sgd", learning_rate=0.1)}
BINARY = {"output": Named("sigmoid"), "loss": Named("binary_cross_entropy")}


def rested(loss, floor=0.0, seeds=1):
    """A run that stayed where it was."""
    column = PerSeed((loss,) * seeds)
    run = Trajectory(0.1, (0, 1, 2, 3), (column,) * 4, column, column, column, column)
    return Descent(1.0, floor, 3, False, 2, run)


def after_training(subject):
    """The verdict at the end of the subject's own run."""
    run = descent.measure(subject)
    return critical_point.measure(subject, "trained", run)


def test_the_origin_of_a_linear_chain_is_a_strict_saddle(make):
    """Two weights, y = w₂w₁x, t = x: the Hessian at 0 is [[0, −1], [−1, 0]], and the walk reaches the minimum."""
    found = after_training(make((1, 1, 1), SIGNS, SIGNS, init=Named("zeros"), **CHAIN))
    assert found.kinds == ("strict", "strict")
    assert found.lambda_min.values == pytest.approx((-1.0, -1.0))
    assert found.lambda_max.values == pytest.approx((1.0, 1.0))
    assert found.predicted_decrease.values == (0.0, 0.0)
    assert found.loss.values == (0.5, 0.5)
    assert max(found.escape_loss.values) < 1e-3
    assert found.gradient_loss.values == (0.5, 0.5)
    assert "negative curvature" in found.direction[0]


def test_the_origin_of_a_deep_tanh_network_is_a_degenerate_saddle(make):
    """2-8-8-1 all zero: the Hessian vanishes too but for the bias, and a small kick leads down."""
    subject = make(
        (2, 8, 8, 1),
        XOR,
        PARITY,
        init=Named("zeros"),
        epochs=60,
        optimizer=Named.of("sgd", learning_rate=0.5),
        **BINARY,
    )
    found = after_training(subject)
    assert found.kinds == ("degenerate", "degenerate")
    assert found.lambda_min.values == pytest.approx((0.0, 0.0), abs=1e-9)
    assert all(escape < 0.9 * loss for escape, loss in zip(found.escape_loss.values, found.loss.values, strict=True))
    assert "random perturbation" in found.direction[0]


def test_a_converged_regression_rests_at_a_minimum(make):
    """No walk falls, and nothing lower was seen."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 3))
    T = X @ np.ones((3, 1)) + rng.standard_normal((40, 1))
    subject = make((3, 1), X, T, epochs=2000, optimizer=Named.of("sgd", learning_rate=0.3))
    found = after_training(subject)
    assert found.kinds == ("minimum", "minimum")
    assert min(found.lambda_min.values) > 0


def test_a_random_initialisation_is_not_critical(make):
    """Half of its eigenvalues are negative, but descent does not rest there: the gradient says so."""
    subject = make((2, 8, 8, 1), XOR, PARITY, init=Named.of("normal", std=1.0), **BINARY)
    subject.weights["trained"] = subject.weights["initialised"]
    found = critical_point.measure(subject, "trained", rested(0.7, seeds=2))
    assert found.kinds == ("not critical",) * 2
    assert min(found.lambda_min.values) < 0
    assert found.escape_loss.values == (None,) * 2


def test_a_run_that_is_still_moving_is_not_examined(make):
    """Whatever the curvature where it ends, a run in motion rests nowhere, and no number is claimed."""
    found = after_training(
        make((1, 1, 1), SIGNS, SIGNS, init=Named.of("constant", value=0.5), **{**CHAIN, "epochs": 12})
    )
    assert found.kinds == ("not critical", "not critical")
    assert found.lambda_min.values == (None, None)


def test_flat_ground_without_a_way_down_is_a_plateau(make):
    """Dead ReLUs: gradient and Hessian are 0, no kick wakes them, and lower losses are known."""
    layers = np.concatenate([np.ones(4), np.full(4, -50.0), np.ones(4)])
    weights = np.append(layers, 0.0)
    subject = make((1, 4, 1), SIGNS, SIGNS, activation=Named("relu"), weights={"fitted": weights})
    found = critical_point.measure(subject, "fitted", rested(0.5, floor=0.01))
    assert found.kinds == ("plateau",)
    assert found.escape_loss.values[0] == pytest.approx(0.5, rel=0.01)


def test_given_weights_are_examined_where_they_are(make):
    """Stage fitted: one point, whatever the number of the run's seeds."""
    subject = make((1, 1, 1), SIGNS, SIGNS, weights={"fitted": np.zeros((1, 2))}, **CHAIN)
    assert critical_point.measure(subject, "fitted", rested(0.5)).kinds == ("strict",)


def test_weights_that_are_not_finite_are_not_critical(make):
    """A run that diverged rests nowhere."""
    subject = make((1, 1, 1), SIGNS, SIGNS, weights={"trained": np.full((1, 2), np.nan)}, **CHAIN)
    assert critical_point.measure(subject, "trained", rested(np.inf)).kinds == ("not critical",)


def test_the_verdict_does_not_hang_on_the_targets_scale(make):
    """A loss that is a million times larger, all else equal, is the same saddle."""
    subject = make((1, 1, 1), SIGNS, 1000 * SIGNS, weights={"fitted": np.zeros((1, 2))}, **CHAIN)
    found = critical_point.measure(subject, "fitted", rested(0.5e6))
    assert found.kinds == ("strict",)
    assert found.lambda_min.values == pytest.approx((-1000.0,))


def test_seeds_beyond_the_budget_are_not_examined(make):
    """They may rest, and no verdict is claimed; one seed is always examined."""
    subject = make((1, 1, 1), SIGNS, SIGNS, weights={"trained": np.zeros((3, 2))}, **CHAIN)
    subject.budget = replace(subject.budget, walk=1.0)
    found = critical_point.measure(subject, "trained", rested(0.5, seeds=3))
    assert found.kinds == ("strict", "not examined", "not examined")
    assert found.lambda_min.values[1:] == (None, None)


def test_equal_seeds_give_equal_verdicts(make):
    """Kicks and Lanczos start from the audit's own seed."""
    first, second = (
        after_training(make((2, 8, 8, 1), XOR, PARITY, init=Named("zeros"), epochs=30, **BINARY)) for _ in range(2)
    )
    assert first == second
