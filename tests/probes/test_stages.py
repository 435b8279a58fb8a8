from __future__ import annotations

import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from gradaudit.auditing.pipeline import audit
from gradaudit.datasets import prepare
from gradaudit.domain.measurements import Curvature, Descent, Measurements, Stage, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.nn.network import build
from gradaudit.probes import MOST_BYTES, ProbeContext, bytes_for, reservations, stages, starting_weights
from gradaudit.probes.curvature import FEWEST_PRODUCTS
from gradaudit.probes.stages import fitted

X = np.zeros((6, 2))
T = np.zeros((6, 1))
FIRST = {"weight": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "bias": np.array([0.1, 0.2, 0.3])}
LAST = {"weight": np.array([[7.0], [8.0], [9.0]])}
W = Weights((FIRST, LAST))


def network(*layers, **given):
    """A network of two inputs."""
    return build(ModelSpec("m", 2, layers, output=Named("identity"), loss=Named("mse"), **given))


def test_given_weights_are_laid_out_row_by_row():
    """Weight before bias, row after row; an absent bias is 0."""
    theta = fitted(network(DenseSpec(3), DenseSpec(1)), W)
    assert theta.tolist() == [[1, 2, 3, 4, 5, 6, 0.1, 0.2, 0.3, 7, 8, 9, 0]]


def test_a_network_without_biases_has_no_place_for_them():
    """Biases that came along are not part of it."""
    assert fitted(network(DenseSpec(3), DenseSpec(1), bias=False), W).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8, 9]]


def test_norms_take_their_scales_and_shifts_or_one_and_zero():
    """In row order; absent ones are 1 and 0."""
    normed = network(DenseSpec(3, norm=Named("batch_norm")), DenseSpec(1))
    plain = Weights((FIRST, {}, LAST))
    scaled = Weights((FIRST, {"scale": np.array([2.0, 3.0, 4.0]), "shift": np.array([5.0, 6.0, 7.0])}, LAST))
    assert fitted(normed, plain)[0, 9:15].tolist() == [1, 1, 1, 0, 0, 0]
    assert fitted(normed, scaled)[0, 9:15].tolist() == [2, 3, 4, 5, 6, 7]


def test_the_stages_before_the_run_follow_the_spec(make):
    """Drawn weights, given ones, or both where the spec gives an `init` as well."""
    drawn = make((2, 3, 1), X, T, seeds=3)
    assert {name: len(theta) for name, theta in starting_weights(drawn).items()} == {"initialised": 3}
    drawn.spec = replace(drawn.spec, weights=W)
    assert {name: len(theta) for name, theta in starting_weights(drawn).items()} == {"initialised": 3, "fitted": 1}
    drawn.spec = replace(drawn.spec, audits_initialisation=False)
    assert list(starting_weights(drawn)) == ["fitted"]


def test_each_seed_has_its_own_draw(make):
    """Seeds differ from each other, and the same audit draws the same; another `seed` draws anew."""
    first = starting_weights(make((2, 3, 1), X, T, seeds=3))["initialised"]
    assert len(np.unique(first[:, 0])) == 3
    np.testing.assert_array_equal(starting_weights(make((2, 3, 1), X, T, seeds=3))["initialised"], first)
    assert not np.array_equal(starting_weights(make((2, 3, 1), X, T, seeds=3, seed=1))["initialised"], first)
    np.testing.assert_array_equal(starting_weights(make((2, 3, 1), X, T, seeds=2))["initialised"], first[:2])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", ["logistic", "relu"])
@pytest.mark.parametrize("seed", [0, 3])
def test_scikit_learns_first_weights_are_drawn_again(activation, dtype, seed):
    """With an int random_state, bit for bit those that `fit` starts from, and then those of the next numbers.

    One step of a vanishing rate leaves scikit-learn's weights where they were drawn.
    """
    data, y = np.random.default_rng(0).normal(size=(20, 3)).astype(dtype), np.arange(20) % 3
    still = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1, "activation": activation}
    mlp = MLPClassifier((4, 5), random_state=2**32 - 1, **still)
    (model,) = from_estimator(mlp, data, y)
    spec, dataset = prepare(model.spec, 0, model.X, model.y)
    subject = ProbeContext(spec, build(spec), dataset.X, dataset.T, Settings(seeds=2, seed=seed))
    drawn = starting_weights(subject)["initialised"]
    for row, state in zip(drawn, ((2**32 - 1 + seed) % 2**32, seed), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlp.set_params(random_state=state).fit(data, y)
        views = subject.network.layout.views(row[None])
        for dense, coef, intercept in zip(subject.network.linear_maps, mlp.coefs_, mlp.intercepts_, strict=True):
            assert coef.dtype == dtype
            np.testing.assert_array_equal(views[dense.index, "weight"][0], coef)
            np.testing.assert_array_equal(views[dense.index, "bias"][0], intercept)
    changed = replace(subject, spec=replace(spec, init=Named("he_normal"), random_state=None), weights={})
    own = replace(changed, spec=replace(changed.spec, random_state=5))
    np.testing.assert_array_equal(*(starting_weights(each)["initialised"] for each in (changed, own)))


def test_memory_grows_with_parameters_and_with_samples():
    """It is known from the shapes alone, before any array is made."""
    small, wide = network(DenseSpec(3), DenseSpec(1)), network(DenseSpec(100_000, repeat=2), DenseSpec(1))
    assert bytes_for(small, Settings()) < 1e6
    assert bytes_for(wide, Settings()) > 8 * wide.layout.size > MOST_BYTES
    assert bytes_for(small, Settings(samples=10**9)) > MOST_BYTES


@pytest.mark.parametrize(("width", "vectors"), [(3, FEWEST_PRODUCTS), (10_000, 6)])
@pytest.mark.parametrize(("seeds", "threads"), [(1, 1), (2, 2), (9, 2)])
def test_memory_is_counted_array_by_array(width, vectors, seeds, threads):
    """Three vectors a seed; for each of two threads four more, eight arrays of every unit on every row, and a basis.

    That is of as many vectors as the fewest products make, or of the few that fit and four beside them.
    """
    made = network(DenseSpec(width, repeat=2), DenseSpec(1))
    P = made.layout.size
    a_thread = 4 * P + 8 * 500 * made.values + vectors * P
    assert bytes_for(made, Settings(seeds=seeds, samples=100), 500) == 8 * (3 * seeds * P + threads * a_thread)


@pytest.mark.parametrize(("width", "depth"), [(256, 4), (64, 16)])
def test_what_an_audit_takes_was_predicted(width, depth):
    """The peak of all its arrays is near the prediction: not twice of it, and not a third.

    The network learns, since the race of causes has a bound of its own.
    """
    adam = Named.of("adam", learning_rate=0.001)
    layers = (DenseSpec(width, repeat=depth), DenseSpec(1))
    spec = ModelSpec("m", 32, layers, loss=Named("mse"), optimizer=adam, init=Named("he_normal"))
    tracemalloc.start()
    audited = audit(spec)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert audited.case.trials == ()
    predicted = bytes_for(build(audited.case.spec), audited.report.settings)
    assert predicted / 3 < peak < 2 * predicted


@pytest.mark.parametrize(
    ("curved", "ran", "steps", "assumed", "expected"),
    [
        (3, 3, 100, False, []),
        (1, 3, 100, False, ["the largest stable learning rate was measured for 1 of the 3 seeds, to save time"]),
        (3, 2, 100, False, ["the trial run covers 2 of the 3 seeds, to save time"]),
        (3, 3, 40, False, ["the trial run covers 40 of 100 planned steps, to save time"]),
        (3, 2, 40, False, ["the trial run covers 40 of 100 planned steps and 2 of the 3 seeds, to save time"]),
        (3, 3, 40, True, []),
    ],
)
def test_what_was_measured_on_less_is_said(make, curved, ran, steps, assumed, expected):
    """Fewer seeds or steps than asked for are sentences; an assumed plan is nobody's loss."""
    subject = make((2, 3, 1), X, T, seeds=3)
    column = PerSeed((1.0,) * curved)
    ends = PerSeed((1.0,) * ran)
    run = Trajectory(0.1, (0, steps), (ends, ends), ends, ends, ends, ends)
    measured = Measurements(
        {"initialised": Stage(curvature=Curvature(column, column, column, column, column, column))},
        Descent(1.0, 0.0, 100, assumed, 6, run),
    )
    assert list(reservations(subject, measured, data_is_stand_in=False)) == expected


def test_what_was_measured_on_fewer_rows_is_said_with_the_seeds(make, monkeypatch):
    """One sentence for one measurement."""
    monkeypatch.setattr(stages, "affordable_rows", lambda _: 1)
    one = PerSeed((1.0,))
    measured = Measurements({"trained": Stage(curvature=Curvature(one, one, one, one, one, one))})
    subject = make((2, 3, 1), X, T, seeds=3)
    subject.weights["trained"] = subject.weights["initialised"]

    (said,) = reservations(subject, measured, data_is_stand_in=False)
    where = f"for 1 of the 3 seeds and on 1 of {len(subject.batch[0])} rows"
    assert said == f"the curvature where the run ended was measured {where}, to save time"


def test_stand_in_data_are_said_first(make):
    """Nothing measured, but on random data."""
    (said,) = reservations(make((2, 3, 1), X, T), Measurements(), data_is_stand_in=True)
    assert said.startswith("the data are a stand-in")
