"""learning-rate-too-low: almost nothing was learnt by the end of the plan, while a larger rate learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent
from gradaudit.domain.plurals import counted
from gradaudit.evidence.cause import cause, rate_cure, rate_that_moves
from gradaudit.evidence.cures import RATE, Cure, is_crippled, is_harmed
from gradaudit.evidence.learning_outcome import (
    ALMOST_NOTHING,
    BASELINE,
    count_seeds,
    describe_cured,
    describe_progress,
    expected_progress,
    fails,
    median_progress,
    progress_at_end,
)
from gradaudit.evidence.loss_curve import classify_curve, describe_curve
from gradaudit.evidence.plain_words import describe_own, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number, of_baseline


@dataclass(frozen=True)
class LearningRateTooLow(Rule):
    """After the run, carried on to the planned epochs, almost nothing was learnt, while a larger rate learns.

    What it measures
        The training run with the configured rate, its second half carried on to the end of the planned epochs, and
        the same run at larger rates, up to four decades above. It is an error where almost nothing was learnt by the
        end of the planned epochs, and a warning where little was and a larger rate learns far more, or where the spec
        plans no epochs and the rate that learns is not far away. A small rate with a long plan is fine. A fitted model
        whose own loss curve was still falling when its training stopped is told so, as information. Where the error
        signal vanishes, the rate is not the cause and this rule is silent.

    Why it hurts
        The budget ends before the network has left the place where it began. The loss curve looks flat and
        converged, which is easily taken for the best the model can do.

    What to do
        Set the rate named in the finding. To keep your own, plan as many times more epochs as that one is larger.

    References
        Smith 2017 (arXiv:1506.01186), the learning-rate range test; Bengio 2012 (arXiv:1206.5533), section 3.1.1.
    """

    name = "learning-rate-too-low"
    summary = "almost nothing is learnt by the end of the plan, while a larger rate learns"
    needs = ("descent", "signal", "trials")
    blames = ("learning-rate",)

    decade: float = 10.0
    """Without planned epochs, up to this many times the rate nothing may be learnt either for an error …"""
    far: float = 30.0
    """… and the rate that learns must be this many times larger: no plan of a usual length makes up for that."""
    vanished: float = 1e-3
    """vanishing-gradient's limit: under it the signal, not the rate, is too small."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        yield from self._past(case)
        descent = case.descent
        if descent is None or descent.configured.learning_rate is None or self._blames_the_signal(case):
            return
        cure = rate_cure(case, below=False)
        if cure is None or not is_harmed(case, cure):
            cure = rate_that_moves(case)
        if cure is not None and self._was_falling(descent):
            yield self._finding(case, descent, cure)

    def _past(self, case: RuleContext) -> Iterator[Finding]:
        """A model whose own training stopped before it converged."""
        curve = case.spec.weights.loss_curve if case.spec.weights is not None else ()
        if classify_curve(curve) != "stopped early":
            return
        first, _, last = describe_curve(curve)
        yield Finding(
            rule=self.name,
            severity=Severity.INFO,
            stage="fitted",
            path="optimizer.learning_rate",
            message=f"the model's own training stopped after {len(curve)} epochs while its loss was still falling: "
            f"from {number(first)} to {number(last)}",
            cause="the budget of epochs ended before the loss had settled",
            plainly=phrase(
                f"the model's own training stopped after {len(curve):,} epochs with its loss still falling",
                "its epochs ran out before it had settled",
            ),
            evidence={"measured": last, "limit": first, "epochs": len(curve)},
        )

    def _blames_the_signal(self, case: RuleContext) -> bool:
        """The signal vanishes, and it was not seen that another rate is the plainest cure all the same."""
        first = cause(case) if case.trials else None
        return self._vanishes(case) and (first is None or first.factors != (RATE,))

    def _vanishes(self, case: RuleContext) -> bool:
        ratios = [stage.signal.error_signal_norm_ratio.median for _, stage in case.stages() if stage.signal]
        return any(ratio is not None and ratio < self.vanished for ratio in ratios)

    def _was_falling(self, descent: Descent) -> bool:
        """A run that is too slow still falls; one that climbs or jumps has another fault."""
        start, final = descent.configured.loss[0].median, descent.configured.final.median
        return start is not None and final is not None and final <= start * 1.01

    def _is_far_too_low(self, descent: Descent, cure: Cure) -> bool:
        """Whatever the plan: the rate that learns is far away, and on the way there nothing is learnt either."""
        rate = descent.configured.learning_rate or 1.0
        nearer = [run for run in descent.others if rate < (run.learning_rate or 0.0) <= self.decade * rate]
        far = (cure.run.learning_rate or 0.0) >= self.far * rate
        return far and bool(nearer) and all(median_progress(progress_at_end(run)) < ALMOST_NOTHING for run in nearer)

    def _finding(self, case: RuleContext, descent: Descent, cure: Cure) -> Finding:
        rate, better = descent.configured.learning_rate, cure.run.learning_rate
        here, there, steps = expected_progress(case.descent), cure.reach, descent.planned_steps
        own, plainly, cured = describe_progress(here), describe_own(here), describe_cured(here)
        if there < ALMOST_NOTHING:  # a run from far above the baseline, which has hardly begun
            here, steps = cure.progress, cure.run.steps[-1]
            own, cured = f"stays at {of_baseline(here, BASELINE)}", f"goes down to {of_baseline(there)}"
            plainly = own
        taken = counted(steps, "step")
        fatal = fails(descent) or is_crippled(case, cure)
        fatal = fatal and (not descent.plan_is_assumed or self._is_far_too_low(descent, cure))
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if fatal else Severity.WARNING,
            stage="initialised",
            path="optimizer.learning_rate",
            message=f"at learning rate {number(rate)} training {own} in {taken}, at {number(better)} it {cured}",
            cause="each step moves the weights too little for the number of steps that are planned",
            plainly=phrase(
                f"at a learning rate of {number(rate)} training {plainly} after {taken}, "
                f"while at {number(better)} it {cured}",
                "the steps are too small for so few of them",
            ),
            evidence={
                "measured": rate,
                "limit": better,
                "progress": here if isfinite(here) else None,
                "progress_at_better_rate": there,
                "planned_steps": descent.planned_steps,
                **count_seeds("seeds_slow", cure.better),
            },
        )
