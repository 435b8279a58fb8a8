"""Which fixes of a finding are shown in full, and the one line for those that were tried without success."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradaudit.domain.findings import Change, Finding, Fix, Merit

_RATE = "optimizer.learning_rate"
_CLEARLY = 0.1
"""Share of the baseline by which a verified fix gets further at another rate, if that is worth telling."""


def is_useful(fix: Fix) -> bool:
    """It helped, or was not tried."""
    return fix.merit < Merit.IN_VAIN


def shown_fixes(finding: Finding) -> tuple[Fix, ...]:
    """Those that are of use; a first step, after which nothing is learnt yet, where none does more."""
    offered = _offered(finding)
    return tuple(fix for fix in offered if not any(_adds_little(fix, other) for other in offered))


def _offered(finding: Finding) -> tuple[Fix, ...]:
    useful = tuple(filter(is_useful, finding.fixes))
    whole = tuple(fix for fix in useful if not fix.still_fails)
    return whole if any(fix.after for fix in whole) else useful


def _adds_little(fix: Fix, proven: Fix) -> bool:
    """It is a verified fix at another learning rate, and gets hardly further."""
    alike = proven.verified and not fix.verified and _but_the_rate(fix) == _but_the_rate(proven)
    return alike and fix.after.get("progress", 0.0) - proven.after.get("progress", 0.0) < _CLEARLY


def _but_the_rate(fix: Fix) -> list[Change]:
    return [change for change in fix.changes if change.path != _RATE]


def suggested_fix(findings: Iterable[Finding]) -> Fix | None:
    """The one that speaks most for itself among those of the first finding that has any of use; None where all fail."""
    useful = next(filter(None, map(shown_fixes, findings)), ())
    return min(useful, key=lambda fix: fix.merit, default=None)


def fixed_by(fix: Fix, troubles: Sequence[Finding]) -> str:
    """`the finding`, `both findings`, `2 of the 3 findings`: those that its change takes away."""
    cleared = sum(any(each.edit == fix.edit and each.clears for each in finding.fixes) for finding in troubles)
    of = len(troubles)
    whole = {1: "the finding", 2: "both findings"}.get(of, f"all {of} findings")
    return whole if cleared == of else f"{cleared} of the {of} findings"


def in_vain(findings: Sequence[Finding]) -> str:
    """`tried without success: use selu; use relu (introduces dead-units)`; empty where there is none."""
    kept = {fix.edit for finding in findings for fix in _offered(finding)}
    others = {fix.edit: _said(fix) for finding in findings for fix in finding.fixes if fix.edit not in kept}
    return f"tried without success: {'; '.join(others.values())}" if others else ""


def _said(fix: Fix) -> str:
    why = fix.shortfall
    if fix.clears and fix.introduces:
        why = f"introduces {', '.join(fix.introduces)}"
    return f"{fix.title} ({why})" if why else fix.title
