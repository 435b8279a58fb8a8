"""The one fix of the first screen: the first that was seen to help, and what it changed."""

from __future__ import annotations

from collections.abc import Sequence

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import ModelReport
from gradaudit.formats.attempts import fixed_by, in_vain, suggested_fix
from gradaudit.formats.gains import gains
from gradaudit.formats.page.findings import change_views
from gradaudit.formats.page.view import FixView
from gradaudit.text.wording import PARAGRAPH, SENTENCE, clip, prose

AS_IT_IS, WITH_THE_FIX = "as it is", "with the fix"

_OTHER_UNITS = ("loss", "data.standardize_targets")


def helpful_fix(report: ModelReport) -> Fix | None:
    """Of the first finding that has any, the fix that speaks most for itself among those that help without harm."""
    for finding in report.counted:
        useful = [fix for fix in finding.fixes if fix.clears and not fix.introduces]
        if useful:
            return min(useful, key=lambda fix: fix.merit)
    return None


def same_units(fix: Fix) -> bool:
    """Whether its losses can be held against the model's own: not where the loss or the targets' scale is changed."""
    return not any(change.path.startswith(_OTHER_UNITS) for change in fix.changes)


def tried_view(report: ModelReport) -> FixView | None:
    """What the first screen says of that fix; where none helped, what was proposed and not tried, or tried in vain."""
    fix = helpful_fix(report) or suggested_fix(report.counted)
    if fix is None:
        tried = in_vain(report.counted)
        return FixView("", "No fix was found", verified=False, why=prose(tried, PARAGRAPH)) if tried else None
    return FixView(
        title=clip(fix.title, SENTENCE),
        status=_heading(fix, [finding for finding in report.counted if finding.severity > Severity.INFO]),
        verified=fix.verified,
        why="",
        changes=change_views(fix),
        gains=gains(fix),
        code=clip(fix.code, PARAGRAPH),
    )


def proof_note(report: ModelReport) -> tuple[str, ...]:
    """On how many seeds and steps the fix was proven, where the model's own run was of another length."""
    fix, run = helpful_fix(report), report.measurements.descent
    if fix is None or not fix.verified or fix.course is None or not fix.course.steps or run is None:
        return ()
    seeds, steps = fix.better[1], fix.course.steps[-1]
    if (seeds, steps) == (len(run.configured.final.values), run.configured.steps[-1]):
        return ()
    return (f"The verified fix was run beside the model in {counted(seeds, 'seed')}, for {counted(steps, 'step')}.",)


def _heading(fix: Fix, troubles: Sequence[Finding]) -> str:
    if fix.verified:
        better, pairs = fix.better
        what = f" for {fixed_by(fix, troubles)}" if len(troubles) > 1 else ""
        return f"Verified fix{what}: {f'better in {better} of {pairs} seeds' if pairs else 'the finding is gone'}"
    if fix.still_fails:
        return f"A first step, tried: {fix.shortfall}"
    if not fix.clears:
        return "Suggested, not tried"
    better, pairs = fix.better
    return f"Fix, tried but not verified{f': better in {better} of {pairs} seeds' if pairs else ''}"
