"""What one change does: which trials clear a finding, and with which numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Plain
from gradaudit.evidence.cause import cure_by
from gradaudit.evidence.cures import RATE, Cure, calmed_by, changed_by, cures, is_crippled, is_harmed
from gradaudit.evidence.learning_outcome import (
    ALMOST_NOTHING,
    LEARNS,
    count_seeds,
    describe_cured,
    describe_progress,
    expected_progress,
    fails,
    forecast,
    learns_little,
    median_progress,
    progress_at_end,
    share,
)
from gradaudit.evidence.plain_words import describe_own
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.through_time import longest, shortest
from gradaudit.text.numbers import number

BESIDE = {"standardised-inputs": "standardised inputs", "standardised-targets": "standardised targets"}
"""What is changed beside a factor, in words where `another …` would not do."""
NAMED = 3
"""Changes whose numbers are evidence, the least surprising first."""


@dataclass(frozen=True)
class Healed:
    """A change that makes a run learn which learnt badly: how bad that was, and what the change does."""

    cure: Cure
    severity: Severity
    own: str
    """`brings the loss to 71% of the constant-prediction baseline`: what the run does as it is."""
    own_plainly: str
    """The same in a plain sentence."""
    evidence: dict[str, Plain]
    """Progress as it is and with the change, and in how many paired seeds that is better."""
    together: str
    """` (and a learning rate of 0.001 as well)`: what else is changed with the factor; empty where that alone cures."""
    does: str
    """What the changed model does, without a number: the fix has that of the proof, and a short run need not learn."""


def healed(case: RuleContext, factor: str) -> Healed | None:
    """What changing this factor does for a model that fails (error) or is slow (warning); None where it cures nothing.

    Where the factor cures only together with another one, or with another rate, that is in the sentence.
    """
    cure = cure_by(case, factor)
    if cure is None or not is_harmed(case, cure):
        cure = calmed_by(case, factor)
    if cure is None:
        return None
    own, after = fails(case.descent), cure.reach
    before = expected_progress(case.descent) if cure.helps else cure.progress
    return Healed(
        cure,
        Severity.ERROR if own or is_crippled(case, cure) else Severity.WARNING,
        describe_progress(before),
        describe_own(before),
        {
            "progress": before if isfinite(before) else None,
            "progress_after": after,
            **count_seeds("seeds_better", cure.better),
        },
        _together(cure, factor),
        describe_cured(before) if cure.helps else "does not diverge",
    )


def _together(cure: Cure, factor: str) -> str:
    """` and standardised targets and a learning rate of 0.001`: what is changed beside the factor."""
    parts = [BESIDE.get(name, f"another {name}") for name in cure.factors if name not in (factor, RATE)]
    if RATE in cure.factors:
        parts.append(f"a learning rate of {number(cure.run.learning_rate)}")
    return "".join(f" and {part}" for part in parts)


def clears(case: RuleContext, trial: Counterfactual, finding: Finding) -> bool:
    """The rule finds nothing on the changed model and its run does not fail; of a slow model it must help.

    Where the changed model was not run, only what shows before a run can be seen to be gone.
    """
    if finding.rule in trial.found:
        return False
    before, after = case.descent, trial.case.descent
    if before is None or after is None:
        return before is None or (finding.rule in BEFORE_THE_RUN and finding.stage != "trained")
    cure = changed_by(case, trial)
    helps = cure is not None and cure.helps
    return helps if learns_little(before) else not fails(after)


def better_seeds(case: RuleContext, changed: RuleContext) -> tuple[bool, ...]:
    """Per paired seed: the changed model's run takes more away."""
    if case.descent is None or changed.descent is None:
        return ()
    own, after = _forecast(case), _forecast(changed)
    if case.spec.weights is not None and len(own) == 1:  # given weights have one run, whatever the seed
        own *= len(after)
    return tuple(b > a for a, b in zip(own, after, strict=False))


def explained(case: RuleContext, finding: Finding) -> tuple[str, dict[str, Plain]]:
    """A sentence where no change fixes the finding, and what each does as evidence; empty where nothing was tried."""
    if not case.trials or finding.severity < Severity.WARNING:
        return "", {}
    causes = [trial for trial in case.trials if clears(case, trial, finding)]
    tried = "; ".join(trial.fix.title for trial in case.trials)
    if not causes:
        is_helped = finding.cleared_by or any(cure.trial is None for cure in cures(case))
        return "" if is_helped else "no single change that was tried fixes it", {"tried": tried}
    causes.sort(key=lambda trial: len(trial.kinds))
    said: dict[str, Plain] = {trial.fix.title: _numbers(trial.case, finding.rule) for trial in causes[:NAMED]}
    return "", {"tried": tried, "with_changes": said}


def _numbers(case: RuleContext, rule: str) -> dict[str, Plain]:
    """The symptom and the run's progress with one change, as far as they are known."""
    found = {
        "symptom": symptom(case, rule),
        "progress": expected_progress(case.descent) if case.descent else None,
    }
    return {key: value for key, value in found.items() if value is not None and isfinite(value)}


def bias_at_fault(case: RuleContext, finding: Finding) -> str | None:
    """The spec path of the biases where zero biases clear the finding and another initializer does not."""
    cures = {trial.kinds: trial for trial in case.trials if clears(case, trial, finding)}
    by_bias = cures.get(("bias",))
    return by_bias.fix.changes[0].path if by_bias is not None and ("initializer",) not in cures else None


def _forecast(case: RuleContext) -> tuple[float, ...]:
    run = case.descent
    return () if run is None else forecast(run.configured, run.planned_steps)


SYMPTOMS = {
    "vanishing-gradient": "ratio",
    "exploding-gradient": "ratio",
    "dead-units": "dead share",
    "saturated-units": "saturated share",
}
"""Rules whose symptom is one number of the first pass, and what to call it."""


def symptom(case: RuleContext, rule: str) -> float | None:
    """The number that a rule judges, in the median, on the model's first pass; None where it has no such number."""
    stage = case.first_stage
    if stage is None or rule not in SYMPTOMS:
        return None
    if SYMPTOMS[rule] == "ratio" and (worst := (longest if "exploding" in rule else shortest)(stage.signal)):
        return worst.size
    if SYMPTOMS[rule] == "ratio":
        return None if stage.signal is None else stage.signal.error_signal_norm_ratio.median
    field = "dead_fraction" if rule == "dead-units" else "saturated_fraction"
    columns: list[PerSeed | None] = [getattr(layer, field) for layer in stage.unit_layers]
    return max((c.median for c in columns if c is not None and c.median is not None), default=None)


BEFORE_THE_RUN = frozenset({*SYMPTOMS, "representation-collapse", "symmetric-units", "non-finite-values"})
"""Rules whose trouble shows in the first pass: it may be gone although the run does not learn yet."""

OF_THE_RUN = ("progress", "loss_after", "seeds_that_learn")
"""The numbers that depend on how long a run was."""


def numbers_of(case: RuleContext) -> dict[str, float]:
    """What a table of before and after shows of one model, in the median over seeds."""
    stage = case.first_stage
    signal = stage.signal if stage is not None else None
    run = case.descent
    found = {
        "error_signal_ratio": signal.error_signal_ratio.median if signal else None,
        "error_signal_norm_ratio": signal.error_signal_norm_ratio.median if signal else None,
        "time_ratio": worst.size if (worst := shortest(signal)) and isfinite(worst.size) else None,
        "dead_fraction": symptom(case, "dead-units"),
        "saturated_fraction": symptom(case, "saturated-units"),
        "stable_limit": _stable_limit(stage),
        "progress": expected_progress(case.descent)
        if run is not None and isfinite(expected_progress(case.descent))
        else None,
        "loss_after": run.configured.final.median if run is not None else None,
        "seeds_that_learn": learning_seeds(case) if run is not None else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def numbers_with(case: RuleContext) -> dict[str, float]:
    """The same of a changed model: what its run took away as it was measured, not carried on to the plan's end."""
    found, run = numbers_of(case), case.descent
    reached = median_progress(progress_at_end(run.configured)) if run is not None else inf
    return {**found, "progress": reached} if isfinite(reached) else {k: v for k, v in found.items() if k != "progress"}


def _stable_limit(stage: Stage | None) -> float | None:
    rate = None if stage is None else stage.learning_rate
    return None if rate is None or rate.stable_limit is None else rate.stable_limit.median


def learning_seeds(case: RuleContext) -> float:
    """The share of seeds whose run learns by the end of the plan."""
    return share(tuple(isfinite(p) and p >= ALMOST_NOTHING for p in _forecast(case)))


SEEDS_THAT_MUST = 0.8
"""Share of the seeds that must learn for a change to be recommended: four of five."""


def learns(case: RuleContext) -> bool:
    """The run learns in most of its seeds: what is recommended must."""
    run = case.descent
    return run is not None and share(tuple(p >= LEARNS for p in progress_at_end(run.configured))) >= SEEDS_THAT_MUST
