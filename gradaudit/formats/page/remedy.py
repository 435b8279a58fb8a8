"""The one fix of the first screen: the first that was seen to help, and what it changed."""

from __future__ import annotations

import math

from gradaudit.domain.findings import Fix
from gradaudit.domain.report import ModelReport
from gradaudit.formats.page.findings import change_views
from gradaudit.formats.page.view import Tried
from gradaudit.text.numbers import number
from gradaudit.text.printable import measured_text
from gradaudit.text.wording import PARAGRAPH, SENTENCE, clip, label

AS_IT_IS, WITH_THE_FIX = "as it is", "with the fix"

_GAINS = (
    "loss_after",
    "seeds_that_learn",
    "error_signal_norm_ratio",
    "dead_fraction",
    "saturated_fraction",
    "stable_limit",
)
"""What tells most, first."""
_MOST_GAINS = 3
_OTHER_UNITS = ("loss", "data.standardize_targets")
_WORTH_TELLING = 0.2
"""Relative change from which a number is worth a place."""


def best_fix(report: ModelReport) -> Fix | None:
    """The first fix that was seen to help without harm; None where there is none."""
    fixes = [fix for finding in report.counted for fix in finding.fixes if fix.clears and not fix.introduces]
    return next((fix for fix in fixes if fix.verified), next(iter(fixes), None))


def same_units(fix: Fix) -> bool:
    """Whether its losses can be held against the model's own: not where the loss or the targets' scale is changed."""
    return not any(change.path.startswith(_OTHER_UNITS) for change in fix.changes)


def signal_with(fix: Fix | None) -> str:
    """The ends of the error signal's way with that fix, in a sentence; empty where they were not measured."""
    course = fix.course.error_signal if fix is not None and fix.course is not None else ()
    if len(course) < 2 or course[0] is None or course[-1] is None:
        return ""
    return f"With the fix it is {number(course[0])} at the first layer and {number(course[-1])} at the last."


def tried_view(report: ModelReport) -> Tried | None:
    """What the first screen says of that fix; where none helped, the first that was proposed, as what it is."""
    proposed = next((fix for finding in report.counted for fix in finding.fixes), None)
    fix = best_fix(report) or proposed
    if fix is None:
        return None
    return Tried(
        heading=_heading(fix),
        verified=fix.verified,
        title=clip(fix.title, SENTENCE),
        changes=change_views(fix),
        code=clip(fix.code, PARAGRAPH),
        gains=_gains(fix),
        note=_note(report, fix),
    )


def _heading(fix: Fix) -> str:
    if fix.verified:
        better, pairs = fix.better
        return f"The fix, tried: {f'better in {better} of {pairs} seeds' if pairs else 'the finding is gone'}"
    if fix.still_fails:
        return "A first step that was tried: another fault remains"
    if fix.clears and not fix.introduces:
        return "A fix that was tried; it clears the finding, but is not proven"
    return "Tried, but it does not help enough" if fix.after else "Suggested, not tried"


def _gains(fix: Fix) -> tuple[tuple[str, str, str], ...]:
    known = [key for key in _GAINS if key in fix.before and key in fix.after]
    found = [key for key in known if key != "loss_after" or same_units(fix)]
    telling = [key for key in found if _changed(fix.before[key], fix.after[key])][:_MOST_GAINS]
    pairs = [(key, measured_text(key, fix.before[key]), measured_text(key, fix.after[key])) for key in telling]
    return tuple((label(key), before, after) for key, before, after in pairs)


def _changed(before: float, after: float) -> bool:
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.isfinite(before) != math.isfinite(after)
    return abs(after - before) > _WORTH_TELLING * max(abs(before), abs(after))


def _note(report: ModelReport, fix: Fix) -> str:
    """What else the same change does."""
    also = [finding.rule for finding in report.counted if any(f.edit == fix.edit and f.clears for f in finding.fixes)]
    rules = list(dict.fromkeys(also))
    return f"The same change clears {len(rules)} findings: {', '.join(rules)}." if len(rules) > 1 else ""
