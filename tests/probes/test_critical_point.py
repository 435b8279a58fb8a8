from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Named
from gradaudit.nn.eigen import Extremes
from gradaudit.nn.line_search import LowPoint, loss_at
from gradaudit.probes import critical_point, descent
from gradaudit.probes.budget import pass_cost

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


def test_where_descent_is_clearly_on_its_way_no_spectrum_is_asked_for(make, monkeypatch):
    """A few products show what the steepest direction is about; the smallest eigenvalue would say nothing more."""
    subject = make((2, 20, 20, 1), XOR, PARITY, init=Named.of("normal", std=1.0), **BINARY)
    subject.weights["trained"] = subject.weights["initialised"]
    whole = critical_point.spectrum(subject.at(subject.weights["trained"]), 0).high
    monkeypatch.setattr(critical_point, "spectrum", None)
    found = critical_point.measure(subject, "trained", rested(0.7, seeds=2))
    assert found.kinds == ("not critical",) * 2
    assert found.lambda_min.values == (None, None)
    assert found.lambda_max.values == pytest.approx(whole, rel=0.1)
    assert min(found.predicted_decrease.values) > critical_point.AMPLE * critical_point.RESTS


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


def origin(make, stage="fitted", seeds=1, **given):
    """The strict saddle of the linear chain, at a loss of a half."""
    return make((1, 1, 1), SIGNS, SIGNS, weights={stage: np.zeros((seeds, 2))}, **{**CHAIN, **given})


@pytest.mark.parametrize("steep", [1.0, 3.0])
@pytest.mark.parametrize(("share", "rests"), [(0.99e-3, True), (1.01e-3, False)])
def test_descent_rests_where_a_best_step_gains_a_thousandth_of_the_height(make, steep, share, rests):
    """A bowl ½λw², a little off its bottom: ‖g‖²/(2λ) is the whole way down, held against the height that is given."""
    subject = make((1, 1), steep * SIGNS, SIGNS * 0, weights={"fitted": np.array([[0.1 / steep]])}, **CHAIN)
    found = critical_point.measure(subject, "fitted", rested(0.005, floor=0.005 - 0.005 / share))
    assert found.predicted_decrease.values == pytest.approx((share,))
    assert (found.kinds != ("not critical",)) is rests


@pytest.mark.parametrize(
    ("escape", "plain", "floor", "kind"),
    [
        (0.5 * 0.9899, 0.5, 0.0, "strict"),  # a fall of a hundredth
        (0.5 * 0.9901, 0.5, 0.0, "plateau"),
        (0.2990, 0.4, 0.0, "strict"),  # and twice as far as plain descent
        (0.3010, 0.4, 0.0, "plateau"),
        (0.5, 0.5, 0.5 * 0.949, "plateau"),  # lower losses are known
        (0.5, 0.5, 0.5 * 0.951, "minimum"),
    ],
)
def test_the_walk_is_held_against_plain_descent_and_the_lowest_loss(make, monkeypatch, escape, plain, floor, kind):
    """Walks that end at these losses, from the saddle at a half."""

    def walked(bp, theta, steps):
        return LowPoint(escape if theta.any() else plain, theta)

    monkeypatch.setattr("gradaudit.probes.critical_point.downhill", walked)
    found = critical_point.measure(origin(make), "fitted", rested(0.5, floor=floor))
    assert found.kinds == (kind,)
    assert (found.escape_loss.values, found.gradient_loss.values) == ((escape,), (plain,))


@pytest.mark.parametrize(
    ("low", "residual", "direction"),
    [
        (-1.01e-6, 0.0, "negative curvature"),
        (-0.99e-6, 0.0, "perturbation"),
        (-1e-2, 0.99e-3, "negative curvature"),
        (-1e-2, 1.01e-3, "perturbation"),
        (1e-2, 0.0, "perturbation"),
    ],
)
def test_a_curvature_is_negative_beyond_rounding_and_its_residual(make, monkeypatch, low, residual, direction):
    """A millionth of the largest one, and ten times what it may be wrong by."""
    one, axis = np.ones(1), np.eye(2)[:1]
    seen = Extremes(one, low * one, 0 * one, residual * one, axis, 2, (one,), (one,))
    monkeypatch.setattr("gradaudit.probes.critical_point.spectrum", lambda *given, **options: seen)
    assert direction in critical_point.measure(origin(make), "fitted", rested(0.5)).direction[0]


@pytest.mark.parametrize(("moved", "examined"), [(0.0099, True), (0.0101, False)])
@pytest.mark.parametrize("trivial", [1.0, 4.0, 0.0])
def test_a_run_is_at_rest_where_its_last_third_took_a_hundredth(make, moved, examined, trivial):
    """Of the trivial loss, or in the loss's own units where that is 0; what came before does not count."""
    losses = [5.0] * 6 + [0.5 + moved * (trivial or 1.0)] + [9.0, 0.5]
    columns = tuple(PerSeed((loss,)) for loss in losses)
    run = replace(rested(0.5).configured, loss=columns, final=columns[-1])
    descent_ = replace(rested(0.5), configured=run, trivial_loss=trivial)
    kinds = critical_point.measure(origin(make, "trained"), "trained", descent_).kinds
    assert (kinds == ("strict",)) is examined
    still = replace(run, loss=(columns[6], *columns[1:]))  # given weights: from the start of the run
    assert critical_point.measure(origin(make), "fitted", replace(descent_, configured=still)).kinds == kinds


@pytest.mark.parametrize(
    ("passes", "steps", "walks"), [(1, 60, 1), (4 * 59, 60, 1), (4 * 100, 100, 2), (4 * 401, 400, 2), (1e5, 400, 125)]
)
def test_walks_take_what_the_budget_pays_for(make, passes, steps, walks):
    """A quarter of it for one walk, within bounds; a step is two passes."""
    subject = origin(make)
    cost = pass_cost(subject.network, len(subject.batch[0]), 1)
    subject.budget = replace(subject.budget, walk=passes * cost * (1 + 1e-9))
    assert critical_point.affordable_walks(subject) == (steps, walks)


def test_a_kick_is_a_tenth_of_lecuns_weights_on_flat_ground(make):
    """Dead units: nothing changes the loss."""
    subject = make((100, 300, 1), np.ones((2, 100)), SIGNS, activation=Named("relu"), init=Named("zeros"))
    theta = subject.weights["initialised"][0]
    subject.network.layout.views(theta[None])[0, "bias"][:] = -1e3
    bp = subject.at(theta[None])
    moved = critical_point.kicked(subject, bp, theta, 0, loss_at(bp, theta)) - theta
    views = subject.network.layout.views(moved[None])
    assert views[0, "weight"].std() == pytest.approx(0.1 / np.sqrt(100), rel=0.02)
    assert views[1, "weight"].std() == pytest.approx(0.1 / np.sqrt(300), rel=0.1)


def test_a_kick_is_shortened_until_the_loss_hardly_notices(make):
    """By quarters: the next longer one would have changed it by more than a hundredth."""
    subject = make((1, 1), SIGNS, SIGNS * 0, weights={"fitted": np.array([[3.0]])}, **CHAIN)
    theta = subject.weights["fitted"][0]
    bp = subject.at(theta[None])
    loss = loss_at(bp, theta)
    moved = critical_point.kicked(subject, bp, theta, 0, loss) - theta
    assert abs(loss_at(bp, theta + moved) - loss) <= 0.01 * loss
    longest = 0.1 * abs(moved / np.linalg.norm(moved)) @ abs(moved / np.linalg.norm(moved))
    assert abs(loss_at(bp, theta + 4 * moved) - loss) > 0.01 * loss or np.linalg.norm(moved) >= longest / 4
