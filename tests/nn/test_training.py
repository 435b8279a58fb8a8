from itertools import islice

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, DropoutSpec, ModelSpec, Named
from gradaudit.nn.network import build, initial
from gradaudit.nn.training import TrainingPlan, batches, look_steps, train

RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])
SGD = Named("sgd")


def linear(**given):
    """Least squares without a bias."""
    return build(
        ModelSpec("m", 3, (DenseSpec(1),), output=Named("identity"), loss=Named("half_mse"), bias=False, **given)
    )


def plan(optimizer=SGD, rates=(0.1, 0.1), size=10, steps=6, looks=7, orders=(0, 1), **given):
    """A short plan for two seeds."""
    return TrainingPlan(optimizer, np.array(rates)[:, None], size, steps, looks, orders, **given)


def by_hand(w, steps, rate, rows=None):
    """Gradient descent on ½·mean(Xw − t)², over given batches of rows."""
    path = [w.copy()]
    for step in range(steps):
        x, t = (X, T[:, 0]) if rows is None else (X[rows[step]], T[rows[step], 0])
        w = w - rate * x.T @ (x @ w - t) / len(x)
        path.append(w)
    return np.array(path)


def loss(w):
    """Over all rows."""
    return float(np.mean((X @ w - T[:, 0]) ** 2) / 2)


def test_gradient_descent_on_a_quadratic_is_as_by_hand():
    """Every look and the end, for two seeds with rates of their own."""
    start = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    out = train(linear(), start, X, T, (X, T), plan(rates=(0.1, 0.3)))
    assert out.steps == tuple(range(7))
    for seed, rate in enumerate((0.1, 0.3)):
        path = by_hand(start[seed], 6, rate)
        np.testing.assert_allclose(out.theta[seed], path[-1], rtol=1e-12)
        np.testing.assert_allclose(out.losses[:, seed], [loss(w) for w in path], rtol=1e-12)
    np.testing.assert_array_equal(start[1], 1.0)


def test_mini_batches_are_followed_to_the_last_short_one():
    """Ten rows in batches of four: each step's gradient is its own batch's mean."""
    order = [rows[0] for rows in islice(batches(10, 4, [5]), 7)]
    out = train(linear(), np.zeros((1, 3)), X, T, (X, T), plan(rates=(0.1,), size=4, steps=7, orders=(5,)))
    np.testing.assert_allclose(out.theta[0], by_hand(np.zeros(3), 7, 0.1, order)[-1], rtol=1e-12)


def test_the_penalty_pulls_and_is_not_looked_at():
    """l2 is part of the steps; the looks are at the data term alone."""
    out = train(
        linear(l2=1.0), np.ones((1, 3)), X, np.zeros((10, 1)), (X, np.zeros((10, 1))), plan(rates=(0.1,), steps=1)
    )
    gradient = X.T @ X @ np.ones(3) / 10 + 1.0
    np.testing.assert_allclose(out.theta[0], 1 - 0.1 * gradient, rtol=1e-12)
    assert out.losses[0, 0] == pytest.approx(np.mean((X @ np.ones(3)) ** 2) / 2)


@pytest.mark.parametrize(("rows", "size"), [(10, 4), (10, 5), (7, 1), (9, 8)])
def test_every_epoch_covers_each_row_exactly_once(rows, size):
    """For each seed, in another order each time; only the last batch may be short. Four bytes a row number."""
    per_epoch = -(-rows // size)
    found = list(islice(batches(rows, size, [0, 1]), 3 * per_epoch))
    epochs = [np.concatenate(found[k * per_epoch : (k + 1) * per_epoch], axis=1) for k in range(3)]
    for epoch in epochs:
        assert epoch.shape == (2, rows)
        np.testing.assert_array_equal(np.sort(epoch, axis=1), [range(rows)] * 2)
    assert not np.array_equal(epochs[0], epochs[1])
    assert {batch.dtype for batch in found} == {np.dtype(np.int32)}
    assert all(batch.shape[1] == size for k, batch in enumerate(found) if (k + 1) % per_epoch)


def test_equal_order_seeds_see_equal_batches():
    """So that runs can be compared in pairs; another order seed shuffles otherwise, whoever stands beside it."""
    alone = list(islice(batches(20, 6, [3]), 8))
    beside = list(islice(batches(20, 6, [3, 9, 3]), 8))
    for one, three in zip(alone, beside, strict=True):
        np.testing.assert_array_equal(three[0], one[0])
        np.testing.assert_array_equal(three[2], one[0])
    assert any(not np.array_equal(three[1], three[0]) for three in beside)


def test_the_whole_data_set_is_not_shuffled():
    """A batch of all rows, or more, is the data as they are."""
    assert next(batches(10, 10, [0])) is None
    assert next(batches(10, 11, [0])) is None


@pytest.mark.parametrize(("steps", "looks"), [(100, 40), (5, 40), (1, 9), (7, 2), (0, 9)])
def test_looks_are_evenly_spread_from_first_to_last(steps, looks):
    """No more than asked for, never twice at the same step."""
    found = look_steps(steps, looks)
    assert (found[0], found[-1]) == (0, steps)
    assert len(found) == min(looks, steps + 1)
    gaps = np.diff(found)
    assert len(gaps) == 0 or max(gaps) - min(gaps) <= 1


def test_looks_are_at_the_probe_batch():
    """Whatever the training rows."""
    probe = (X[:3], T[:3])
    out = train(linear(), np.ones((1, 3)), X, T, probe, plan(rates=(0.1,), steps=1))
    assert out.losses[0, 0] == pytest.approx(float(np.mean((X[:3] @ np.ones((3, 1)) - T[:3]) ** 2) / 2))


def test_a_diverging_run_ends_without_a_number():
    """The other seeds are not touched by it."""
    with np.errstate(all="ignore"):
        out = train(linear(), np.ones((2, 3)), X, T, (X, T), plan(rates=(0.1, 1e200)))
        alone = train(linear(), np.ones((1, 3)), X, T, (X, T), plan(rates=(0.1,), orders=(0,)))
    assert not np.isfinite(out.losses[-1, 1])
    np.testing.assert_allclose(out.losses[:, 0], alone.losses[:, 0], rtol=1e-12)


def test_adam_leaves_its_bias_corrected_second_moment():
    """v̂ of one step is the squared gradient; gradient descent leaves none."""
    out = train(linear(), np.zeros((1, 3)), X, T, (X, T), plan(Named("adam"), (0.1,), steps=1, orders=(0,)))
    gradient = -(X.T @ T)[:, 0] / 10
    np.testing.assert_allclose(out.second_moment[0], gradient**2, rtol=1e-9)
    assert train(linear(), np.zeros((1, 3)), X, T, (X, T), plan(rates=(0.1,), orders=(0,))).second_moment is None


def test_rmsprop_leaves_its_mean_square():
    """s of one step is (1 − α)·g²."""
    out = train(linear(), np.zeros((1, 3)), X, T, (X, T), plan(Named("rmsprop"), (0.1,), steps=1, orders=(0,)))
    np.testing.assert_allclose(out.second_moment[0], 0.01 * ((X.T @ T)[:, 0] / 10) ** 2, rtol=1e-9)


def test_lbfgs_finds_the_least_squares_solution():
    """SciPy's L-BFGS-B on all rows, seed by seed; the looks never rise."""
    out = train(linear(), np.ones((2, 3)), X, T, (X, T), plan(Named("lbfgs"), steps=30, looks=9))
    np.testing.assert_allclose(out.theta, [[1.0, -2.0, 0.5]] * 2, atol=1e-4)
    assert out.losses.shape == (9, 2)
    assert np.all(np.diff(out.losses, axis=0) <= 1e-15)
    assert out.second_moment is None


def test_lbfgs_stops_at_its_plan():
    """One iteration is one look after the start."""
    out = train(linear(), np.ones((1, 3)), X, T, (X, T), plan(Named("lbfgs"), steps=1, looks=9))
    assert out.steps == (0, 1)
    assert out.losses[1, 0] < out.losses[0, 0]


def test_dropout_is_on_in_the_steps_and_off_in_the_looks():
    """The first look is at the whole network; equal order seeds drop equal units."""
    spec = ModelSpec(
        "m", 3, (DenseSpec(8), DropoutSpec(0.5), DenseSpec(1)), output=Named("identity"), loss=Named("half_mse")
    )
    network, without = (
        build(spec),
        build(ModelSpec("m", 3, (DenseSpec(8), DenseSpec(1)), output=Named("identity"), loss=spec.loss)),
    )
    theta = np.stack([initial(network, np.random.default_rng(0))] * 2)
    same = train(network, theta, X, T, (X, T), plan(steps=3, orders=(0, 0)))
    other = train(network, theta, X, T, (X, T), plan(steps=3, orders=(0, 1)))
    bare = train(without, theta, X, T, (X, T), plan(steps=3))
    np.testing.assert_allclose(same.losses[0], bare.losses[0], rtol=1e-12)
    np.testing.assert_array_equal(same.theta[0], same.theta[1])
    assert not np.array_equal(other.theta[0], other.theta[1])
    assert not np.array_equal(same.theta[0], bare.theta[0])


def test_the_same_plan_twice_is_the_same_run():
    """Nothing is drawn from anywhere else."""
    first, second = (
        train(linear(), np.ones((2, 3)), X, T, (X, T), plan(Named("adam"), size=3, steps=9)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.theta, second.theta)
    np.testing.assert_array_equal(first.losses, second.losses)


def test_a_framework_runs_its_own_form_of_the_update():
    """Keras's rmsprop has ε inside the root."""
    optimizer = Named.of("rmsprop", eps=0.1)
    for framework, root in ((None, lambda s: np.sqrt(s) + 0.1), ("keras", lambda s: np.sqrt(s + 0.1))):
        given = plan(optimizer, (0.2,), steps=1, orders=(0,), framework=framework)
        g = -(X.T @ T)[:, 0] / 10
        expected = -0.2 * g / root(0.01 * g * g)
        np.testing.assert_allclose(train(linear(), np.zeros((1, 3)), X, T, (X, T), given).theta[0], expected)
