from math import sqrt

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.functions.optimizers import OPTIMIZERS, clip_scale

G = np.array([[3.0, -4.0, 0.5]])
THETA = np.array([[1.0, -2.0, 0.0]])


def step(optimizer, theta=THETA, gradients=(G,)):
    """Where the parameters are after these gradients."""
    row, state, theta = OPTIMIZERS[optimizer.name], {}, theta.copy()
    for t, g in enumerate(gradients, 1):
        row.step(theta, g.copy(), state, t, **row.arguments(optimizer))
    return theta


FIRST = {  # optimizer → change of the first step, from its formula
    "sgd": (Named.of("sgd", learning_rate=0.1), -0.1 * G),
    "sgd with decay": (Named.of("sgd", learning_rate=0.1, weight_decay=0.5), -0.1 * (G + 0.5 * THETA)),
    "heavy ball": (Named.of("sgd", learning_rate=0.1, momentum=0.9), -0.1 * G),
    "nesterov": (Named.of("sgd", learning_rate=0.1, momentum=0.9, nesterov=True), -0.1 * 1.9 * G),
    "adam": (Named.of("adam", learning_rate=0.1), -0.1 * G / (np.abs(G) + 1e-8)),
    "adam with decay": (
        Named.of("adam", learning_rate=0.1, weight_decay=0.5),
        -0.1 * (G + 0.5 * THETA) / (np.abs(G + 0.5 * THETA) + 1e-8),
    ),
    "adamw": (Named.of("adamw", learning_rate=0.1), -0.1 * 0.01 * THETA - 0.1 * G / (np.abs(G) + 1e-8)),
    "rmsprop": (Named.of("rmsprop", learning_rate=0.1), -0.1 * G / (sqrt(0.01) * np.abs(G) + 1e-8)),
    "adagrad": (Named.of("adagrad", learning_rate=0.1), -0.1 * G / (np.abs(G) + 1e-10)),
    "adagrad with a start": (
        Named.of("adagrad", learning_rate=0.1, initial_accumulator_value=1.0),
        -0.1 * G / (np.sqrt(1 + G * G) + 1e-10),
    ),
}


@pytest.mark.parametrize("name", FIRST)
def test_the_first_step_is_the_formulas(name):
    """Computed by hand, decay and momentum included."""
    optimizer, change = FIRST[name]
    np.testing.assert_allclose(step(optimizer) - THETA, change, rtol=1e-9)


def test_every_optimizer_has_its_first_step_tried():
    """A new row of the table needs a line above."""
    assert {optimizer.name for optimizer, _ in FIRST.values()} == set(OPTIMIZERS)


def test_momentum_adds_up():
    """Two equal gradients: the second heavy-ball step is 1.9 of the first."""
    there = step(Named.of("sgd", learning_rate=0.1, momentum=0.9), gradients=(G, G))
    np.testing.assert_allclose(there - THETA, -0.1 * (1 + 1.9) * G)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_clipping_comes_before_everything(name):
    """A clipped gradient steps like a gradient that was short from the start."""
    norm = np.linalg.norm(G)
    clipped = step(Named.of(name, clip_norm=0.5))
    short = step(Named(name), gradients=(G * 0.5 / (norm + 1e-6),))
    np.testing.assert_allclose(clipped, short, rtol=1e-12)


def test_a_short_gradient_is_not_lengthened():
    """The bound is from above, for each seed by itself."""
    g = np.array([[3.0, 4.0], [0.3, 0.4]])
    np.testing.assert_allclose(np.linalg.norm(g * clip_scale(g, 1.0), axis=1), [1.0, 0.5], rtol=1e-6)
    assert clip_scale(g, None) is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_pieces_change_no_number(name, monkeypatch):
    """An update made in pieces of a few columns is the whole one, to the last bit, clipping included."""
    rng = np.random.default_rng(0)
    theta, gradients = rng.standard_normal((2, 37)), rng.standard_normal((4, 2, 37))
    optimizer = Named.of(name, clip_norm=0.5)
    whole = step(optimizer, theta, gradients)
    monkeypatch.setattr("gradaudit.functions.optimizers.PIECE", 10)
    np.testing.assert_array_equal(step(optimizer, theta, gradients), whole)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_column_of_rates_runs_seeds_side_by_side(name):
    """Each seed goes as if it were alone at its rate."""
    row, state = OPTIMIZERS[name], {}
    both, gradients = np.repeat(THETA, 2, axis=0), [np.repeat(g, 2, axis=0) for g in (G, 2 * G, -G)]
    rates = np.array([[0.1], [0.01]])
    for t, g in enumerate(gradients, 1):
        row.step(both, g, state, t, **{**row.arguments(Named(name)), "learning_rate": rates})
    for seed, rate in enumerate(rates[:, 0]):
        alone = step(Named.of(name, learning_rate=float(rate)), gradients=(G, 2 * G, -G))
        np.testing.assert_allclose(both[seed], alone[0], rtol=1e-12)


def test_what_a_spec_says_goes_above_the_defaults():
    """PyTorch's names and defaults but for the rates."""
    arguments = OPTIMIZERS["sgd"].arguments(Named.of("sgd", momentum=0.9))
    assert arguments == {
        "learning_rate": 0.01, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0, "clip_norm": None,
    }  # fmt: skip


@pytest.mark.parametrize("framework", [None, "pytorch", "sklearn", "keras"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_decay_is_coupled_where_the_step_feeds_it_to_the_moments(name, framework):
    """Without a gradient the moments stay empty but for a decay that joins it."""
    row, state = OPTIMIZERS[name], {}
    given = row.arguments(Named.of(name, weight_decay=0.5, **({"momentum": 0.9} if name == "sgd" else {})), framework)
    row.step(THETA.copy(), np.zeros_like(G), state, 1, **given)
    assert any(moment.any() for moment in state.values()) is row.couples_decay(framework)
