"""A learning rate against the largest stable one: the number, and why steps overshoot."""

from __future__ import annotations

from gradaudit.evidence.plain_words import about
from gradaudit.evidence.rule_context import START, RuleContext
from gradaudit.text.numbers import number


def stable_limit(case: RuleContext) -> float | None:
    """The largest stable rate before the run, in the median over the seeds; None where it was not measured."""
    for _, stage in case.stages(START):
        if stage.learning_rate is not None and stage.learning_rate.stable_limit is not None:
            return stage.learning_rate.stable_limit.median
    return None


def rate_cause(rate: float | None, limit: float | None) -> str:
    """Why steps at this rate overshoot, with the numbers."""
    if rate is None or limit is None or limit <= 0:
        return "each step overshoots the minimum"
    if rate > limit:
        return f"the rate is {number(rate / limit)} times the largest stable one, {number(limit)}"
    return (
        f"the rate is under the largest stable one for the whole batch, {number(limit)}, but the noise of small "
        "batches, or the curvature that grows during the run, makes it overshoot"
    )


def overshoots(rate: float | None, limit: float | None) -> str:
    """Why steps at this rate overshoot, as a person would say it."""
    if rate is None or limit is None or not 0 < limit < rate:
        return "its steps overshoot"
    return f"{number(rate)} is {about(rate / limit)} times the largest stable rate"
