"""The race of rates: what is run, what is ended early, and that side by side nothing changes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.probes import descent, rates
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.comparison import compare
from gradaudit.probes.rates import Race, SweptModel, grid

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])
LINEAR = {"bias": False, "loss": Named("half_mse"), "epochs": 160}


def sgd(rate):
    """Plain gradient descent at a rate."""
    return Named.of("sgd", learning_rate=rate)


def entry(subject, tried, own=None, batch=40):
    """The model at these rates."""
    trivial = subject.network.objective.trivial(subject.batch[1])
    return SweptModel(subject, descent.start_weights(subject), batch, trivial, tried, own)


class Unit(SweptModel):
    """A model whose step costs one operation a run."""

    def cost(self, seeds, rates):
        return float(seeds * min(rates, len(self.rates)))


def test_the_grid_spans_eight_decades_without_doubles():
    """The most telling first, the stable limit among them unless a rate beside it is tried anyway."""
    found = grid(0.1, 0.003)
    assert found[:3] == pytest.approx((0.01, 1.0, 0.0015))
    assert max(found) / min(found) == pytest.approx(1e8)
    assert any(rate == pytest.approx(0.003 / 20) for rate in found)
    assert not any(0.1 < rate < 0.13 for rate in grid(0.1, 0.22))  # half of that limit is all but the rate itself
    close = [(a, b) for a in found for b in found if a < b < rates.ALIKE * a]
    assert close == []
    assert all(0 < rate < math.inf for rate in grid(1e-305, math.inf))


def test_runs_side_by_side_are_the_runs_by_themselves(make):
    """The same losses as the configured run at that rate, from the same start over the same batches."""
    subject = make((3, 1), X, T, optimizer=sgd(0.01), batch_size=16, precision="float64", **LINEAR)
    (found,) = Race([entry(subject, (0.003, 0.2), batch=16)], kept=(1.0, 1.0)).run(480, 1e12, 2)
    for run in found:
        alone = make((3, 1), X, T, optimizer=sgd(run.learning_rate), batch_size=16, precision="float64", **LINEAR)
        own = descent.measure(alone).configured
        assert run.finished
        assert run.final.values == pytest.approx(own.final.values, rel=1e-12)


def test_the_worse_end_early_and_the_best_go_on(make):
    """At an eighth and at half of the run, by median progress; what diverges ends first."""
    subject = make((3, 1), X, T, optimizer=sgd(0.01), **LINEAR)
    (found,) = Race([entry(subject, (1e-5, 1e-3, 0.01, 0.3, 1e3))]).run(160, 1e12, 2)
    assert [run.learning_rate for run in found] == [1e-5, 1e-3, 0.01, 0.3, 1e3]
    assert [run.steps[-1] for run in found] == [20, 80, 160, 160, 20]
    assert [run.finished for run in found] == [False, False, True, True, False]


def test_an_entrys_own_rate_is_run_while_another_of_its_is(make):
    """Else nothing could be said of the change alone; an entry without hope ends as a whole."""
    good = make((3, 1), X, T, optimizer=sgd(1e-5), **LINEAR)
    bad = make((3, 1), X, T, optimizer=sgd(1e-9), **LINEAR)
    hopeful, hopeless = Race(
        [entry(good, (1e-5, 0.3), own=1e-5), entry(bad, (1e-9, 1e-8), own=1e-9)], (0.3, 0.3), fewest=1
    ).run(160, 1e12, 2)
    assert [run.finished for run in hopeful] == [True, True]
    assert [run.finished for run in hopeless] == [False, False]


def test_what_is_dear_has_fewer_seeds_then_rates_then_steps(make):
    """In this order; nothing where not even the least can be paid."""
    subject = make((3, 1), X, T, optimizer=sgd(0.01), seeds=8, **LINEAR)
    tried = grid(0.01, None)
    plain = entry(subject, tried)
    race = Race([Unit(plain.subject, plain.start, 40, plain.trivial, tried)], fewest_rates=4)
    runs = 10 * (1 / 8 + 1 / 2 * 3 / 8 + 3 / 10 * 1 / 2)  # what ten rates cost with those that are ended

    def shape(budget):
        (found,) = race.run(1600, budget, 8)
        return len(found), len(found[0].final.values), max(run.steps[-1] for run in found)

    assert shape(8.01 * 1600 * runs) == (10, 8, 1600)
    assert shape(5.01 * 1600 * runs) == (10, 5, 1600)
    assert shape(3 * 200 * runs) == (10, 3, pytest.approx(200, rel=0.1))
    fewer_rates = shape(3 * 100 * runs)
    assert (4 < fewer_rates[0] < 10, fewer_rates[1]) == (True, 3)
    assert fewer_rates[2] >= 150
    assert shape(2 * 20 * runs) == (4, 2, pytest.approx(50, rel=0.2))
    assert race.run(1600, 1.0, 8) == [()]


def test_where_not_all_models_can_be_run_the_dearest_stays_out(make):
    """A copy that is many times wider must not cost the others their runs."""
    plain = make((3, 4, 1), X, T, optimizer=sgd(0.01), **LINEAR)
    wide = make((3, 4000, 1), X, T, optimizer=sgd(0.01), **LINEAR)
    enough = 30 * 5 * pass_cost(plain.network, len(X), 2)
    first, silent, last = compare([plain, wide, plain], 30, 2 * enough)
    assert None not in (first, last)
    assert silent is None


def test_models_are_compared_at_rates_around_their_own_and_the_hopeless_end(make):
    """Two decades to either side; of thirty runs ten go on after the first stage, and eight after the second."""
    good, bad = (make((3, 1), X, T, optimizer=sgd(rate), **LINEAR) for rate in (0.003, 1e-9))
    found = compare([good, bad, bad, good, bad, bad], 160, 1e12)
    runs = [sorted((one.configured, *one.others), key=lambda run: run.learning_rate) for one in found]
    assert [run.learning_rate for run in runs[0]] == pytest.approx([3e-5, 3e-4, 3e-3, 0.03, 0.3])
    assert found[0].configured.learning_rate == 0.003
    ends = [run.steps[-1] for one in runs for run in one]
    assert [sum(end >= stage for end in ends) for stage in (20, 80, 160)] == [30, 10, 8]


def test_numbers_too_large_to_train_in_break_the_runs_and_warn_of_nothing(make):
    """Trials run in float32: rows, weights and rates beyond it become infinite there."""
    subject = make((3, 4, 1), 1e200 * X, T, optimizer=sgd(1e300), weights={"initialised": np.full((2, 21), 1e200)})
    (found,) = compare([subject], 30, 1e12)
    assert found.configured.final.finite == ()
