"""What to recommend for each finding: a few of the remedies' proposals are tried until one is proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradaudit import remedies
from gradaudit.errors import GradauditError
from gradaudit.finding import Edit, Finding, Fix, Severity
from gradaudit.remedies import in_sklearn
from gradaudit.remedies.edit import apply
from gradaudit.spec import ModelSpec
from gradaudit.trials import Bench

MOST_FIXES = 3
"""Fixes shown for one finding, and tried for it beyond the trials that tell causes."""
IN_VAIN = 3
"""The merit of a fix that was tried and does not help."""


def located(finding: Finding, bench: Bench) -> Finding:
    """The finding with the line that its spec path stands on, and with the fixes that help.

    What is information alone, or silenced, needs none.
    """
    spec = bench.case.spec
    finding = replace(finding, location=spec.locate(finding.path))
    if finding.severity is Severity.INFO or finding.suppressed is not None:
        return finding
    proposed = remedies.propose(spec, bench.case.dense, finding)
    fixes = [bench.seen(finding, _worded(fix, spec)) for fix in proposed if bench.makes_a_model(fix)]
    best = best_fixes(_proven(finding, fixes, bench))
    return replace(finding, fixes=tuple(replace(fix, edits=_edits(fix, spec)) for fix in best))


def _edits(fix: Fix, spec: ModelSpec) -> tuple[Edit, ...]:
    """The changes as edits of the spec's file; none where it was not read from one, or cannot hold them."""
    if not spec.text or spec.weights is not None:  # weights would be read anew for each fix
        return ()
    from gradaudit.inputs.spec_edit import edited
    from gradaudit.inputs.spec_file import from_text
    from gradaudit.inputs.text_edits import text_edits

    try:
        expected = apply(from_text(spec.text, spec.source), fix.changes)
        return text_edits(spec.text, edited(spec.text, fix.changes, expected))
    except (GradauditError, LookupError):
        return ()


def _worded(fix: Fix, spec: ModelSpec) -> Fix:
    """The fix as the person's framework says it, too."""
    return replace(fix, code=in_sklearn.line(spec, fix.changes)) if spec.framework == "sklearn" else fix


def _proven(finding: Finding, fixes: list[Fix], bench: Bench) -> list[Fix]:
    """The fixes, of which the most hopeful were tried with enough seeds until one was verified."""
    hopeful = [fix for fix in sorted(fixes, key=lambda fix: fix.merit) if fix.merit < IN_VAIN]
    tried: list[Fix] = []
    for fix in hopeful[:MOST_FIXES]:
        if any(better.verified for better in (*hopeful, *tried)):
            break
        tried.append(bench.prove(finding, fix))
    settled = {fix.edit: fix for fix in tried}
    return [settled.get(fix.edit, fix) for fix in fixes]


def best_fixes(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Those that were seen to help, the best first; else what was not tried; what was in vain only where all was."""
    ranked = sorted(fixes, key=lambda fix: fix.merit)
    helpful = [fix for fix in ranked if fix.merit < IN_VAIN]
    seen = [fix for fix in helpful if fix.after]
    return tuple((seen or helpful or ranked)[:MOST_FIXES])
