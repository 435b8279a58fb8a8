from __future__ import annotations

import pytest

from gradaudit.domain.findings import Fix, FixTrajectory

AFTER = {"loss_after": 0.1}
CLEARS = {"after": AFTER, "clears": ("dead-units",)}
BRINGS = {"introduces": ("plateau", "saddle-point")}


@pytest.mark.parametrize(("last", "said"), [(1200, "1,200 steps"), (1, "1 step")])
def test_a_first_step_says_after_how_many_steps_nothing_was_learnt(last: int, said: str):
    """They may have been too few."""
    course = FixTrajectory(steps=(0, last))
    step = Fix("t", (), still_fails=True, after={"progress": 0.0}, course=course)
    assert step.status == f"tried: the finding is gone, but nothing is learnt in {said}"
    assert not Fix("t", ()).shortfall


@pytest.mark.parametrize(
    ("given", "status", "merit"),
    [
        ({"verified": True, **CLEARS}, "verified: the finding is gone", 0),
        (CLEARS, "tried: the finding is gone", 1),
        ({}, "not tried", 2),
        ({**CLEARS, **BRINGS}, "tried: the finding is gone, introduces plateau, saddle-point", 3),
        ({"after": AFTER}, "tried: does not help", 3),
        ({"after": AFTER, **BRINGS}, "tried: does not help, introduces plateau, saddle-point", 3),
    ],
)
def test_a_fix_says_what_trying_it_showed(given, status, merit):
    """Verified before tried, tried with success before not tried, and in vain last: the less, the better."""
    fix = Fix("he_normal", (), **given)
    assert (fix.status, fix.merit) == (status, merit)
