"""learning-rate-too-high: the run overshoots at this rate and learns at a smaller one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import Plain
from gradaudit.evidence.cause import rate_cure, rescued
from gradaudit.evidence.cures import SLOW, SLOW_WITH_SYMPTOM, is_crippled, is_harmed
from gradaudit.evidence.learning_outcome import (
    ALMOST_NOTHING,
    LEARNS,
    count_seeds,
    describe_cured,
    describe_progress,
    expected_progress,
    fails,
    forecast,
    median_progress,
    of_seeds,
    progress_at_end,
    share,
    stuck,
)
from gradaudit.evidence.loss_curve import classify_curve, describe_curve
from gradaudit.evidence.plain_words import amount, describe_own, in_seeds, phrase
from gradaudit.evidence.rates import overshoots, rate_cause, stable_limit
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.short_runs import is_begun
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

EXPLODED = 100.0
"""exploding-gradient's limit: over it, a diverging run is that rule's finding."""


@dataclass(frozen=True)
class LearningRateTooHigh(Rule):
    """At this learning rate the run overshoots, and at a smaller one it learns.

    What it measures
        The training run with the configured optimizer, and the same run at rates over eight decades around it and
        around the stable limit, in paired seeds. The finding is an error where the configured run diverges or learns
        nothing in at least half of the seeds and a smaller rate learns, and a warning where it learns little and a
        smaller rate far more, or where every seed learns at the smaller rate and some fail at this one. A run that
        diverges is an error also where no smaller rate that was tried learns. A fitted model that kept its loss
        curve is judged by that as well: one that ends above where it began diverged, one whose ups add up to more
        than it ever fell oscillated. The evidence beside it is the stable limit, 2/λ_max for plain gradient descent
        and its counterparts for momentum and adaptive optimizers. A rate above that limit which learns all the same
        is no finding: curvature often gives way in the first steps.

    Why it hurts
        Beyond the stable limit every step overshoots the valley's floor by more than it came from, along the
        steepest direction. The loss oscillates, grows, kills ReLU units, or settles where it has learnt nothing.

    What to do
        Set the rate named in the finding. Where λ_max is large because the inputs are not scaled, standardise them:
        then a larger rate is stable, and all directions learn.

    References
        LeCun et al. 1998, "Efficient BackProp", section 5; Cohen et al. 2021 (arXiv:2103.00065) and 2022
        (arXiv:2207.14484); Lewkowycz et al. 2020 (arXiv:2003.02218).
    """

    name = "learning-rate-too-high"
    summary = "the run overshoots at this rate and learns at a smaller one"
    needs = ("descent", "curvature", "signal", "trials")
    blames = ("learning-rate",)

    fewest: float = 2
    """Seeds that fail, from which a rate at which all others learn is worth a warning: one may be chance."""
    least_rate: float = 1e-6
    """The smallest stable limit that a person would think of as a rate: under it the scale of something is wrong."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        yield from self._past(case)
        descent = case.descent
        if descent is None or descent.configured.learning_rate is None:
            return
        here = forecast(descent.configured, descent.planned_steps)
        cure, saved = rate_cure(case, below=True), rescued(case)
        slow = SLOW_WITH_SYMPTOM if cure is not None and _overshoots(descent, cure.run) else SLOW
        if cure is not None and is_harmed(case, cure, slow):
            is_failure = fails(descent) and is_begun(descent)
            severity = Severity.ERROR if is_failure or is_crippled(case, cure) else Severity.WARNING
            yield self._finding(case, descent, cure.run, severity, cure.better)
        elif saved is not None and sum(saved[1]) >= self.fewest:
            yield self._finding(case, descent, saved[0], Severity.WARNING, saved[1])
        elif share(tuple(not isfinite(p) for p in here)) > 0.5 and not _broken_at_start(case):
            yield self._diverges(case, descent, here)

    def _past(self, case: RuleContext) -> Iterator[Finding]:
        """What the model's own training shows."""
        curve = case.spec.weights.loss_curve if case.spec.weights is not None else ()
        shown = classify_curve(curve)
        if shown not in ("diverged", "oscillated"):
            return
        first, lowest, last = describe_curve(curve)
        yield Finding(
            rule=self.name,
            severity=Severity.ERROR if shown == "diverged" else Severity.WARNING,
            stage="fitted",
            path="optimizer.learning_rate",
            message=f"the model's own training {shown}: its loss began at {number(first)}, was {number(lowest)} at "
            f"best and ended at {number(last)} after {counted(len(curve), 'epoch')}",
            cause="steps that overshoot: the loss climbs again and again instead of settling",
            plainly=phrase(
                f"the model's own training {shown}, from a loss of {amount(first)} to {amount(last)}",
                "its steps overshoot, so the loss climbs again and again instead of settling",
            ),
            evidence={
                "measured": last if isfinite(last) else None,
                "limit": first,
                "lowest": lowest,
                "epochs": len(curve),
            },
        )

    def _diverges(self, case: RuleContext, descent: Descent, here: tuple[float, ...]) -> Finding:
        """A run that diverges is never healthy, also where none of the smaller rates that were tried learns."""
        rate, limit = descent.configured.learning_rate, stable_limit(case)
        diverged = tuple(not isfinite(p) for p in here)
        usual = limit is not None and limit >= self.least_rate
        none = f", and none of the {len(descent.slower)} smaller rates that were tried learns" if descent.slower else ""
        return Finding(
            rule=self.name,
            severity=Severity.ERROR,
            stage="initialised",
            path="optimizer.learning_rate",
            message=f"at learning rate {number(rate)} the run diverges {of_seeds(diverged)}{none}",
            cause=rate_cause(rate, limit) + ("" if usual else f"; {_no_usual_rate(case)}"),
            plainly=phrase(
                f"at a learning rate of {number(rate)} training diverges{in_seeds(diverged)}"
                + (", and no smaller rate that was tried learns" if descent.slower else ""),
                overshoots(rate, limit) if usual else _no_usual_rate(case),
            ),
            evidence={
                "measured": rate,
                "limit": limit,
                "better_rate": limit / 2 if usual and limit is not None else None,
                **count_seeds("seeds_diverged", diverged),
            },
        )

    def _finding(
        self, case: RuleContext, descent: Descent, better: Trajectory, severity: Severity, worse: tuple[bool, ...]
    ) -> Finding:
        rate, limit = descent.configured.learning_rate, stable_limit(case)
        here = expected_progress(descent)
        there = progress_at_end(better)
        what, own, cured = describe_progress(here), describe_own(here), describe_cured(here)
        if here >= LEARNS:  # the median learns, and some seeds are lost
            lost, learn = stuck(descent), sum(progress >= ALMOST_NOTHING for progress in there)
            what, own = f"fails {of_seeds(lost)}", f"fails{in_seeds(lost)}"
            cured = "learns in all of them" if learn == len(lost) else "learns"
        evidence: dict[str, Plain] = {
            "measured": rate,
            "limit": limit,
            "progress": here if isfinite(here) else None,
            "better_rate": better.learning_rate,
            "progress_at_better_rate": median_progress(there),
            **count_seeds("seeds_worse", worse),
        }
        return Finding(
            rule=self.name,
            severity=severity,
            stage="initialised",
            path="optimizer.learning_rate",
            message=f"at learning rate {number(rate)} training {what}, at {number(better.learning_rate)} it {cured}",
            cause=rate_cause(rate, limit),
            plainly=phrase(
                f"at a learning rate of {number(rate)} training {own}, "
                f"while at {number(better.learning_rate)} it {cured}",
                overshoots(rate, limit),
            ),
            evidence=evidence,
        )


def _no_usual_rate(case: RuleContext) -> str:
    penalty = case.spec.l2 or dict(case.spec.optimizer.parameters).get("weight_decay")
    what = "inputs, targets or a penalty" if penalty else "inputs or targets"
    return f"with {what} of this scale no usual learning rate is stable"


def _broken_at_start(case: RuleContext) -> bool:
    """The signal explodes or is not finite before the first step: other rules' findings, and the rate's no fault."""
    signals = [stage.signal for _, stage in case.stages() if stage.signal is not None]
    ratios = [signal.error_signal_norm_ratio for signal in signals]
    lost = any(signal.loss.non_finite * 2 >= len(signal.loss.values) for signal in signals)
    return lost or any(ratio.median is None or ratio.median > EXPLODED for ratio in ratios)


def _overshoots(descent: Descent, better: Trajectory) -> bool:
    """The loss goes up and down more at this rate than at the better one, or ends above its own best."""
    here, there = descent.configured, better
    final, best = here.final.median, here.best.median
    ended_above = final is not None and best is not None and final > 1.2 * best
    return ended_above or (here.oscillation.median or 0.0) > 2 * (there.oscillation.median or 0.0) + 0.05
