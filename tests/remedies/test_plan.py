from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.remedies.plan import LongerPlan

REMEDY = LongerPlan()
SPEC = ModelSpec("m", 4, (DenseSpec(1),), optimizer=Named.of("sgd", learning_rate=0.01), epochs=6)
SHORT = {"measured": 0.7, "limit": 0.7, "plan_is_short": True, "best_rate": None}


def test_a_short_plan_is_made_ten_times_as_long(propose):
    """At the person's own rate, where none got further."""
    (fix,) = propose(REMEDY, SPEC, "no-learning", evidence=SHORT)
    assert fix.title == "train for 60 epochs instead of 6"
    assert fix.changes == (Change("epochs", 6, 60),)
    assert "memorised noise" in fix.why  # random labels, too, are learnt by a run that is long enough


def test_the_rate_that_got_furthest_is_taken_with_it(propose):
    """And rates around it, since the best of few steps need not be the best of many."""
    fixes = propose(REMEDY, SPEC, "no-learning", evidence={**SHORT, "best_rate": 0.3})
    assert [fix.changes[1].new for fix in fixes] == [0.3, 0.1, 0.9]
    assert not any("learns" in fix.why for fix in fixes)  # none did, within the plan
    assert fixes[0].title == "train for 60 epochs instead of 6 and set the learning rate to 0.3"


@pytest.mark.parametrize(
    ("spec", "short"),
    [(SPEC, False), (replace(SPEC, epochs=None), True), (replace(SPEC, assumed=("data",)), True)],
)
def test_a_long_plan_and_none_are_left_alone(propose, spec, short):
    """Without planned epochs there is nothing to be made longer; and stand-in data take their own time."""
    assert propose(REMEDY, spec, "no-learning", evidence={**SHORT, "plan_is_short": short}) == []
