"""The few numbers that a fix moves most, before and after."""

from __future__ import annotations

import math

from gradaudit.domain.findings import Fix
from gradaudit.text.printable import measured_text, told_keys
from gradaudit.text.wording import label

_TOLD = (
    "progress",
    "seeds_that_learn",
    "time_ratio",
    "error_signal_norm_ratio",
    "dead_fraction",
    "saturated_fraction",
    "stable_limit",
)
"""What tells most, first."""
_MOST = 3
_WORTH_TELLING = 0.2
"""Relative change from which a number is worth a place."""
_GOOD = {"dead_fraction": -1, "saturated_fraction": -1, "stable_limit": 1}
"""Told where they move this way alone: were the other way a fault, the fix would introduce a finding."""


def gains(fix: Fix) -> tuple[tuple[str, str, str], ...]:
    """What a number is called, before, after."""
    both = moved_numbers(fix)
    telling = [key for key in _TOLD if key in both and is_gain(fix, key) and _changed(key, *both[key])][:_MOST]
    pairs = [(key, *(measured_text(key, number) for number in both[key])) for key in telling]
    return tuple((label(key), before, after) for key, before, after in pairs if before != after)


def moved_numbers(fix: Fix) -> dict[str, tuple[float, float]]:
    """Before and after, of what is known of both; a run that diverges has no loss, and is infinitely far from learning.

    A fix that was run was paired with the model itself, so that a missing progress before tells that this one diverged.
    """
    before = {"progress": -math.inf, **fix.before} if "progress" in fix.after else fix.before
    return {key: (before[key], fix.after[key]) for key in told_keys(fix) if key in before and key in fix.after}


def is_gain(fix: Fix, key: str) -> bool:
    """Whether a number that the fix moves is worth telling: not what moves the other way and is no fault there."""
    return key not in _GOOD or _GOOD[key] * (fix.after[key] - fix.before[key]) > 0


def _changed(key: str, before: float, after: float) -> bool:
    if key == "progress":  # which is shown as the loss that is left
        before, after = 1 - before, 1 - after
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.isfinite(before) != math.isfinite(after)
    return abs(after - before) > _WORTH_TELLING * max(abs(before), abs(after))
