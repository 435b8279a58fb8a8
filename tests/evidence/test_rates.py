from __future__ import annotations

import pytest

from gradaudit.domain.measurements import LearningRate, Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.evidence import rates


@pytest.mark.parametrize(
    ("rate", "limit", "said"),
    [
        (5.0, 0.0618, "5 is about 81 times the largest stable rate"),
        (0.01, 0.1, "its steps overshoot"),
        (0.01, 0.0, "its steps overshoot"),
        (None, 0.1, "its steps overshoot"),
        (0.1, None, "its steps overshoot"),
    ],
)
def test_a_rate_is_held_against_the_stable_one(rate, limit, said):
    """Where it is larger, and there are both."""
    assert rates.overshoots(rate, limit) == said


def test_the_stable_limit_is_that_before_the_run(given):
    """The median over the seeds; None where nothing was measured."""
    stage = Stage(learning_rate=LearningRate(0.1, PerSeed((0.2, 0.4, 0.6)), None))
    assert rates.stable_limit(given.case(stage)) == 0.4
    assert rates.stable_limit(given.case(trained=stage)) is None
