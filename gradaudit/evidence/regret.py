"""Harm is regret: how much further training gets once a cause is taken away, in paired seeds, under the same plan."""

from __future__ import annotations

from gradaudit.evidence.cures import Cure
from gradaudit.evidence.learning_outcome import (
    ALMOST_NOTHING,
    expected_progress,
    fails,
    forecast,
    share,
)
from gradaudit.evidence.rule_context import RuleContext

REGRET = 0.3
"""By how much further a cure must get than a model that learns by itself, for that one to be called slow."""
SLOW = 0.3
"""Progress: a model that ends above it by itself has no harm, however much more something else would reach: of 19
networks that learn, 4 gain 0.3 and more from some change."""
SLOW_WITH_SYMPTOM = 0.5
"""The same where a symptom is plain."""
MOST_SEEDS = 0.75
"""Share of the seeds that must be slow: where three were run, two are no evidence."""
HARDLY, BY_MOST = 0.15, 0.6
"""A model that takes hardly more than almost nothing is crippled where a cure takes so much more."""


def slow_limit(case: RuleContext) -> float:
    """Progress under which this model counts as slow: hidden layers that are all linear are a plain symptom."""
    hidden = [row.activation.name for row in case.linear_maps[:-1] if row.activation is not None]
    return SLOW_WITH_SYMPTOM if hidden and set(hidden) == {"identity"} else SLOW


def is_slow(case: RuleContext, cure: Cure, limit: float = SLOW) -> bool:
    """The model learns by itself, but little, in three of four seeds, and the cure reaches far more."""
    descent = case.descent
    if descent is None or cure.regret < REGRET:
        return False
    little = tuple(progress < limit for progress in forecast(descent.configured, descent.planned_steps))
    return share(little) >= MOST_SEEDS and expected_progress(case.descent) < limit


def is_harmed(case: RuleContext, cure: Cure, limit: float = SLOW) -> bool:
    """The model fails, or is slow, and this cures it."""
    return cure.helps and (fails(case.descent) or is_slow(case, cure, limit))


def is_crippled(case: RuleContext, cure: Cure) -> bool:
    """What was run taught almost nothing in half of the seeds, or hardly more, and the cure most there is, as fast."""
    stuck = tuple(progress < ALMOST_NOTHING for progress in cure.own)
    hardly = cure.progress < HARDLY and cure.regret >= BY_MOST
    return (share(stuck) >= 0.5 and cure.reach >= SLOW_WITH_SYMPTOM) or hardly
