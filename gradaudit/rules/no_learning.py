"""no-learning: the run ends no better than the constant-prediction baseline, and no other rule explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent
from gradaudit.domain.spec import Plain
from gradaudit.evidence.cause import cause
from gradaudit.evidence.cures import Cure, cure_in_words, is_slow, slow_limit, tried
from gradaudit.evidence.learning_outcome import describe_progress, fails, of_seeds, outcome, stuck
from gradaudit.evidence.plain_words import phrase, training
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.short_runs import coverage, is_begun, is_short_plan
from gradaudit.rules.interface import Rule

FURTHER = 0.01
"""Progress by which another rate must get further to be more than chance."""


@dataclass(frozen=True)
class NoLearning(Rule):
    """The trial run ends no better than the constant-prediction baseline, and no other rule explains it.

    What it measures
        The training run with the configured optimizer against the best prediction that ignores the inputs. Where at
        least half of the seeds take less than a tenth of that baseline's loss away by the end of the plan, and no
        symptom, scale, pairing or rate was found to be the cause, this rule speaks: an error where the whole planned
        training was run, a warning where the trial run covers a part of it, or where a little is learnt and one of the
        changes that were tried gets far further. It names the best of all of them, one factor at a time and in pairs.

    Why it hurts
        The training will end where it began. Whatever the reason is, no compute should be spent on it as it is.

    What to do
        Make the change that the finding names, where there is one; where the plan is short, train longer. Else check
        that the inputs tell the targets apart at all: fit a linear model, or a small network on ten rows, which it
        must be able to learn by heart.

    References
        Goodfellow, Bengio & Courville 2016, "Deep Learning", section 11.5 (debugging strategies); Karpathy 2019,
        "A recipe for training neural networks" (overfit a single batch).
    """

    name = "no-learning"
    summary = "training does no better than a constant prediction, and no other warning or error explains it"
    needs = ("descent", "trials")
    is_last_resort = True

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        descent = case.descent
        if descent is None or not descent.trivial_loss > 0:
            return
        cure, best = cause(case), max(tried(case), key=lambda each: each.reach, default=None)
        if cure is None and not is_begun(descent):
            return
        if not fails(descent) and (cure is None or not is_slow(case, cure, slow_limit(case))):
            return
        longer = of_a_longer_plan(case)
        short = bool(longer["plan_is_short"])
        helps = "no change was tried"
        if best is not None:
            helps = f"nothing that was tried helps much{' in so few steps' if short else ''}"
        if cure is not None:
            helps = f"if you {cure_in_words(cure)}, it learns"
        yield Finding(
            rule=self.name,
            severity=severity_of(descent),
            stage="fitted" if "initialised" not in case.measurements.stages else "initialised",
            path="" if cure is None or cure.trial is None else cure.trial.fix.changes[0].path,
            message=f"{outcome(descent)}{_failing(descent)} ({coverage(descent)})",
            cause=_tried_in_words(cure, best, whole=(_is_whole(descent) or descent.plan_is_assumed) and not short),
            plainly=phrase(
                f"{training(descent)} in {coverage(descent)}",
                helps,
            ),
            evidence={
                "measured": descent.configured.final.median,
                "limit": descent.trivial_loss,
                "best_of_all_tried": cure_in_words(best) if best is not None else None,
                "progress_of_the_best": best.reach if best is not None else None,
                **longer,
            },
        )


def severity_of(descent: Descent | None) -> Severity:
    """An error where the whole plan was run and half of the seeds fail; less was seen of any other run."""
    is_error = descent is not None and _is_whole(descent) and fails(descent)
    return Severity.ERROR if is_error else Severity.WARNING


def _is_whole(descent: Descent) -> bool:
    """The person's own plan was run to its end."""
    return descent.configured.steps[-1] >= descent.planned_steps and not descent.plan_is_assumed


def of_a_longer_plan(case: RuleContext) -> dict[str, Plain]:
    """Evidence: whether the plan may be too short for whatever was tried, and the rate that got furthest within it.

    None where the model's own rate did as well.
    """
    rates = [cure for cure in tried(case) if cure.trial is None]
    best = max(rates, key=lambda cure: cure.reach, default=None)
    further = best is not None and best.reach > best.progress + FURTHER
    return {
        "plan_is_short": case.descent is not None and is_short_plan(case.descent) and cause(case) is None,
        "best_rate": best.run.learning_rate if best is not None and further else None,
    }


def _failing(descent: Descent) -> str:
    """` in 6 of 8 seeds`, where they fail."""
    return f" {of_seeds(stuck(descent))}" if fails(descent) else ""


def _tried_in_words(cure: Cure | None, best: Cure | None, *, whole: bool) -> str:
    """What helped, or the best of what did not; `whole`: as many steps were run as the training is to have."""
    if cure is not None:
        return f"the network learns if you {cure_in_words(cure)}"
    if best is None:
        return "neither a change of the model nor another rate was tried: the effort, or the network's size, forbids it"
    reason = "the data may hold nothing that this network can learn, or noise (dropout, tiny batches) may drown it"
    if not whole:
        reason = "so few steps may be too few for any"
    return f"the best change that was tried ({cure_in_words(best)}) {describe_progress(best.reach)}: {reason}"
