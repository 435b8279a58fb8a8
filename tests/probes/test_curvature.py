from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.nn.eigen import Extremes
from gradaudit.nn.training import TrainingPlan, train
from gradaudit.probes import curvature
from gradaudit.probes.budget import pass_cost

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 5)) * np.array([1.0, 2.0, 0.5, 1.5, 3.0])
T = X @ RNG.standard_normal((5, 1)) + 0.1 * RNG.standard_normal((40, 1))
HESSIAN = X.T @ X / len(X)  # of half the mean of squares, no bias
EIGENVALUES = np.linalg.eigvalsh(HESSIAN)
LINEAR = {"bias": False, "loss": Named("half_mse")}
MINIMUM = float(np.mean((X @ np.linalg.lstsq(X, T, rcond=None)[0] - T) ** 2) / 2)
ADAPTIVE = ["adam", "adamw", "rmsprop", "adagrad"]


def limit(subject, stage="initialised"):
    """The measured stable limits."""
    return np.array(curvature.measure(subject, stage)[1].stable_limit.values)


def test_both_ends_of_a_linear_models_spectrum_keep_their_residuals(make):
    """The Hessian of least squares is XᵀX/N, wherever the weights are; an eigenvalue lies within each residual."""
    found, _ = curvature.measure(make((5, 1), X, T, **LINEAR), "initialised")
    assert found.lambda_max.values == pytest.approx((EIGENVALUES[-1],) * 2, rel=1e-4)
    for low, residual in zip(found.lambda_min.values, found.residual_min.values, strict=True):
        assert min(abs(low - EIGENVALUES)) <= residual + 1e-12 <= curvature.TOLERANCE * EIGENVALUES[-1]


def test_the_gradients_norm_stands_beside_it(make):
    """At the same weights."""
    subject = make((5, 1), X, T, **LINEAR)
    found, _ = curvature.measure(subject, "initialised")
    for theta, norm in zip(subject.weights["initialised"], found.gradient_norm.values, strict=True):
        assert norm == pytest.approx(np.linalg.norm(X.T @ (X @ theta[:, None] - T) / len(X)))


def test_the_penalty_is_part_of_the_curvature(make):
    """l2 adds itself to every eigenvalue of the weights."""
    with_penalty, without = (
        curvature.measure(make((5, 1), X, T, l2=l2, **LINEAR), "initialised")[0] for l2 in (0.5, 0)
    )
    for end in ("lambda_min", "lambda_max"):
        shifted = np.array(getattr(without, end).values) + 0.5
        assert getattr(with_penalty, end).values == pytest.approx(shifted)


@pytest.mark.parametrize(
    ("optimizer", "reach", "decay"),
    [
        (Named.of("sgd", learning_rate=0.1), 2.0, 0.0),
        (Named.of("sgd", learning_rate=0.1, momentum=0.9), 3.8, 0.0),
        (Named.of("sgd", learning_rate=0.1, momentum=0.9, nesterov=True), 3.8 / 2.8, 0.0),
        (Named.of("sgd", learning_rate=0.1, weight_decay=0.3), 2.0, 0.3),
    ],
)
def test_sgds_limit_is_the_formula_over_the_exact_eigenvalue(make, optimizer, reach, decay):
    """2/λ, heavy ball 2(1+β)/λ, Nesterov 2(1+β)/((1+2β)λ), coupled decay added to λ."""
    subject = make((5, 1), X, T, optimizer=optimizer, **LINEAR)
    _, rate = curvature.measure(subject, "initialised")
    expected = reach / (EIGENVALUES[-1] + decay)
    assert rate.stable_limit.values == pytest.approx((expected,) * 2)
    assert rate.recommended.values == pytest.approx((expected / 2,) * 2)
    assert rate.configured == 0.1


@pytest.mark.parametrize(
    "momentum", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.3}]
)
@pytest.mark.parametrize(("factor", "converges"), [(0.97, True), (1.03, False)])
def test_training_converges_below_the_limit_and_diverges_above(make, momentum, factor, converges):
    """The package's own training run is the judge of the formula, for plain, heavy-ball and Nesterov steps."""
    optimizer = Named.of("sgd", learning_rate=0.1, **momentum)
    subject = make((5, 1), X, T, optimizer=optimizer, **LINEAR)
    start = subject.weights["initialised"]
    rates = factor * limit(subject)[:, None]
    with np.errstate(all="ignore"):
        end = train(subject.network, start, X, T, (X, T), TrainingPlan(optimizer, rates, 40, 1500, 2, (0, 1)))
    final = end.losses[-1]
    if converges:
        wanted = MINIMUM if "weight_decay" not in momentum else decayed_minimum(0.3)
        assert final == pytest.approx([wanted] * 2, rel=1e-3)
    else:
        assert np.all(~(final < 100 * end.losses[0]))


def decayed_minimum(decay):
    """The data term where the decayed objective is lowest."""
    w = np.linalg.solve(HESSIAN + decay * np.eye(5), X.T @ T / len(X))
    return float(np.mean((X @ w - T) ** 2) / 2)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_adaptive_limits_are_those_of_the_preconditioned_hessian(make, name):
    """2(1+β₁)/((1−β₁)·λ_max(P⁻¹H)) with P = diag(|g| + ε); 2/λ_max(P⁻¹H) without momentum."""
    subject = make((5, 1), X, T, optimizer=Named(name), **LINEAR)
    for theta, found in zip(subject.weights["initialised"], limit(subject), strict=True):
        g = (X.T @ (X @ theta[:, None] - T) / len(X))[:, 0]
        top = np.linalg.eigvals(HESSIAN / (np.abs(g) + 1e-8)[:, None]).real.max()
        assert found == pytest.approx((38.0 if name.startswith("adam") else 2.0) / top, rel=1e-2)


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
@pytest.mark.parametrize(("factor", "converges"), [(0.97, True), (1.03, False)])
def test_a_frozen_preconditioner_converges_below_the_limit_and_diverges_above(make, name, factor, converges):
    """Adam's m with β₁ = 0.9 (rmsprop: none) over the square root that the probe saw, on the same quadratic."""
    subject = make((5, 1), X, T, optimizer=Named(name), seeds=1, **LINEAR)
    w, rate = subject.weights["initialised"][0].copy(), factor * limit(subject)[0]
    best = np.linalg.lstsq(X, T, rcond=None)[0][:, 0]
    start = np.linalg.norm(w - best)
    beta = 0.9 if name == "adam" else 0.0
    P = np.abs(HESSIAN @ (w - best)) + 1e-8
    m = np.zeros(5)
    for _ in range(5000):
        m = beta * m + (1 - beta) * HESSIAN @ (w - best)
        w -= rate * m / P
        if np.linalg.norm(w - best) > 1e6 * start:
            break
    distance = np.linalg.norm(w - best)
    assert distance < 0.1 * start if converges else distance > 100 * start


def test_the_runs_own_second_moment_is_used_where_there_is_one(make):
    """At a stage whose run left v̂, P is made of it."""
    subject = make((5, 1), X, T, optimizer=Named("adam"), **LINEAR)
    subject.weights["trained"] = subject.weights["initialised"].copy()
    subject.second_moments["trained"] = np.full((2, 5), 4.0)
    assert limit(subject, "trained") == pytest.approx([38 * 2 / EIGENVALUES[-1]] * 2, rel=1e-2)


def test_lbfgs_has_no_rate(make):
    """Its step is searched, not set."""
    _, rate = curvature.measure(make((5, 1), X, T, optimizer=Named("lbfgs"), **LINEAR), "initialised")
    assert (rate.configured, rate.stable_limit, rate.recommended) == (None, None, None)


def test_flat_ground_allows_any_rate(make):
    """Where λ_max is 0, no rate is too large: infinity, which is no number to recommend."""
    subject = make((5, 4, 1), X, T, activation=Named("relu"), init=Named("zeros"), bias=False)
    found, rate = curvature.measure(subject, "initialised")
    assert found.lambda_max.values == (0.0, 0.0)
    assert rate.stable_limit.non_finite == 2
    assert rate.stable_limit.median is None


def test_a_dense_hessian_agrees(make):
    """A small tanh network: eigenvalues of the Hessian that unit vectors build."""
    subject = make((5, 3, 1), X, T, seeds=1)
    bp = subject.at(subject.weights["initialised"])
    H = []
    for k in range(subject.network.layout.size):
        bp.v[:] = 0.0
        bp.v[0, k] = 1.0
        H.append(bp.hessian_product()[0].copy())
    values = np.linalg.eigvalsh(np.array(H))
    found, _ = curvature.measure(subject, "initialised")
    assert found.lambda_max.values[0] == pytest.approx(values[-1], rel=0.01)
    assert found.lambda_min.values[0] == pytest.approx(values[0], abs=0.01 * values[-1])


def test_the_budget_takes_seeds_away_before_products(make):
    """A network whose Hessian products are dear is measured on fewer seeds, at least one; equal input, equal choice."""
    rows = RNG.standard_normal((256, 300))
    subject = make((300, 400, 400, 10), rows, rows[:, :10], seeds=8, effort="quick")
    seen = curvature.affordable_seeds(subject, "initialised")
    assert 1 <= seen < 8
    assert curvature.most_products(subject) >= curvature.FEWEST_PRODUCTS
    assert curvature.affordable_seeds(make((5, 1), X, T, seeds=8), "initialised") == 8


def test_equal_seeds_give_equal_eigenvalues(make):
    """Lanczos starts from the audit's own seed."""
    first, second = (curvature.measure(make((5, 8, 1), X, T), "initialised") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("products", "most", "seeds"), [(1, 12, 1), (13, 13, 1), (49, 49, 2), (61, 60, 2), (24 * 5, 60, 5), (1e6, 60, 8)]
)
def test_products_and_seeds_are_what_the_budget_pays_for(make, products, most, seeds):
    """A product is two gradient passes, and a seed takes two dozen; both within bounds."""
    subject = make((5, 1), X, T, seeds=8, **LINEAR)
    cost = pass_cost(subject.network, len(subject.batch[0]), 1)
    subject.budget = replace(subject.budget, curvature=2 * products * cost * (1 + 1e-9))
    assert curvature.most_products(subject) == most
    assert curvature.affordable_seeds(subject, "initialised") == seeds
    assert len(curvature.measure(subject, "initialised")[0].lambda_max.values) == seeds


def spectrum_of(nodes, weights):
    """A spectrum of one seed with these nodes."""
    none = np.zeros(1)
    return Extremes(none, none, none, none, none, 0, (np.array(nodes),), (np.array(weights),))


def test_eigenvalues_next_to_zero_do_not_count_as_negative(make, monkeypatch):
    """Below a ten-thousandth of the largest in size they may be rounding."""
    seen = spectrum_of([-2.0, -2.02e-4, -1.98e-4, 0.0, 1.0], [0.1, 0.2, 0.3, 0.15, 0.25])
    monkeypatch.setattr("gradaudit.probes.curvature.spectrum", lambda *given, **options: seen)
    found, _ = curvature.measure(make((5, 1), X, T, seeds=1, **LINEAR), "initialised")
    assert found.negative_share.values == pytest.approx((0.3,))


@pytest.mark.parametrize("nodes", [7, 200, 201, 1000])
def test_merged_nodes_keep_the_whole_and_its_mean(make, monkeypatch, nodes):
    """At most two hundred, in rising order, their weights adding up to one."""
    values, weights = RNG.standard_normal(nodes), RNG.random(nodes)
    seen = spectrum_of(values, weights)
    monkeypatch.setattr("gradaudit.probes.curvature.spectrum", lambda *given, **options: seen)
    density = np.array(curvature.measure(make((5, 1), X, T, seeds=1, **LINEAR), "initialised")[0].density)
    assert len(density) == min(nodes, 200)
    assert np.all(np.diff(density[:, 0]) > 0)
    assert density[:, 1].sum() == pytest.approx(1.0)
    assert density[:, 0] @ density[:, 1] == pytest.approx(values @ weights / weights.sum())


def test_seeds_in_groups_have_the_curvature_that_they_have_side_by_side(make, monkeypatch):
    """How many run at once is a matter of memory only; the start vectors differ, the eigenvalues do not."""
    subject = make((5, 4, 1), X, T, seeds=5, optimizer=Named("adam"))
    subject.second_moments["initialised"] = RNG.random((5, subject.network.layout.size)) + 0.1
    together, limits = curvature.measure(subject, "initialised")
    monkeypatch.setattr("gradaudit.probes.curvature.BASIS_BYTES", 1.0)
    apart, own = curvature.measure(subject, "initialised")
    assert apart.lambda_max.values == pytest.approx(together.lambda_max.values, rel=1e-3)
    assert apart.gradient_norm.values == pytest.approx(together.gradient_norm.values, rel=1e-12)
    assert own.stable_limit.values == pytest.approx(limits.stable_limit.values, rel=1e-3)
