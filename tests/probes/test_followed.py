"""How far the configured run is followed, and in which precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.nn.network import build
from gradaudit.probes import descent
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.interface import GROUP_BYTES, groups

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])


def linear(make, rate=1e-9, **given):
    """A regression at this rate; at the smallest it hardly moves, which leaves doubt."""
    optimizer = Named.of("sgd", learning_rate=rate)
    return make((3, 1), X, T, optimizer=optimizer, bias=False, loss=Named("half_mse"), **given)


@pytest.mark.parametrize(
    ("paid", "plan", "covered"),
    [
        (10, 1000, 30),  # the fewest, since four times as many are hardly more
        (14, 1000, 30),
        (16, 1000, 64),  # four times what was paid for
        (40, 1000, 160),
        (14, 50, 50),  # or the whole plan
        (40, 100, 100),
        (40, 40, 40),
    ],
)
def test_a_run_that_leaves_doubt_is_followed_further_where_that_is_twice_as_far(make, paid, plan, covered):
    """A short run that hardly learns may be about to; the budget is overdrawn for it, within bounds."""
    subject = linear(make, epochs=plan)
    cost = pass_cost(subject.network, 40, 2)
    subject.budget = replace(subject.budget, run=(paid + 0.1) * cost, rates=0.0)
    assert descent.measure(subject).configured.steps[-1] == covered


def test_a_run_that_learns_is_not_followed_further(make):
    """It leaves no doubt."""
    subject = linear(make, 0.3, epochs=1000)
    subject.budget = replace(subject.budget, run=40.5 * pass_cost(subject.network, 40, 2))
    assert descent.measure(subject).configured.steps[-1] == 40


@pytest.mark.parametrize(("lost", "seeds"), [(0, 3), (1, 8), (7, 8), (8, 3)])
def test_what_is_a_matter_of_the_seed_is_run_with_all_of_them(make, lost, seeds):
    """At other rates too, else few would show nothing; where all fail alike, or hardly move, three are enough."""
    start = np.full((8, 3), 0.5)
    start[:lost] = 1e18
    subject = linear(make, 0.1 if lost else 1e-5, seeds=8, epochs=100, weights={"initialised": start})
    assert {len(run.final.values) for run in descent.measure(subject).others} == {seeds}


@pytest.mark.parametrize(("precision", "exact"), [("float64", True), ("float32", False), ("float16", False)])
def test_runs_are_computed_in_single_precision_unless_the_spec_says_double(make, precision, exact):
    """They are only compared with one another: where they end is then no double precision."""
    subject = linear(make, 0.1, epochs=3, precision=precision)
    descent.measure(subject)
    w = subject.weights["initialised"][0][:, None].copy()
    for _ in range(3):
        w -= 0.1 * X.T @ (X @ w - T) / 40
    difference = np.abs(subject.weights["trained"][0] - w[:, 0]).max()
    assert bool(difference < 1e-12) is exact
    assert difference < 1e-5


@pytest.mark.parametrize("fitting", [1, 2, 3])
def test_seeds_run_side_by_side_while_their_arrays_fit(fitting):
    """Of a network with many weights and few units: θ, g, v and Hv, eight bytes a number."""
    inputs = round(GROUP_BYTES / (fitting + 0.5) / (8 * 4 * 1000))
    network = build(ModelSpec("m", inputs, (DenseSpec(1000), DenseSpec(1)), bias=False, loss=Named("mse")))
    assert [high - low for low, high in groups(network, 1, 6)] == [fitting] * (6 // fitting)
