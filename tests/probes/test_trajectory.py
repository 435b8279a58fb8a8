"""What is kept of a run's losses."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from gradaudit.probes.trajectory import affordable_looks, trajectory


@pytest.mark.parametrize(("steps", "looks"), [(10, 9), (21, 12), (51, 30), (1000, 40)])
def test_looking_at_a_run_costs_a_fifth_of_it(make, steps, looks):
    """A look is a third of a step where both see all rows: between nine and forty of them."""
    rows = np.ones((40, 3))
    assert affordable_looks(make((3, 1), rows, rows[:, :1]), 40, steps) == looks


@pytest.mark.parametrize("trivial", [0.01, 1.0, 40.0])
def test_progress_is_the_share_of_the_trivial_loss_that_is_gone(trivial):
    """In any unit of the loss; what is not finite stays so."""
    losses = trivial * np.array([[2.0, 2.0, 2.0], [0.25, 0.1, 1.0], [0.5, 1.5, nan]])
    kept = trajectory(losses, (0, 5, 9), 0.1, trivial)
    assert kept.progress.values == pytest.approx((0.5, -0.5, inf))
    assert kept.best.values == pytest.approx((0.25 * trivial, 0.1 * trivial, trivial))
    assert kept.final.values == pytest.approx((0.5 * trivial, 1.5 * trivial, inf))


def test_where_nothing_is_to_be_learnt_progress_is_undefined():
    """Losses, and how they climb, are told all the same."""
    kept = trajectory(np.array([[0.0, 0.5], [0.0, 0.25], [0.0, 1.0]]), (0, 1, 2), None, 0.0)
    assert kept.progress.values == (None, None)
    assert kept.final.values == (0.0, 1.0)
    assert kept.oscillation.values == (0.0, 0.75)
