from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.probes import critical_point, descent, landscape

RNG = np.random.default_rng(1)
X = RNG.standard_normal((40, 3)) * [3.0, 1.0, 0.3]
T = X @ np.array([[1.0], [-2.0], [0.5]]) + 0.1 * RNG.standard_normal((40, 1))
LINEAR = {"bias": False, "loss": Named("half_mse")}
SIGNS = np.array([[-1.0], [1.0]])


def sgd(rate):
    """Plain gradient descent."""
    return Named.of("sgd", learning_rate=rate)


def test_around_a_quadratic_the_surface_is_the_quadratic(make):
    """A linear model's loss: H = XᵀX/N, its ends are the axes' curvatures, and Taylor's second order is exact."""
    subject = make((3, 1), X, T, optimizer=sgd(0.05), epochs=30, **LINEAR)
    run = descent.measure(subject)
    found = landscape.measure(subject, run, None)
    values, vectors = np.linalg.eigh(X.T @ X / 40)
    assert (found.lambda_max, found.lambda_min) == pytest.approx((values[-1], values[0]))
    end = subject.weights["trained"][0]
    gradient = X.T @ (X @ end[:, None] - T) / 40
    slopes = [abs(float(gradient[:, 0] @ vectors[:, k])) for k in (-1, 0)]
    at_zero = float(np.mean((X @ end[:, None] - T) ** 2) / 2)
    for y, row in zip(found.y, found.loss, strict=True):
        for x, value in zip(found.x, row, strict=True):
            bowl = at_zero + values[-1] * x**2 / 2 + values[0] * y**2 / 2
            tilts = [s * slopes[0] * x + t * slopes[1] * y for s in (1, -1) for t in (1, -1)]  # vectors have no sign
            assert min(abs(value - bowl - tilt) for tilt in tilts) < 1e-8 * (1 + abs(value))


def test_the_path_is_the_runs_own_and_ends_at_the_origin(make):
    """The shadow of the first weights on the plane, and (0, 0) at the end."""
    subject = make((3, 1), X, T, optimizer=sgd(0.05), epochs=30, **LINEAR)
    start = subject.weights["initialised"][0].copy()
    found = landscape.measure(subject, descent.measure(subject), None)
    _, vectors = np.linalg.eigh(X.T @ X / 40)
    shadow = np.abs([(start - subject.weights["trained"][0]) @ vectors[:, k] for k in (-1, 0)])
    assert np.abs(found.path[0]) == pytest.approx(shadow, rel=1e-6)
    assert found.path[-1] == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.escape == ()
    for axis, places in ((found.x, 0), (found.y, 1)):
        drawn = [place[places] for place in found.path]
        assert axis[0] <= min(drawn) <= max(drawn) <= axis[-1]


def test_a_strict_saddle_shows_its_way_out(make):
    """y = w₂w₁x from all-zero weights: up along one diagonal, down along the other, and the escape falls."""
    chain = {"activation": Named("identity"), "bias": False, "init": Named("zeros"), "epochs": 60}
    subject = make((1, 1, 1), SIGNS, SIGNS, optimizer=sgd(0.1), **chain)
    run = descent.measure(subject)
    found = landscape.measure(subject, run, critical_point.measure(subject, "trained", run))
    assert (found.lambda_max, found.lambda_min) == pytest.approx((1.0, -1.0))
    assert found.escape[0] == pytest.approx((0.0, 0.0), abs=1e-12)
    assert abs(found.escape[-1][1]) > 0.5
    assert not found.shows_way_down
    middle = len(found.y) // 2
    assert min(row[len(found.x) // 2] for row in found.loss) < found.loss[middle][len(found.x) // 2]


def test_a_degenerate_saddle_is_seen_along_its_way_down(make):
    """All-zero weights of three layers: no curvature points down, so that the plane holds the way itself."""
    xor = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    parity = np.array([[0.0], [1.0], [1.0], [0.0]])
    binary = {"output": Named("sigmoid"), "loss": Named("binary_cross_entropy"), "init": Named("zeros")}
    subject = make((2, 8, 8, 1), xor, parity, optimizer=sgd(0.5), epochs=60, **binary)
    run = descent.measure(subject)
    found = landscape.measure(subject, run, critical_point.measure(subject, "trained", run))
    assert found.shows_way_down
    assert len(found.escape) > 2
    lowest = min(value for row in found.loss for value in row if value is not None)
    assert lowest < run.configured.final.median - 1e-3


def test_what_is_too_dear_is_not_drawn(make):
    """`quick` has no budget for pictures."""
    subject = make((3, 1), X, T, optimizer=sgd(0.05), epochs=30, effort="quick", **LINEAR)
    assert landscape.measure(subject, descent.measure(subject), None) is None


def test_a_run_that_diverged_has_no_place(make):
    """Its end is nowhere, so that nothing lies around it."""
    subject = make((3, 1), X, T, optimizer=sgd(1e200), epochs=30, **LINEAR)
    with np.errstate(all="ignore"):
        assert landscape.measure(subject, descent.measure(subject), None) is None
