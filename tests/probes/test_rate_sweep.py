from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gradaudit.probes import descent, rate_sweep
from gradaudit.spec import Named

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])
LIMIT = 2 / np.linalg.eigvalsh(X.T @ X / 40)[-1]
LINEAR = {"bias": False, "loss": Named("half_mse")}


def sgd(rate):
    """Plain gradient descent."""
    return Named.of("sgd", learning_rate=rate)


def test_each_run_is_gradient_descent_at_its_rate(make):
    """By hand, from the first seed's weights; the configured rate is among them, in rising order."""
    subject = make((3, 1), X, T, optimizer=sgd(0.1), epochs=40, **LINEAR)
    start = subject.weights["initialised"][0].copy()
    runs = rate_sweep.measure(subject, descent.measure(subject), None)
    rates = [run.learning_rate for run in runs]
    assert rates == sorted(rates)
    assert 0.1 in rates
    for run in runs:
        w = start[:, None].copy()
        for _ in range(run.steps[-1]):
            w = w - run.learning_rate * X.T @ (X @ w - T) / 40
        expected = float(np.mean((X @ w - T) ** 2) / 2)
        if expected < 1e6:
            assert run.final.values == pytest.approx((expected,))


def test_the_runs_reach_beyond_the_stable_limit(make):
    """However far the configured rate lies from the limit, rates on both sides of it are tried."""
    for rate in (1e-6, 0.1, 1e4):
        subject = make((3, 1), X, T, optimizer=sgd(rate), epochs=40, **LINEAR)
        with np.errstate(all="ignore"):
            runs = rate_sweep.measure(subject, descent.measure(subject), LIMIT)
        rates = [run.learning_rate for run in runs]
        assert min(rates) < LIMIT < max(rates)
        stable = [run.final.median for run in runs if LIMIT / 100 < run.learning_rate < LIMIT]
        assert all(b <= a for a, b in pairwise(stable))
        assert all(
            run.progress.values[0] in (None, float("inf")) or run.progress.values[0] < 0
            for run in runs
            if run.learning_rate > 2 * LIMIT
        )


def test_no_rate_no_sweep(make):
    """lbfgs has none; `quick` has no budget; a run of zero steps cannot be."""
    subject = make((3, 1), X, T, optimizer=Named("lbfgs"), epochs=10, framework="sklearn", **LINEAR)
    assert rate_sweep.measure(subject, descent.measure(subject), None) == ()
    quick = make((3, 1), X, T, optimizer=sgd(0.1), epochs=10, effort="quick", **LINEAR)
    assert rate_sweep.measure(quick, descent.measure(quick), None) == ()
