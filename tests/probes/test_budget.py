"""Every cost is told in the operations that one machine makes in the time that was measured on it."""

from __future__ import annotations

import pytest

from gradaudit.probes import allowance, budget

NANOSECOND = 1e-9
MEASURED = {
    "a row of a pass": (budget.PER_ROW, 30_000),
    "a unit with ReLU on a sample": (budget.PER_ELEMENT, 4),
    "with sigmoid or tanh": (budget.PER_CURVED_ELEMENT, 15),
    "a recurrent gate in a step": (budget.PER_STEP_ELEMENT, 5),
    "drawing a weight": (allowance.PER_DRAW, 30),
    "looking at a row": (allowance.PER_SIGHTED_ROW, 1e6),
}


@pytest.mark.parametrize("what", MEASURED)
def test_costs_are_comparable(what):
    """Twenty thousand million operations a second, to a fifth."""
    operations, nanoseconds = MEASURED[what]
    assert operations / (nanoseconds * NANOSECOND) == pytest.approx(2e10, rel=0.2)


@pytest.mark.parametrize("part", ["run", "rates", "curvature", "most_steps", "trials", "proof", "proofs", "search"])
def test_a_larger_effort_pays_for_more_of_everything(part):
    """From the first look to the thorough audit."""
    quick, standard, thorough = (getattr(budget.BUDGETS[name], part) for name in ("quick", "standard", "thorough"))
    assert quick < standard < thorough
