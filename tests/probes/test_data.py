from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.probes import data

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3)) * (0.5, 20.0, 1.0) + (0.0, -60.0, 5.0)
T = RNG.standard_normal((40, 2)) * (3.0, 0.1) + 7.0


def test_scale_offset_and_spread_are_those_of_the_columns(make):
    """Root mean square over all, the largest |mean|/std, largest over smallest std, and the part that varies."""
    found = data.measure(make((3, 2), X, T))
    stds, means = X.std(axis=0), X.mean(axis=0)
    assert found.input_rms == pytest.approx(np.sqrt(np.mean(X**2)))
    assert found.input_offset == pytest.approx(max(abs(means) / stds))
    assert found.input_spread == pytest.approx(max(stds) / min(stds))
    assert found.input_distinctness == pytest.approx(np.linalg.norm(X - means) / np.linalg.norm(X))
    assert found.constant_inputs == 0


def test_targets_are_described_as_the_loss_sees_them(make):
    """Mean over all, the largest standard deviation of a column, and the ends."""
    found = data.measure(make((3, 2), X, T))
    assert found.targets_are_numbers
    assert (found.target_mean, found.target_std) == (pytest.approx(T.mean()), pytest.approx(T.std(axis=0).max()))
    assert (found.target_low, found.target_high) == (T.min(), T.max())


@pytest.mark.parametrize(("output", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")])
def test_classes_are_no_numbers(make, output, loss):
    """A loss over classes has targets without a scale."""
    rows = np.eye(2)[RNG.integers(0, 2, 40)]
    found = data.measure(make((3, 2), X, rows, output=Named(output), loss=Named(loss)))
    assert not found.targets_are_numbers
    assert (found.target_low, found.target_high) == (0.0, 1.0)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1])
def test_a_constant_column_is_counted_and_left_out(make, value):
    """Whatever its value: what rounding makes of its mean is no standard deviation."""
    with_constant = np.hstack([X, np.full((40, 1), value)])
    found, own = data.measure(make((4, 2), with_constant, T)), data.measure(make((3, 2), X, T))
    assert found.constant_inputs == 1
    assert (found.input_offset, found.input_spread) == pytest.approx((own.input_offset, own.input_spread))


@pytest.mark.parametrize("value", [0.0, 0.1, 5.0])
def test_inputs_that_never_vary_have_neither_offset_nor_spread(make, value):
    """Nothing tells the samples apart: nor where they are zero, or rounding moves their mean."""
    found = data.measure(make((3, 2), np.full((40, 3), value), T))
    assert (found.constant_inputs, found.input_offset, found.input_spread) == (3, 0.0, 1.0)
    assert found.input_distinctness == 0.0


def test_only_the_probe_batch_is_looked_at(make):
    """A part of the rows where there are more than `samples`."""
    subject = make((3, 2), X, T, samples=10)
    found = data.measure(subject)
    assert found.input_rms == pytest.approx(np.sqrt(np.mean(subject.batch[0] ** 2)))
    assert len(subject.batch[0]) == 10
