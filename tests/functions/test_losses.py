"""The table of losses: SciPy's values of the same formulas, and the best constant output against a search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from scipy.optimize import minimize_scalar

from gradaudit.domain.spec import Named
from gradaudit.functions.losses import CLIP, LOSSES
from gradaudit.nn.objective import Objective

SCIPYS = {  # loss → its terms for outputs h and targets t
    "mse": lambda h, t: (h - t) ** 2,
    "half_mse": lambda h, t: (h - t) ** 2 / 2,
    "half_sse": lambda h, t: (h - t) ** 2 / 2,
    "mae": lambda h, t: np.abs(h - t),
    "huber": lambda h, t: special.huber(1.0, h - t),
    "poisson": lambda h, t: special.kl_div(t, h),
    "binary_cross_entropy": lambda h, t: -special.xlogy(t, h) - special.xlog1py(1 - t, -h),
    "cross_entropy": lambda h, t: -special.xlogy(t, h / h.sum(axis=-1, keepdims=True)),
}
NUMBERS = [name for name, row in LOSSES.items() if not row.for_classes]


def drawn(loss: str, seed: int, samples: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Outputs inside (0, 1) and targets 0 or 1 for the losses over classes; else errors on both sides of 1."""
    rng = np.random.default_rng(seed)
    if LOSSES[loss].for_classes:
        return rng.uniform(0.01, 0.99, (samples, 3)), np.eye(3)[rng.integers(0, 3, samples)]
    h, t = rng.gamma(1.0, 2.0, (2, samples, 3))
    return h, np.where(rng.random(t.shape) < 0.2, 0.0, t)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_terms_are_scipys(loss):
    """Targets of 0 and errors beyond huber's corner included."""
    h, t = drawn(loss, 0)
    np.testing.assert_allclose(LOSSES[loss].value(h, t), SCIPYS[loss](h, t), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_slope_and_bend_are_derivatives(loss):
    """Along a random direction, against central differences; away from the kinks of mae and huber."""
    row, (h, t), e = LOSSES[loss], drawn(loss, 5), 1e-5
    smooth = np.all(np.abs(np.abs(h - t) - (loss == "huber")) > 1e-2, axis=1) & np.all(h > 0.1, axis=1)
    h, t = (x[smooth][:40].reshape(2, 20, 3) for x in (h, t))  # two seeds, as everywhere
    Rh = np.random.default_rng(6).standard_normal(h.shape)
    change = (row.value(h + e * Rh, t) - row.value(h - e * Rh, t)).sum(axis=-1) / (2 * e)
    np.testing.assert_allclose((row.slope(h, t) * Rh).sum(axis=-1), change, rtol=1e-6, atol=1e-7)
    bend = (row.slope(h + e * Rh, t) - row.slope(h - e * Rh, t)) / (2 * e)
    np.testing.assert_allclose(row.bend(h, t, Rh), bend, rtol=1e-6, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(NUMBERS),
    st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.5, 4.0, 30.0]), min_size=1, max_size=9),
)
def test_no_constant_is_better_than_the_best(loss, column):
    """A bounded search over everything between the targets finds no lower loss."""
    T, value = np.array(column)[:, None], LOSSES[loss].value
    total = lambda c: value(np.full_like(T, c), T).sum()  # noqa: E731
    searched = minimize_scalar(total, bounds=(1e-12, T.max() + 1e-9), options={"xatol": 1e-10}).fun
    best = LOSSES[loss].constant(T)
    assert best.shape == (1, 1)
    assert total(best[0, 0]) <= searched + 1e-9 * (1 + searched)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_no_probabilities_are_better_than_the_best_constant(loss):
    """Among drawn rows of probabilities."""
    _, T = drawn(loss, 1)
    value, rows = LOSSES[loss].value, np.random.default_rng(2).dirichlet((1.0, 1.0, 1.0), 300)
    best = value(np.broadcast_to(LOSSES[loss].constant(T), T.shape), T).sum()
    assert all(best <= value(np.broadcast_to(row, T.shape), T).sum() for row in rows)


@pytest.mark.parametrize("loss", NUMBERS)
def test_each_output_has_its_own_constant(loss):
    """One row of numbers, each that of its own column."""
    _, T = drawn(loss, 3)
    alone = [LOSSES[loss].constant(column[:, None])[0, 0] for column in T.T]
    np.testing.assert_allclose(LOSSES[loss].constant(T), [alone], rtol=1e-12)


def test_targets_that_are_all_zero_leave_poisson_a_finite_baseline():
    """The mean is 0, of which there is no logarithm: the smallest rate stands in."""
    T = np.zeros((4, 2))
    assert np.all(LOSSES["poisson"].constant(T) > 0)
    assert 0 <= Objective(Named("exponential"), Named("poisson")).trivial(T) < 1e-9


@pytest.mark.parametrize(("loss", "outputs"), [(loss, way) for loss in NUMBERS for way in (None, "mean", "sum")])
@pytest.mark.parametrize("reduction", [None, "mean", "sum"])
def test_the_baseline_is_averaged_as_the_loss_is(loss, outputs, reduction):
    """By default over samples, and over outputs as the framework of the loss does; by sums where the spec says so."""
    _, T = drawn(loss, 4)
    given_ = {k: v for k, v in {"reduction": reduction, "outputs": outputs}.items() if v is not None}
    terms = LOSSES[loss].value(np.broadcast_to(LOSSES[loss].constant(T), T.shape), T)
    sums_outputs = reduction == "sum" or (outputs or {"half_sse": "sum", "poisson": "sum"}.get(loss, "mean")) == "sum"
    wanted = terms.sum() / (1 if reduction == "sum" else 200) / (1 if sums_outputs else 3)
    objective = Objective(Named("identity"), Named.of(loss, **given_))
    assert objective.trivial(T) == pytest.approx(wanted)
    assert objective.per_sample(200) == (1 if reduction == "sum" else 200)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_probabilities_are_clipped_and_the_clip_lets_no_gradient_through(loss):
    """Beyond 1e-7 from certainty the loss stands still: Keras's."""
    t = np.array([[1.0, 0.0]])
    sure, surer = (np.array([[p, 1 - p]]) for p in (CLIP / 2, CLIP / 100))
    assert LOSSES[loss].value(sure, t).sum() == LOSSES[loss].value(surer, t).sum() < np.inf
    assert not LOSSES[loss].slope(sure, t).any()
    assert not LOSSES[loss].bend(sure, t, np.ones_like(t)).any()
    inside = np.array([[2 * CLIP, 1 - 2 * CLIP]])
    assert LOSSES[loss].slope(inside, t).all()
