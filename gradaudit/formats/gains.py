"""The few numbers that a fix moves most, before and after."""

from __future__ import annotations

import math

from gradaudit.domain.findings import Fix
from gradaudit.text.printable import measured_text
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
    known = [key for key in _TOLD if key in fix.before and key in fix.after]
    telling = [key for key in known if is_gain(fix, key) and _changed(fix.before[key], fix.after[key])][:_MOST]
    pairs = [(key, measured_text(key, fix.before[key]), measured_text(key, fix.after[key])) for key in telling]
    return tuple((label(key), before, after) for key, before, after in pairs if before != after)


def is_gain(fix: Fix, key: str) -> bool:
    """Whether a number that the fix moves is worth telling: not what moves the other way and is no fault there."""
    return key not in _GOOD or _GOOD[key] * (fix.after[key] - fix.before[key]) > 0


def _changed(before: float, after: float) -> bool:
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.isfinite(before) != math.isfinite(after)
    return abs(after - before) > _WORTH_TELLING * max(abs(before), abs(after))
