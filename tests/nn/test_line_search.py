from itertools import pairwise

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.line_search import DISTANCES, along, downhill, loss_at
from gradaudit.nn.network import build

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])


@pytest.fixture
def bowl() -> Backprop:
    """Least squares without a bias: a bowl with its bottom at (1, −2, 0.5)."""
    spec = ModelSpec("m", 3, (DenseSpec(1),), output=Named("identity"), loss=Named("half_mse"), bias=False)
    return Backprop(build(spec), X, T, 1)


@pytest.fixture
def saddle() -> Backprop:
    """y = w₂w₁x for t = x = ±1: the loss ½(w₁w₂ − 1)², with its saddle at the origin."""
    spec = ModelSpec(
        "m",
        1,
        (DenseSpec(1), DenseSpec(1)),
        Named("identity"),
        output=Named("identity"),
        loss=Named("half_mse"),
        bias=False,
    )
    signs = np.array([[-1.0], [1.0]])
    return Backprop(build(spec), signs, signs, 1)


def test_the_loss_at_a_point_is_the_objective(bowl):
    """Data term and penalty, computed by hand."""
    theta = np.array([0.5, 0.0, 1.0])
    assert loss_at(bowl, theta) == pytest.approx(float(np.mean((X @ theta[:, None] - T) ** 2) / 2))


def test_a_loss_that_is_not_finite_is_infinite(bowl):
    """So that no walk ends there."""
    assert loss_at(bowl, np.full(3, 1e200)) == np.inf
    assert loss_at(bowl, np.full(3, np.nan)) == np.inf


def test_a_line_is_searched_on_both_sides(saddle):
    """Along (1, 1)/√2 the bottom w₁w₂ = 1 lies at ±√2; along (1, −1)/√2 nothing falls."""
    origin, diagonal = np.zeros(2), np.array([1.0, 1.0]) / np.sqrt(2)
    for sign in (1, -1):
        walk = along(saddle, origin, sign * diagonal)
        distance = np.linalg.norm(walk.theta)
        assert distance == pytest.approx(min(DISTANCES, key=lambda d: abs(d * d / 2 - 1)))
        assert walk.loss == pytest.approx((distance**2 / 2 - 1) ** 2 / 2)
    assert along(saddle, origin, np.array([1.0, -1.0]) / np.sqrt(2)).loss >= 0.5


def test_the_lower_side_of_a_line_wins(bowl):
    """Whichever way the direction points, the walk ends on the side of the bottom."""
    bottom = np.array([1.0, -2.0, 0.5])
    direction = bottom / np.linalg.norm(bottom)
    there, back = along(bowl, np.zeros(3), direction), along(bowl, np.zeros(3), -direction)
    np.testing.assert_array_equal(there.theta, back.theta)
    assert there.loss < loss_at(bowl, np.zeros(3))


def test_a_line_is_as_long_as_the_parameters(bowl):
    """Distances are in units of ‖θ‖, so that large weights are left in large steps."""
    far = np.array([1000.0, 0.0, 0.0])
    walk = along(bowl, far, np.array([-1.0, 0.0, 0.0]))
    assert np.linalg.norm(walk.theta - far) == pytest.approx(1000 * min(DISTANCES, key=lambda d: abs(d - 1)))


def test_downhill_reaches_the_bottom_of_a_bowl(bowl):
    """Its step finds the curvature by itself."""
    walk = downhill(bowl, np.array([30.0, 30.0, -30.0]), 200)
    assert walk.loss < 1e-12
    np.testing.assert_allclose(walk.theta, [1.0, -2.0, 0.5], atol=1e-5)


def test_downhill_never_climbs(saddle):
    """More steps never end higher, from anywhere."""
    for start in np.random.default_rng(1).uniform(-3, 3, (5, 2)):
        losses = [downhill(saddle, start, steps).loss for steps in range(12)]
        assert losses[0] == loss_at(saddle, start)
        assert losses == sorted(losses, reverse=True)


def test_downhill_rests_where_the_gradient_is_zero(saddle):
    """On the saddle itself plain descent goes nowhere, and the start is left as it was."""
    start = np.zeros(2)
    walk = downhill(saddle, start, 50)
    assert walk.loss == 0.5
    np.testing.assert_array_equal(walk.theta, [0.0, 0.0])


def test_downhill_stays_where_nothing_is_finite(bowl):
    """A start that overflows is its end."""
    with np.errstate(all="ignore"):
        assert downhill(bowl, np.full(3, 1e200), 5).loss == np.inf


def test_a_point_a_little_off_the_saddle_leads_down(saddle):
    """What holds exact descent lets go after a small kick."""
    assert downhill(saddle, np.array([1e-3, 2e-3]), 60).loss < 1e-6


def test_a_walk_falls_enough_at_every_step(saddle):
    """Armijo's condition: by a ten-thousandth of what the slope promises."""
    path = [downhill(saddle, np.array([2.0, -1.5]), steps).theta for steps in range(10)]
    for before, after in pairwise(path):
        saddle.theta[0] = before
        saddle.gradient()
        promised = saddle.g[0] @ (before - after)
        assert 0 < 1e-4 * promised <= loss_at(saddle, before) - loss_at(saddle, after)
