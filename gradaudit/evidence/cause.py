"""The cause: of all changes that cure, the smallest, and among equals the plainest."""

from __future__ import annotations

from math import isfinite, log

from gradaudit.domain.measurements import Trajectory
from gradaudit.evidence.cures import RATE, Cure, cures, is_typed, tried
from gradaudit.evidence.learning_outcome import ALMOST_NOTHING, LEARNS, forecast, progress_at_end
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.short_runs import is_at_rest, is_short

AS_GOOD = 0.85
"""Of what the best cure reaches: cures that reach that much are alike, and their order decides."""
SCALE_FIRST = 0.6
"""The same for the scale of inputs or targets: it is the plainest cause where it helps."""
BY_FAR = 0.2
"""A factor that helps alone goes before the rate where both together beat the rate alone by this much."""
ORDER = (
    "output",
    "standardised-inputs",
    "standardised-targets",
    "initializer",
    "bias",
    "restart",
    "recurrent-init",
    "memory",
    "cell",
    "activation",
    RATE,
    "dropout",
    "penalty",
    "precision",
    "depth",
    "width",
)
"""Factors from the plainest cause to the least; others come last."""
SCALES = ("standardised-inputs", "standardised-targets")


def cause(case: RuleContext) -> Cure | None:
    """The smallest change that cures: it names the cause; None where nothing that was tried does."""
    found = cures(case)
    if not found:
        return None
    best = max(cure.reach for cure in found)
    fewest = min(_size(cure) for cure in found if cure.reach >= SCALE_FIRST * best)
    few = [cure for cure in found if _size(cure) == fewest]
    top = max(cure.reach for cure in few)
    alike = [cure for cure in few if cure.reach >= (SCALE_FIRST if _is_scale(cure) else AS_GOOD) * top]
    chosen = min(alike, key=lambda cure: (_place(cure), -cure.reach))
    return _before_the_rate(case, chosen, found) if chosen.factors == (RATE,) else chosen


def ranked_cures(case: RuleContext) -> tuple[Cure, ...]:
    """The cures as they are recommended: the one that names the cause, then what reaches most, the smaller first."""
    first = cause(case)
    return tuple(sorted(cures(case), key=lambda cure: (cure != first, -round(cure.reach, 1), len(cure.factors))))


def _size(cure: Cure) -> int:
    """How many things a person would change: scaling the data is one, whichever side."""
    scales = sum(factor in SCALES for factor in cure.factors)
    return len(cure.factors) - max(0, scales - 1)


def _is_scale(cure: Cure) -> bool:
    return all(factor in SCALES for factor in cure.factors)


def _place(cure: Cure) -> tuple[int, ...]:
    return tuple(ORDER.index(factor) if factor in ORDER else len(ORDER) for factor in cure.factors)


def _before_the_rate(case: RuleContext, chosen: Cure, found: tuple[Cure, ...]) -> Cure:
    """A factor that helps alone and with a rate beats the rate alone by far; else the rate that its rule names."""
    singles = {cure.factors[0]: cure for cure in found if cure.alone and cure.factors != (RATE,)}
    joint = [
        cure for cure in found if len(cure.factors) == 2 and cure.factors[1] == RATE and cure.factors[0] in singles
    ]
    best = max(joint, key=lambda cure: cure.reach, default=None)
    if best is not None and best.reach >= chosen.reach + BY_FAR:
        return singles[best.factors[0]]
    own = case.descent.configured.learning_rate if case.descent is not None else None
    return rate_cure(case, below=(chosen.run.learning_rate or 0.0) < (own or 0.0)) or chosen


def is_more_than_the_rate(case: RuleContext, cure: Cure) -> bool:
    """Whether something besides the rate is what helps: the rate stays, or by itself it gets by far less."""
    if RATE not in cure.factors:
        return True
    alone = max((other.reach for other in cures(case) if other.factors == (RATE,)), default=0.0)
    return cure.reach >= alone + BY_FAR


def cure_by(case: RuleContext, factor: str) -> Cure | None:
    """What changing this factor does: alone where that helps, else with a rate or another factor where that cures.

    None where it does not help, or where another cause is smaller.
    """
    alone = [cure for cure in cures(case) if cure.factors == (factor,)]
    if alone:
        return max(alone, key=lambda cure: cure.reach)
    chosen = cause(case)
    return chosen if chosen is not None and factor in chosen.factors and chosen.factors[0] != RATE else None


def rate_cure(case: RuleContext, *, below: bool) -> Cure | None:
    """The best smaller (larger) rate that cures by itself; of those that reach alike, the nearest to the model's."""
    descent = case.descent
    rate = descent.configured.learning_rate if descent is not None else None
    if rate is None:
        return None
    found = [
        cure
        for cure in cures(case)
        if cure.factors == (RATE,) and cure.run.learning_rate is not None and (cure.run.learning_rate < rate) == below
    ]
    best = max((cure.sure for cure in found), default=0.0)
    alike = [cure for cure in found if cure.sure >= AS_GOOD * best]
    return min(alike, key=lambda cure: abs(log(cure.run.learning_rate or 1.0) - log(rate)), default=None)


def rate_that_moves(case: RuleContext) -> Cure | None:
    """Of a short run that rests above the baseline, the larger rate that takes most of that excess away in as many."""
    descent = case.descent
    rate = descent.configured.learning_rate if descent is not None else None
    if descent is None or rate is None or not (is_short(descent) and is_at_rest(descent)):
        return None
    moving = [
        cure
        for cure in tried(case)
        if cure.factors == (RATE,) and (cure.run.learning_rate or 0.0) > rate and cure.reach >= cure.progress / 2
    ]
    return max(moving, key=lambda cure: cure.reach, default=None)


def rescued(case: RuleContext) -> tuple[Trajectory, tuple[bool, ...]] | None:
    """The smaller rate at which every seed learns, among them those that do not at the model's own: which.

    None where few seeds were run there, or some of them fails there too: then it is a matter of the draw.
    """
    descent = case.descent
    rate = descent.configured.learning_rate if descent is not None else None
    if descent is None or rate is None:
        return None
    own = forecast(descent.configured, descent.planned_steps)
    lost = tuple(not isfinite(progress) or progress < ALMOST_NOTHING for progress in own)
    finished = (run for run in descent.slower if run.finished)
    for run in sorted(finished, key=lambda run: abs(log(run.learning_rate or rate) - log(rate))):
        there = progress_at_end(run)
        is_paired = is_typed(case.spec, run.learning_rate) and len(there) == len(own)
        if is_paired and all(progress >= LEARNS for progress in there):
            return run, lost
    return None
