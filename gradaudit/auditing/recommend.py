"""What to recommend for each finding: a few of the remedies' proposals are tried until one is proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from math import isfinite

from gradaudit import remedies
from gradaudit.auditing.proofs import FixVerifier
from gradaudit.domain.findings import Edit, Finding, Fix, Merit, Severity
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import apply, as_one
from gradaudit.errors import GradauditError
from gradaudit.evidence.cause import ranked_cures
from gradaudit.evidence.cures import RATE, Cure
from gradaudit.evidence.learning_outcome import expected_progress
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.remedies import in_sklearn
from gradaudit.remedies.learning_rate import rate_fix

MOST_FIXES = 3
"""Fixes shown for one finding, and tried for it beyond the trials that tell causes."""
MOST_CURES = 4
"""Changes with which the model was seen to learn that are looked at: for one finding, and first of all in a search."""
WORSE = 0.05
"""Progress that a change may lose before it counts as making things worse."""


def with_fixes(finding: Finding, verifier: FixVerifier) -> Finding:
    """The finding with the line that its spec path stands on, and with the fixes that help.

    What is information alone, or silenced, needs none; where nothing tells the inputs apart, no change has any.
    """
    spec = verifier.case.spec
    finding = replace(finding, location=spec.locate(finding.path))
    needs_none = finding.severity is Severity.INFO or finding.suppressed is not None
    if needs_none or verifier.case.has_constant_inputs:
        return finding
    proposed = (*_cures(verifier.case, finding), *remedies.propose(spec, verifier.case.linear_maps, finding))
    unlike: dict[str, Fix] = {}
    for fix in proposed:
        unlike.setdefault(fix.edit, fix)
    wanted = [fix for fix in unlike.values() if verifier.makes_a_model(fix)]
    fixes = [verifier.seen(finding, worded(fix, spec)) for fix in wanted]
    best = best_fixes(_proven(finding, fixes, verifier))
    return replace(finding, fixes=tuple(replace(fix, edits=_edits(fix, spec)) for fix in best))


def _cures(case: RuleContext, finding: Finding) -> tuple[Fix, ...]:
    """What was seen to cure the model with this finding gone: the smallest first, then what reaches most."""
    if finding.stage == "fitted":
        return ()
    ranked = (c for c in ranked_cures(case) if c.trial is None or finding.rule not in c.trial.found)
    return tuple(replace(fix_of(case, cure), clears=(finding.rule,)) for cure in islice(ranked, MOST_CURES))


def fix_of(case: RuleContext, cure: Cure) -> Fix:
    """A cure as a fix: its changes, and the rate at which it was run where that is another."""
    changed = () if cure.trial is None else (cure.trial.fix,)
    spec = case.spec if cure.trial is None else cure.trial.case.spec
    rate = (rate_fix(spec, cure.run.learning_rate),) if RATE in cure.factors and cure.run.learning_rate else ()
    before = expected_progress(case.descent)
    return replace(
        as_one((*changed, *rate)),
        before={"progress": before} if isfinite(before) else {},
        after={"progress": cure.reach},
        better=(sum(cure.better), len(cure.better)),
    )


def _edits(fix: Fix, spec: ModelSpec) -> tuple[Edit, ...]:
    """The changes as edits of the spec's file; none where it was not read from one, or cannot hold them."""
    if not spec.text or spec.weights is not None:  # weights would be read anew for each fix
        return ()
    from gradaudit.editing.spec_edit import edited
    from gradaudit.editing.text_diff import text_edits
    from gradaudit.inputs.yaml_spec.file import from_text

    try:
        expected = apply(from_text(spec.text, spec.source), fix.changes)
        return text_edits(spec.text, edited(spec.text, fix.changes, expected))
    except (GradauditError, LookupError):
        return ()


def worded(fix: Fix, spec: ModelSpec) -> Fix:
    """The fix as the person's framework says it, too."""
    return replace(fix, code=in_sklearn.estimator_line(spec, fix.changes)) if spec.framework == "sklearn" else fix


def _proven(finding: Finding, fixes: list[Fix], verifier: FixVerifier) -> list[Fix]:
    """The fixes, of which the most hopeful were tried with enough seeds until one was verified.

    They come with what was seen to cure in front; of the others those that were seen to help go first.
    """
    cured = {fix.edit for fix in _cures(verifier.case, finding)}
    hopeful = [fix for fix in fixes if fix.merit < Merit.IN_VAIN or fix.edit in cured]
    hopeful.sort(key=lambda fix: (fix.edit not in cured, fix.merit if fix.edit not in cured else 0))
    tried: list[Fix] = []
    for fix in hopeful[:MOST_FIXES]:
        if any(better.verified for better in tried):
            break
        tried.append(verifier.prove(finding, fix))
        if fix.edit in cured and verifier.is_too_dear(fix):  # a cheaper one would go before it for having been proven
            break
    settled = {fix.edit: fix for fix in tried}
    return [settled.get(fix.edit, fix) for fix in fixes]


def best_fixes(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """The fixes that were seen to help, those that reach most first, of these the smallest; else what was not tried.

    What clears the finding and brings another goes before what was not tried. What was in vain is shown only where all
    was, and never what made the run worse.
    """
    ranked = sorted(fixes, key=_rank)
    ranked = [fix for fix in ranked if not _makes_worse(fix)]
    helpful = [fix for fix in ranked if fix.merit < Merit.IN_VAIN]
    seen = [fix for fix in helpful if fix.after]
    traded = [fix for fix in ranked if fix.clears and fix.introduces]
    return tuple((seen or traded + helpful or ranked)[:MOST_FIXES])


def _rank(fix: Fix) -> tuple[float, ...]:
    """Merit, then how far the run gets, to a tenth, then the size of the edit; what was not tried keeps its order."""
    reach = round(fix.after.get("progress", 0.0), 1)
    return fix.merit, -reach, len(fix.changes) if fix.after else 0


def _makes_worse(fix: Fix) -> bool:
    before, after = fix.before.get("progress"), fix.after.get("progress")
    return not fix.verified and before is not None and after is not None and after < before - WORSE
