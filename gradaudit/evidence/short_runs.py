"""How much a run that covers a part of the plan can tell."""

from __future__ import annotations

from math import inf, isfinite

from gradaudit.domain.measurements import Descent
from gradaudit.evidence.learning_outcome import ALMOST_NOTHING, median_progress, progress_at_end

SHORT_PLAN = 500
"""Planned steps up to which a plan may be too short for any rate."""
FEW_STEPS, SMALL_SHARE = 100, 0.25
"""Of the plan: a run that is shorter on both counts is short."""


def coverage(descent: Descent) -> str:
    """`30 of 640 planned steps`, `30 of 300 assumed steps`: how far the run follows the training that is to come."""
    word = "assumed" if descent.plan_is_assumed else "planned"
    return f"{descent.configured.steps[-1]:,} of {descent.planned_steps:,} {word} steps"


def is_short(descent: Descent) -> bool:
    """So few steps, and so small a share of the plan, that even a run that will learn may not have begun to."""
    steps = descent.configured.steps[-1]
    return steps < FEW_STEPS and steps <= SMALL_SHARE * descent.planned_steps


def is_short_plan(descent: Descent) -> bool:
    """The person's own plan was run to its end, and is so short that no rate may learn within it."""
    return not descent.plan_is_assumed and descent.configured.steps[-1] >= descent.planned_steps <= SHORT_PLAN


def is_begun(descent: Descent) -> bool:
    """The run is long enough to show whether it learns, or shows in fewer steps that it will not."""
    diverged = median_progress(progress_at_end(descent.configured)) == -inf
    return not is_short(descent) or diverged or is_at_rest(descent)


def is_at_rest(descent: Descent) -> bool:
    """At its pace the run would end the plan above the baseline still, which its last biases alone could reach."""
    run = descent.configured
    first, last = run.loss[0].median, run.final.median
    if first is None or last is None or not isfinite(first) or not isfinite(last) or last > first:
        return False
    end = last - (first - last) * max(0.0, descent.planned_steps / run.steps[-1] - 1)
    return end > (1 + ALMOST_NOTHING) * descent.trivial_loss > 0
