"""Cures: the model with one thing changed, or another learning rate, or both, beside itself in paired seeds.

Harm is regret: how much further training gets once a cause is taken away, under the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.spec import ModelSpec
from gradaudit.evidence.learning_outcome import (
    ALMOST_NOTHING,
    FAR_BELOW,
    LEARNS,
    expected_progress,
    fails,
    forecast,
    median_progress,
    progress_at,
    progress_at_end,
    share,
)
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.short_runs import is_short
from gradaudit.text.numbers import number

RATE = "learning-rate"
"""The factor that the runs at other rates change."""
GAINS = 0.2
"""By how much more of the baseline's loss a cure takes away, in the median over paired seeds."""
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
    def sure(self) -> float:
        """Progress with the change in all but the worst quarter of the seeds: a rate is to suit all of them."""
        return sorted(self.there)[len(self.there) // 4]

    @property
    def progress(self) -> float:
        """The model's own, in the median."""
        return median_progress(self.own)

    @property
    def regret(self) -> float:
        """What the model misses: the median gain; where it diverges or ends above the baseline, from there."""
        return self.reach - max(0.0, self.progress)

    @property
    def better(self) -> tuple[bool, ...]:
        """Per paired seed: whether the run gets further with the change."""
        return tuple(b > a for a, b in zip(self.own, self.there, strict=True))

    @property
    def helps(self) -> bool:
        """It learns, visibly further than the model itself, and in most of the paired seeds."""
        return self.reach >= LEARNS and self.regret >= GAINS and share(self.better) > 0.5

    @property
    def alone(self) -> bool:
        """One factor is changed, not the rate beside it."""
        return len(self.factors) == 1


def cures(case: RuleContext) -> tuple[Cure, ...]:
    """Every change that was tried and helps."""
    return tuple(cure for cure in tried(case) if cure.helps)


def tried(case: RuleContext) -> Iterator[Cure]:
    """Every change that was run to its end, with or without another rate, that a person would type."""
    descent = case.descent
    if descent is None or not descent.trivial_loss > 0:
        return
    yield from _at_other_rates(case, descent, descent, (), None)
    for trial in case.trials:
        changed, alone = trial.case.descent, changed_by(case, trial)
        if changed is not None and alone is not None:
            yield alone
            yield from _at_other_rates(case, descent, changed, trial.kinds, trial)


def changed_by(case: RuleContext, trial: Counterfactual) -> Cure | None:
    """What one change does at its own rate; None where either run was not made."""
    own, changed = case.descent, trial.case.descent
    if own is None or changed is None or not own.trivial_loss > 0 or not changed.configured.finished:
        return None
    return _cure(own, changed.configured, trial.kinds, trial)


def _at_other_rates(
    case: RuleContext, own: Descent, changed: Descent, kinds: tuple[str, ...], trial: Counterfactual | None
) -> Iterator[Cure]:
    spec = case.spec if trial is None else trial.case.spec
    for run in changed.others:
        if run.finished and is_typed(spec, run.learning_rate):
            yield _cure(own, run, (*kinds, RATE), trial)


def is_typed(spec: ModelSpec, rate: float | None) -> bool:
    """Whether a person would type it; a bound on the gradient's norm under 1 leaves room above."""
    low, high = TYPED.get(spec.optimizer.name, TYPED_ADAPTIVE)
    bound = spec.optimizer.get("clip_norm")
    room = min(1.0, float(bound)) if isinstance(bound, int | float) else 1.0
    return rate is not None and low <= rate <= high / room


def _cure(own: Descent, run: Trajectory, factors: tuple[str, ...], trial: Counterfactual | None) -> Cure:
    there = progress_at_end(run)
    before = progress_at(own, run.steps[-1])
    if len(before) == 1:  # given weights have one run, whatever the seed
        before *= len(there)
    seeds = min(len(before), len(there))
    return Cure(factors, trial, run, before[:seeds], there[:seeds])


def calmed_by(case: RuleContext, factor: str) -> Cure | None:
    """The change of this factor alone that keeps a short run from diverging."""
    return next(
        (changed_by(case, trial) for trial in case.trials if trial.kinds == (factor,) and calms(case, trial)), None
    )


def calms(case: RuleContext, trial: Counterfactual) -> bool:
    """The model's run is short and diverges, the changed model's does not: to learn, so few steps may be too few."""
    descent, cure = case.descent, changed_by(case, trial)
    return (
        descent is not None
        and cure is not None
        and is_short(descent)
        and cure.progress == -inf
        and cure.reach > FAR_BELOW
    )


def cure_in_words(cure: Cure) -> str:
    """`use relu with he_normal and set the learning rate to 0.01`: what is changed, as a person would say it."""
    parts = [] if cure.trial is None else [cure.trial.fix.title]
    if RATE in cure.factors:
        parts.append(f"set the learning rate to {number(cure.run.learning_rate)}")
    return " and ".join(parts)


REGRET = 0.3
"""By how much further a cure must get than a model that learns by itself, for that one to be called slow."""
SLOW = 0.3
"""Progress: a model that ends above it by itself has no harm, however much more something else would reach: of 19
networks that learn, 4 gain 0.3 and more from some change."""
SLOW_WITH_SYMPTOM = 0.5
"""The same where a symptom is plain."""
MOST_SEEDS = 0.75
"""Share of the seeds that must be slow: where three were run, two are no evidence."""
HARDLY, BY_MOST = 0.15, 0.6
"""A model that takes hardly more than almost nothing is crippled where a cure takes so much more.

One that takes more than hardly anything is slow then, whatever the seeds say one by one.
"""


def slow_limit(case: RuleContext) -> float:
    """Progress under which this model counts as slow: hidden layers that are all linear are a plain symptom."""
    hidden = [row.activation.name for row in case.linear_maps[:-1] if row.activation is not None]
    return SLOW_WITH_SYMPTOM if hidden and set(hidden) == {"identity"} else SLOW


def is_slow(case: RuleContext, cure: Cure, limit: float) -> bool:
    """The model learns by itself, but little, and the cure reaches far more.

    This has to show in three of four seeds, unless the cure takes most of what there is.
    """
    descent = case.descent
    if descent is None or cure.regret < REGRET:
        return False
    little = tuple(progress < limit for progress in forecast(descent.configured, descent.planned_steps))
    plain = cure.regret >= BY_MOST or share(little) >= MOST_SEEDS
    return plain and expected_progress(case.descent) < limit


def is_harmed(case: RuleContext, cure: Cure, limit: float = SLOW) -> bool:
    """The model fails, or is slow, and this cures it: by its end it is further than the model itself by its own."""
    further = cure.reach > expected_progress(case.descent)  # a run may have been ended early
    return cure.helps and further and (fails(case.descent) or is_slow(case, cure, limit))


def is_crippled(case: RuleContext, cure: Cure) -> bool:
    """What was run taught almost nothing in half of the seeds, or hardly more, and the cure most there is, as fast."""
    stuck = tuple(progress < ALMOST_NOTHING for progress in cure.own)
    hardly = cure.progress < HARDLY and cure.regret >= BY_MOST
    return (share(stuck) >= 0.5 and cure.reach >= SLOW_WITH_SYMPTOM) or hardly
