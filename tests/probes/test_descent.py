from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Named
from gradaudit.probes import descent
from gradaudit.probes.budget import BUDGETS, pass_cost
from gradaudit.probes.trajectory import MOST_LOOKS, affordable_looks

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])
LIMIT = 2 / np.linalg.eigvalsh(X.T @ X / 40)[-1]
LINEAR = {"bias": False, "loss": Named("half_mse")}


def sgd(rate, **given):
    """Plain gradient descent at a rate."""
    return Named.of("sgd", learning_rate=rate, **given)


def test_the_run_is_the_optimizers_own(make):
    """Gradient descent by hand: losses at the looks, the end, the best and progress to the constant output."""
    subject = make((3, 1), X, T, optimizer=sgd(0.1), epochs=20, **LINEAR)
    starts = subject.weights["initialised"].copy()
    found = descent.measure(subject)
    trivial = float(np.mean((T - T.mean()) ** 2) / 2)
    assert found.trivial_loss == pytest.approx(trivial)
    assert (found.planned_steps, found.plan_is_assumed, found.batch_size) == (20, False, 40)
    looks = found.configured.steps
    assert (looks[0], looks[-1], len(looks)) == (0, 20, affordable_looks(subject, 40, 20))
    for seed, start in enumerate(starts):
        w, losses = start[:, None].copy(), []
        for _ in range(21):
            losses.append(float(np.mean((X @ w - T) ** 2) / 2))
            w -= 0.1 * X.T @ (X @ w - T) / 40
        assert [look.values[seed] for look in found.configured.loss] == pytest.approx([losses[k] for k in looks])
        assert found.configured.final.values[seed] == pytest.approx(losses[-1])
        assert found.configured.best.values[seed] == pytest.approx(min(losses[k] for k in looks))
        assert found.configured.progress.values[seed] == pytest.approx(1 - losses[-1] / trivial)


def test_the_run_adds_the_stage_trained(make):
    """Its end is where critical points are looked for; the start is left as it was."""
    subject = make((3, 1), X, T, optimizer=sgd(0.3), epochs=2000, **LINEAR)
    start = subject.weights["initialised"].copy()
    descent.measure(subject)
    np.testing.assert_array_equal(subject.weights["initialised"], start)
    np.testing.assert_allclose(subject.weights["trained"], [[1.0, -2.0, 0.5]] * 2, atol=1e-6)


def test_an_adaptive_run_leaves_its_second_moment(make):
    """v̂, one for each parameter and seed; gradient descent leaves none."""
    subject = make((3, 1), X, T, optimizer=Named("adam"), epochs=5, **LINEAR)
    descent.measure(subject)
    assert subject.second_moments["trained"].shape == (2, 3)
    plain = make((3, 1), X, T, optimizer=sgd(0.1), epochs=5, **LINEAR)
    descent.measure(plain)
    assert not plain.second_moments


def test_a_run_that_learns_is_asked_once(make):
    """No other rates are worth their price."""
    assert descent.measure(make((3, 1), X, T, optimizer=sgd(0.1), epochs=100, **LINEAR)).others == ()


def test_a_diverging_run_is_asked_again_at_smaller_rates(make):
    """In rising order of rate, half the stable limit among them; one of them learns."""
    subject = make((3, 1), X, T, optimizer=sgd(100 * LIMIT), epochs=400, **LINEAR)
    found = descent.measure(subject, LIMIT)
    rates = [run.learning_rate for run in found.others]
    assert found.configured.progress.non_finite == 2
    assert rates == sorted(rates)
    assert any(rate == pytest.approx(LIMIT / 2) for rate in rates)
    assert max(run.progress.median or 0 for run in found.others if run.finished) > 0.9
    assert found.floor == pytest.approx(0, abs=1e-3)


def test_a_run_that_hardly_moves_is_asked_again_at_larger_rates(make):
    """Over eight decades; the hopeless are ended early, and of the others the best learns."""
    found = descent.measure(make((3, 1), X, T, optimizer=sgd(1e-4), epochs=100, init=Named("zeros"), **LINEAR))
    rates = [run.learning_rate / 1e-4 for run in found.others]
    assert (rates[0], rates[-1]) == pytest.approx((1e-4, 1e4))
    finished = [run for run in found.others if run.finished]
    assert 2 <= len(finished) < len(rates)
    assert all(run.steps[-1] == 100 for run in finished)
    assert all(run.steps[-1] < 100 for run in found.others if not run.finished)
    assert max(run.progress.median for run in finished) > 0.9


def test_every_rate_that_is_tried_is_a_number(make):
    """Also where the stable limit is more than 1e308 times the configured rate."""
    still = {"initialised": np.zeros((2, 3))}
    subject = make((3, 1), X, T, optimizer=sgd(1e-300), epochs=60, weights=still, **LINEAR)
    found = descent.measure(subject, limit=1e30)
    assert found.others
    assert all(math.isfinite(run.learning_rate) for run in found.others)


def test_a_quick_audit_tries_no_other_rate(make):
    """The budget has nothing for it."""
    subject = make((3, 1), X, T, optimizer=sgd(1e-5), epochs=100, effort="quick", **LINEAR)
    assert descent.measure(subject).others == ()


def test_lbfgs_has_no_other_rates(make):
    """It has none of its own, and its plan counts iterations."""
    subject = make((3, 1), X, T, optimizer=Named("lbfgs"), epochs=7, batch_size=8, **LINEAR)
    found = descent.measure(subject)
    assert found.configured.learning_rate is None
    assert found.others == ()
    assert found.planned_steps == 7


@pytest.mark.parametrize(("epochs", "batch", "steps"), [(3, 16, 9), (3, None, 3), (3, 64, 3), (None, 16, 300)])
def test_planned_steps_are_batches_times_epochs(make, epochs, batch, steps):
    """Forty rows are three batches of sixteen; without epochs the audit plans for itself."""
    subject = make((3, 1), X, T, optimizer=sgd(0.01), epochs=epochs, batch_size=batch, **LINEAR)
    found = descent.measure(subject)
    assert (found.planned_steps, found.plan_is_assumed) == (steps, epochs is None)
    assert found.configured.steps[-1] == steps
    assert len(found.configured.steps) <= MOST_LOOKS


def test_the_run_never_exceeds_its_budget(make):
    """A plan of a million steps is run as far as the effort allows."""
    subject = make((3, 1), X, T, optimizer=sgd(0.1), epochs=10**6, effort="quick", **LINEAR)
    found = descent.measure(subject)
    assert found.planned_steps == 10**6
    assert found.configured.steps[-1] == BUDGETS["quick"].most_steps


def test_a_run_that_leaves_doubt_is_followed_to_the_end_of_a_plan_that_is_near(make):
    """A failure is sure only where the whole plan was run: the last few steps are worth their cost."""
    subject = make((3, 1), X, T, optimizer=sgd(1e-6), epochs=100, **LINEAR)
    subject.budget = replace(subject.budget, run=80 * pass_cost(subject.network, 40, 2), rates=0.0)
    assert descent.measure(subject).configured.steps[-1] == 100


@pytest.mark.parametrize(
    ("rate", "steps"), [(1e-6, 160), (0.009, 49), (0.0065, 70), (0.006, 80), (0.003, 160), (0.1, 40)]
)
def test_a_longer_run_ends_as_soon_as_every_seed_has_learnt(make, rate, steps):
    """It is asked four times while it doubles its steps, as far as four times the budget go."""
    subject = make((3, 1), X, T, optimizer=sgd(rate), epochs=10**6, init=Named("zeros"), **LINEAR)
    subject.budget = replace(subject.budget, run=40 * pass_cost(subject.network, 40, 2), rates=0.0)
    found = descent.measure(subject).configured
    assert found.steps[-1] == steps
    assert [p >= descent.LEARNT for p in found.progress.values] == [rate > 1e-6] * 2


def test_a_run_that_never_learns_is_looked_at_as_if_it_had_not_been_asked_on_its_way(make, monkeypatch):
    """What it is asked at are looks that it has anyway, so its losses are the same numbers."""

    def found():
        subject = make((3, 1), X, T, optimizer=sgd(1e-6), epochs=10**6, init=Named("zeros"), **LINEAR)
        subject.budget = replace(subject.budget, run=40 * pass_cost(subject.network, 40, 2), rates=0.0)
        return descent.measure(subject).configured

    often = found()
    monkeypatch.setattr(descent, "ASKED", 1)
    assert found() == often


def test_a_costly_network_gives_up_seeds_before_steps(make):
    """At least three seeds, and at least thirty steps."""
    subject = make((3, 1), X, T, seeds=8, **LINEAR)
    rows = 4000  # so many that a pass costs more than calling NumPy for it
    whole = descent.affordable(subject, rows, 8, 1e12, 400, 3)
    some = descent.affordable(subject, rows, 8, 151 * pass_cost(subject.network, rows, 5), 400, 3)
    least = descent.affordable(subject, rows, 8, 1.0, 400, 3)
    assert whole == (400, 8)
    assert some == (151, 5)
    assert least == (descent.FEWEST_STEPS, 3)


def test_fixed_weights_start_the_run(make, with_spec):
    """Weights of a spec, a module or an ONNX file are where it starts; an estimator or a Keras script starts anew."""
    both = {"initialised": np.zeros((2, 3)), "fitted": np.ones((1, 3))}
    subject = make((3, 1), X, T, weights=both, **LINEAR)
    assert descent.start_stage(subject) == "fitted"
    assert len(descent.start_weights(subject)) == 1
    stages = {"pytorch": "fitted", "onnx": "fitted", "sklearn": "initialised", "keras": "initialised"}
    for framework, stage in stages.items():
        assert descent.start_stage(with_spec(subject, framework=framework)) == stage


def test_fixed_weights_are_repeated_where_the_order_of_batches_matters(make):
    """Then the runs differ by their shuffles alone."""
    subject = make(
        (3, 1), X, T, weights={"fitted": np.ones((1, 3))}, seeds=4, batch_size=8, optimizer=sgd(0.01), **LINEAR
    )
    found = descent.measure(replace_epochs(subject, 2))
    assert len(found.configured.final.values) == 4
    assert len(set(found.configured.loss[0].values)) == 1
    assert len(set(found.configured.final.values)) == 4


def replace_epochs(subject, epochs):
    """The subject with a plan."""
    subject.spec = replace(subject.spec, epochs=epochs)
    return subject


def test_without_a_trivial_loss_progress_is_undefined(make):
    """A constant target leaves nothing to learn."""
    found = descent.measure(make((3, 1), X, np.zeros((40, 1)), optimizer=sgd(0.1), epochs=10, **LINEAR))
    assert found.trivial_loss == 0
    assert found.configured.progress.values == (None, None)


def test_oscillation_counts_the_ups_of_the_second_half(make):
    """A smooth run has none; one beyond the limit climbs all the time."""
    smooth = descent.measure(make((3, 1), X, T, optimizer=sgd(0.1), epochs=39, **LINEAR)).configured
    assert smooth.oscillation.values == (0.0, 0.0)
    wild = descent.measure(make((3, 1), X, T, optimizer=sgd(1.2 * LIMIT), epochs=30, **LINEAR))
    half = wild.configured.loss[len(wild.configured.loss) // 2 :]
    for seed, found in enumerate(wild.configured.oscillation.values):
        losses = [look.values[seed] for look in half]
        ups = sum(max(b - a, 0.0) for a, b in pairwise(losses))
        assert found == pytest.approx(ups / wild.trivial_loss)
        assert math.isfinite(found)


def trajectory(progress, rate):
    """A run that made this progress."""
    column = PerSeed.of(progress)
    return Trajectory(rate, (0, 1), (column, column), column, column, column, column)


@pytest.mark.parametrize(
    ("here", "others", "expected"),
    [
        ((0.8, 0.8), {}, 0.1),  # it learns
        ((0.5, 0.5), {0.01: 0.52}, 0.1),  # as well as any
        ((0.2, 0.2), {0.01: 0.6, 1.0: 0.9}, 1.0),  # another learns better
        ((math.inf, math.inf), {0.01: 0.6}, 0.01),  # it diverges
        ((0.0, 0.0), {0.01: 0.05}, None),  # none learns: half the stable limit
    ],
)
def test_the_runs_have_the_last_word_on_the_rate(here, others, expected):
    """The configured rate, a better one that was tried, or half the stable limit where nothing learns."""
    runs = tuple(trajectory((p, p), rate) for rate, p in others.items())
    run = Descent(1.0, 0.0, 1, False, 1, trajectory(here, 0.1), runs)
    found = descent.recommended(run, PerSeed((0.4, 0.6)))
    assert found.values == ((0.2, 0.3) if expected is None else (expected, expected))


def test_without_a_limit_or_a_rate_nothing_is_recommended():
    """Curvature that was not measured, and lbfgs."""
    assert descent.recommended(Descent(1.0, 0.0, 1, False, 1, trajectory((0.5,), 0.1)), None) is None
    assert descent.recommended(Descent(1.0, 0.0, 1, False, 1, trajectory((0.5,), None)), PerSeed((0.4,))) is None


def test_equal_seeds_give_equal_runs(make):
    """Batches included."""
    first, second = (
        descent.measure(make((3, 4, 1), X, T, optimizer=sgd(0.01), epochs=5, batch_size=7)) for _ in range(2)
    )
    assert first == second
