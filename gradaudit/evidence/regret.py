"""Harm is regret: how much further training gets once a cause is taken away, in paired seeds, under the same plan.

A cure is the model with one factor changed, or with another learning rate, or both. What cures with the fewest
factors names the cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite, log

from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.spec import ModelSpec
from gradaudit.evidence.learning_outcome import (
    LITTLE,
    fails,
    forecast,
    median_progress,
    progress_at,
    progress_at_end,
    share,
)
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.text.numbers import number

RATE = "learning-rate"
"""The factor that the runs at other rates change."""
REACHES = 0.3
"""Progress from which a changed model counts as learning."""
GAINS = 0.2
"""By how much more of the baseline's loss a cure takes away, in the median over paired seeds."""
REGRET = 0.3
"""The same for a model that learns by itself: below it nobody would call the model slow."""
SLOW = 0.3
"""A model that ends above this share by itself has no harm, however much more something else would reach: of 19
networks that learn, 4 gain 0.3 and more from some change."""
SLOW_WITH_SYMPTOM = 0.5
"""The same where a symptom is plain."""
AS_GOOD = 0.85
"""Of what the best cure reaches: cures that reach that much are alike, and their order decides."""
SCALE_FIRST = 0.6
"""The same for the scale of inputs or targets: it is the plainest cause where it helps."""
BY_FAR = 0.2
"""A factor that helps alone goes before the rate where both together beat the rate alone by this much."""
MOST_SEEDS = 0.75
"""Share of the seeds that must be slow: where three were run, two are no evidence."""
HARDLY, BY_MOST = 0.15, 0.6
"""A model that takes hardly more than almost nothing is crippled where a cure takes so much more."""
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
TYPED = {"sgd": (1e-6, 10.0), "adagrad": (1e-6, 10.0)}
TYPED_ADAPTIVE = (1e-6, 1.0)
"""Rates that a person would type: one outside is evidence of another cause, and no cure."""


@dataclass(frozen=True, slots=True)
class Cure:
    """One change of the model, alone or with another rate, beside the model itself."""

    factors: tuple[str, ...]
    trial: Counterfactual | None
    """The changed model; None where the rate alone is another."""
    run: Trajectory
    own: tuple[float, ...]
    """Progress of the model itself, one number a paired seed, after as many steps; −inf where it diverged."""
    there: tuple[float, ...]
    """Progress with the change."""

    @property
    def reach(self) -> float:
        """Median progress with the change."""
        return median_progress(self.there)

    @property
    def regret(self) -> float:
        """What the model misses: the median gain; where it diverges or ends above the baseline, from there."""
        return self.reach - max(0.0, median_progress(self.own))

    @property
    def better(self) -> tuple[bool, ...]:
        """Per paired seed."""
        return tuple(b > a for a, b in zip(self.own, self.there, strict=True))

    @property
    def helps(self) -> bool:
        """It learns, visibly further than the model itself, and in most of the paired seeds."""
        return self.reach >= REACHES and self.regret >= GAINS and share(self.better) > 0.5

    @property
    def alone(self) -> bool:
        """One factor is changed, not the rate beside it."""
        return len(self.factors) == 1


def cures(case: RuleContext) -> tuple[Cure, ...]:
    """Every change that was tried and helps."""
    return tuple(cure for cure in tried(case) if cure.helps)


def ranked_cures(case: RuleContext) -> tuple[Cure, ...]:
    """The cures as they are recommended: the one that names the cause, then what reaches most, the smaller first."""
    first = cause(case)
    return tuple(sorted(cures(case), key=lambda cure: (cure != first, -round(cure.reach, 1), len(cure.factors))))


def tried(case: RuleContext) -> Iterator[Cure]:
    """Every change that was run to its end, with or without another rate, that a person would type."""
    descent = case.measurements.descent
    if descent is None or not descent.trivial_loss > 0:
        return
    yield from _at_other_rates(case, descent, descent, (), None)
    for trial in case.trials:
        changed, alone = trial.case.measurements.descent, changed_by(case, trial)
        if changed is not None and alone is not None:
            yield alone
            yield from _at_other_rates(case, descent, changed, trial.kinds, trial)


def changed_by(case: RuleContext, trial: Counterfactual) -> Cure | None:
    """What one change does at its own rate; None where either run was not made."""
    own, changed = case.measurements.descent, trial.case.measurements.descent
    if own is None or changed is None or not own.trivial_loss > 0 or not changed.configured.finished:
        return None
    return _cure(own, changed.configured, trial.kinds, trial)


def _at_other_rates(
    case: RuleContext, own: Descent, changed: Descent, kinds: tuple[str, ...], trial: Counterfactual | None
) -> Iterator[Cure]:
    spec = case.spec if trial is None else trial.case.spec
    for run in changed.others:
        if run.finished and _is_typed(spec, run.learning_rate):
            yield _cure(own, run, (*kinds, RATE), trial)


def _is_typed(spec: ModelSpec, rate: float | None) -> bool:
    """Whether a person would type it; a bound on the gradient's norm under 1 leaves room above."""
    low, high = TYPED.get(spec.optimizer.name, TYPED_ADAPTIVE)
    bound = spec.optimizer.get("clip_norm")
    room = min(1.0, float(bound)) if isinstance(bound, int | float) and bound > 0 else 1.0
    return rate is not None and low <= rate <= high / room


def _cure(own: Descent, run: Trajectory, factors: tuple[str, ...], trial: Counterfactual | None) -> Cure:
    there = progress_at_end(run)
    before = progress_at(own, run.steps[-1])
    if len(before) == 1:  # given weights have one run, whatever the seed
        before *= len(there)
    seeds = min(len(before), len(there))
    return Cure(factors, trial, run, before[:seeds], there[:seeds])


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
    return _before_the_rate(chosen, found) or chosen


def _size(cure: Cure) -> int:
    """How many things a person would change: scaling the data is one, whichever side."""
    scales = sum(factor in SCALES for factor in cure.factors)
    return len(cure.factors) - max(0, scales - 1)


def _is_scale(cure: Cure) -> bool:
    return all(factor in SCALES for factor in cure.factors)


def _place(cure: Cure) -> tuple[int, ...]:
    return tuple(ORDER.index(factor) if factor in ORDER else len(ORDER) for factor in cure.factors)


def _before_the_rate(chosen: Cure, found: tuple[Cure, ...]) -> Cure | None:
    """A factor that helps alone and with a rate beats the rate alone by far; None where the choice stands."""
    if chosen.factors != (RATE,):
        return None
    singles = {cure.factors[0]: cure for cure in found if cure.alone and cure.factors != (RATE,)}
    joint = [
        cure for cure in found if len(cure.factors) == 2 and cure.factors[1] == RATE and cure.factors[0] in singles
    ]
    best = max(joint, key=lambda cure: cure.reach, default=None)
    return singles[best.factors[0]] if best is not None and best.reach >= chosen.reach + BY_FAR else None


def cure_by(case: RuleContext, factor: str) -> Cure | None:
    """What changing this factor does: alone where that helps, else with a rate or another factor where that cures.

    None where it does not help, or where another cause is smaller.
    """
    alone = [cure for cure in cures(case) if cure.factors == (factor,)]
    if alone:
        return max(alone, key=lambda cure: cure.reach)
    chosen = cause(case)
    return chosen if chosen is not None and factor in chosen.factors and chosen.factors[0] != RATE else None


def regret(case: RuleContext) -> float:
    """The most that any cure gains; 0 where none helps."""
    return max((cure.regret for cure in cures(case)), default=0.0)


def learning(case: RuleContext) -> float:
    """The model's own median progress by the end of the plan; −inf where it diverges."""
    descent = case.measurements.descent
    return -inf if descent is None else median_progress(forecast(descent.configured, descent.planned_steps))


def slow_limit(case: RuleContext) -> float:
    """Progress under which this model counts as slow: hidden layers that are all linear are a plain symptom."""
    hidden = [row.activation.name for row in case.dense[:-1] if row.activation is not None]
    return SLOW_WITH_SYMPTOM if hidden and set(hidden) == {"identity"} else SLOW


def is_slow(case: RuleContext, cure: Cure, limit: float = SLOW) -> bool:
    """The model learns by itself, but little, in three of four seeds, and the cure reaches far more."""
    descent = case.measurements.descent
    if descent is None or cure.regret < REGRET:
        return False
    little = tuple(progress < limit for progress in forecast(descent.configured, descent.planned_steps))
    return share(little) >= MOST_SEEDS and learning(case) < limit


def is_harmed(case: RuleContext, cure: Cure, limit: float = SLOW) -> bool:
    """The model fails, or is slow, and this cures it."""
    return cure.helps and (fails(case.measurements.descent) or is_slow(case, cure, limit))


def is_crippled(case: RuleContext, cure: Cure) -> bool:
    """What was run taught almost nothing in half of the seeds, or hardly more, and the cure most there is, as fast."""
    stuck = tuple(progress < LITTLE for progress in cure.own)
    hardly = median_progress(cure.own) < HARDLY and cure.regret >= BY_MOST
    return (share(stuck) >= 0.5 and cure.reach >= SLOW_WITH_SYMPTOM) or hardly


def rate_cure(case: RuleContext, *, below: bool) -> Cure | None:
    """The best smaller (larger) rate that cures by itself; of those that reach alike, the nearest to the model's."""
    descent = case.measurements.descent
    rate = descent.configured.learning_rate if descent is not None else None
    if rate is None:
        return None
    found = [
        cure
        for cure in cures(case)
        if cure.factors == (RATE,) and cure.run.learning_rate is not None and (cure.run.learning_rate < rate) == below
    ]
    best = max((cure.reach for cure in found), default=0.0)
    alike = [cure for cure in found if cure.reach >= AS_GOOD * best]
    return min(alike, key=lambda cure: abs(log(cure.run.learning_rate or 1.0) - log(rate)), default=None)


def rescued(case: RuleContext, *, below: bool) -> tuple[Trajectory, tuple[bool, ...]] | None:
    """The smaller (larger) rate at which every seed learns, among them those that do not at the model's own: which.

    None where few seeds were run there, or some of them fails there too: then it is a matter of the draw.
    """
    descent = case.measurements.descent
    rate = descent.configured.learning_rate if descent is not None else None
    if descent is None or rate is None:
        return None
    own = forecast(descent.configured, descent.planned_steps)
    lost = tuple(not isfinite(progress) or progress < LITTLE for progress in own)
    for run in sorted(descent.others, key=lambda run: abs(log(run.learning_rate or rate) - log(rate))):
        there = progress_at_end(run)
        paired = run.finished and ((run.learning_rate or rate) < rate) == below
        if (
            paired
            and _is_typed(case.spec, run.learning_rate)
            and len(there) == len(own)
            and all(progress >= REACHES for progress in there)
        ):
            return run, lost
    return None


def named(cure: Cure) -> str:
    """`use relu with he_normal and set the learning rate to 0.01`: what is changed, as a person would say it."""
    parts = [] if cure.trial is None else [cure.trial.fix.title]
    if RATE in cure.factors:
        parts.append(f"set the learning rate to {number(cure.run.learning_rate)}")
    return " and ".join(parts)
