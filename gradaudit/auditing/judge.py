"""From measurements to findings: a pure function of what was measured and of the rules with their thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements, Stage
from gradaudit.evidence.cause import cause, is_more_than_the_rate
from gradaudit.evidence.cures import (
    RATE,
    REGRET,
    SLOW_WITH_SYMPTOM,
    Cure,
    changed_by,
    cure_in_words,
    cures,
    is_crippled,
    is_harmed,
    slow_limit,
)
from gradaudit.evidence.effects import bias_at_fault, explained
from gradaudit.evidence.learning_outcome import LEARNS_WELL, expected_progress, fails, is_scattered
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.short_runs import is_begun
from gradaudit.evidence.through_time import OWN
from gradaudit.rules import Rule

Crash = Callable[[str, Exception], None]

OPTIMIZER = "optimizer"
"""The factor that another optimizer changes."""


def symptomatic(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules that judge a model by itself; the others ask what a change of it does."""
    return tuple(rule for rule in rules if "trials" not in rule.needs)


def needs_explanation(case: RuleContext, findings: tuple[Finding, ...]) -> bool:
    """Something was found, or the run fails, learns little, or depends on the seed without any rule knowing why."""
    descent = case.descent
    if any(finding.severity >= Severity.WARNING for finding in findings) or fails(descent):
        return True
    if descent is None or not descent.trivial_loss > 0:
        return False
    return expected_progress(case.descent) < slow_limit(case) or is_scattered(descent)


def diagnose(case: RuleContext, rules: tuple[Rule, ...], crash: Crash) -> tuple[Finding, ...]:
    """Every rule's findings on the model, the cause first, with what its judged trials say of each.

    A rule that breaks is told to `crash`; the others go on.
    """
    explaining, of = tuple(rule for rule in rules if not rule.is_last_resort), {rule.name: rule for rule in rules}
    judgements = apply_rules(case, explaining, crash)
    weighed = [_weighed(case, finding) if of[finding.rule].weighed else finding for finding in judgements]
    found = tuple(finding for finding in weighed if finding is not None)
    found += _compared(case, explaining, worst_by_rule(found), crash)
    light = (finding for finding, kept in zip(judgements, weighed, strict=True) if kept is None)
    found += tuple(finding for finding in light if _goes_with(case, finding, worst_by_rule(found), of))
    if not worst_by_rule(found):
        found += apply_rules(case, tuple(rule for rule in rules if rule.is_last_resort), crash)
    found = tuple(_capped(case, _raised(case, finding, found)) for finding in found)
    first = cause(case)
    explained = (_with_cause(case, _cleared(case, f, of[f.rule].blames, first), of[f.rule]) for f in found)
    ranked = sorted(explained, key=lambda f: (-f.severity, _standing(f, of[f.rule].blames, first)))
    return _grouped(ranked, first) if ranked else ()


def _compared(
    case: RuleContext, rules: tuple[Rule, ...], known: Mapping[str, Severity], crash: Crash
) -> tuple[Finding, ...]:
    """What shows only beside the smallest change that cures a model that fails or is slow."""
    first = cause(case)
    trial = first.trial if first is not None else None
    if first is None or trial is None or not is_harmed(case, first, slow_limit(case)):
        return ()
    silent = tuple(rule for rule in rules if rule.name not in known)
    return _found_by(silent, lambda rule: rule.judge_beside(case, trial), crash)


def _weighed(case: RuleContext, finding: Finding) -> Finding | None:
    """The finding, unless it is a symptom without harm: the run learns, and nothing that was tried gets much further.

    Where nothing could be run, the symptom stands; what a run shows that has hardly begun does not.
    """
    descent = case.descent
    if descent is not None and finding.stage == "trained" and not is_begun(descent) and not cures(case):
        return None
    if (
        finding.severity is not Severity.WARNING
        or fails(descent)
        or not any(changed_by(case, trial) for trial in case.trials)
    ):
        return finding
    healing = [cure for cure in cures(case) if cure.regret >= REGRET and is_more_than_the_rate(case, cure)]
    gone = [cure for cure in healing if _lacks(cure, finding.rule)]
    if not gone or expected_progress(case.descent) >= SLOW_WITH_SYMPTOM:
        return None
    crippled = any(is_crippled(case, cure) for cure in gone if RATE not in cure.factors)
    return replace(finding, severity=Severity.ERROR) if crippled else finding


def _goes_with(case: RuleContext, symptom: Finding, harms: Iterable[str], of: Mapping[str, Rule]) -> bool:
    """By itself no harm, but what cures a rule's finding takes it away as well: to be read beneath that."""
    healing = [cure for cure in cures(case) if cure.regret >= REGRET and _lacks(cure, symptom.rule)]
    blamed = [of[rule].blames for rule in harms]
    return symptom.severity is Severity.WARNING and any(
        set(blames) & set(cure.factors) for cure in healing for blames in blamed
    )


def _raised(case: RuleContext, finding: Finding, found: tuple[Finding, ...]) -> Finding:
    """An error where the whole plan was run and half of the seeds fail, whichever rule speaks; the worst one does."""
    descent = case.descent
    if descent is None or descent.plan_is_assumed or descent.configured.steps[-1] < descent.planned_steps:
        return finding
    worst = max(found, key=lambda each: each.severity)
    is_spokesman = finding is worst and finding.severity is Severity.WARNING
    return replace(finding, severity=Severity.ERROR) if is_spokesman and fails(descent) else finding


def _capped(case: RuleContext, finding: Finding) -> Finding:
    """What rests on an optimizer that the source does not name is at most a warning, where another one learns."""
    if "optimizer" not in case.spec.assumed or finding.severity is not Severity.ERROR:
        return finding
    another = [cure for cure in cures(case) if set(cure.factors) <= {RATE, OPTIMIZER}]
    if not another:
        return finding
    best = max(another, key=lambda cure: cure.reach)
    note = f"the optimizer is assumed; the network learns if you {cure_in_words(best)}"
    severity = Severity.INFO if best.reach >= LEARNS_WELL else Severity.WARNING
    return replace(finding, severity=severity, cause=f"{finding.cause}; {note}")


def _cleared(case: RuleContext, finding: Finding, blames: tuple[str, ...], first: Cure | None) -> Finding:
    """The finding with the change that takes it away: the smallest cure where it does, else the best that does."""
    if finding.severity < Severity.WARNING or finding.stage == "fitted":
        return finding
    clearing = [cure for cure in cures(case) if _takes_away(cure, finding.rule, blames)]
    best = first if first in clearing else max(clearing, key=lambda cure: cure.reach, default=None)
    return finding if best is None else replace(finding, cleared_by=best.factors, regret=best.regret)


def _takes_away(cure: Cure, rule: str, blames: tuple[str, ...]) -> bool:
    """A rule that names a factor is answered by that factor; a symptom, by what it is not found with any more."""
    if blames:
        return bool(set(blames) & set(cure.factors))
    return cure.trial is None or rule not in cure.trial.found


def _lacks(cure: Cure, rule: str) -> bool:
    """The changed model was looked at, and the rule does not find anything there."""
    return cure.trial is not None and rule not in cure.trial.found


def _grouped(found: Sequence[Finding], first: Cure | None) -> tuple[Finding, ...]:
    """The findings, each that the first one's cure takes away as well marked as its symptom.

    A rule that blames a factor is answered by that one, and is a symptom too where it finds nothing beside the cure.
    """
    head, *others = found
    shared = (bool(head.cleared_by) and _is_shared(head, f, first) for f in others)
    return (head, *(replace(f, symptom_of=head.rule) if same else f for f, same in zip(others, shared, strict=True)))


def _is_shared(head: Finding, finding: Finding, first: Cure | None) -> bool:
    if finding.cleared_by == head.cleared_by:
        return True
    is_gone = first is not None and first.factors == head.cleared_by and _lacks(first, finding.rule)
    return is_gone and set(head.cleared_by) < set(finding.cleared_by)


def _standing(finding: Finding, blames: tuple[str, ...], first: Cure | None) -> int:
    """What names the cause goes before others that name a cause, those before symptoms.

    A vanishing or exploding gradient names it where it was told by the change of how far back in time it reaches.
    """
    if first is not None and (first.factors[0] in blames or (first.factors[0] in OWN and finding.is_through_time)):
        return 0
    return 1 if blames else 2


def judge_trials(case: RuleContext, rules: tuple[Rule, ...], crash: Crash) -> RuleContext:
    """The case with every trial judged, by the rules that need no trials themselves."""
    symptoms = symptomatic(rules)
    trials = (replace(trial, found=worst_by_rule(apply_rules(trial.case, symptoms, crash))) for trial in case.trials)
    return replace(case, trials=tuple(trials))


def apply_rules(case: RuleContext, rules: tuple[Rule, ...], crash: Crash) -> tuple[Finding, ...]:
    """The findings of these rules, worst first; each sees only what it declared."""
    found = _found_by(rules, lambda rule: rule.judge(_narrowed(case, rule.needs)), crash)
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def _found_by(rules: tuple[Rule, ...], ask: Callable[[Rule], Iterable[Finding]], crash: Crash) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for rule in rules:
        try:
            found += list(ask(rule))
        except Exception as error:  # noqa: BLE001 - a rule may break in any way, and the audit must go on
            crash(rule.name, error)
    return tuple(found)


def worst_by_rule(findings: Iterable[Finding]) -> dict[str, Severity]:
    """The rules with a warning or an error, and the worst of each."""
    worst: dict[str, Severity] = {}
    for finding in findings:
        if finding.severity >= Severity.WARNING:
            worst[finding.rule] = max(finding.severity, worst.get(finding.rule, Severity.WARNING))
    return worst


def _with_cause(case: RuleContext, finding: Finding, rule: Rule) -> Finding:
    """The finding with what was tried; that nothing helps, the last resort has said itself."""
    sentence, evidence = explained(case, finding)
    if not evidence:
        return finding
    path = bias_at_fault(case, finding) or finding.path
    evidence = {**finding.evidence, **evidence}
    cause = f"{finding.cause}; {sentence}" if sentence and not rule.is_last_resort else finding.cause
    return replace(finding, cause=cause, evidence=evidence, path=path)


def _narrowed(case: RuleContext, needs: tuple[str, ...]) -> RuleContext:
    """Only what a rule declared: a hidden dependency would find nothing."""
    measured = case.measurements

    def narrow(stage: Stage) -> Stage:
        return Stage(
            signal=stage.signal if "signal" in needs else None,
            units=stage.units if "units" in needs else None,
            curvature=stage.curvature if "curvature" in needs else None,
            learning_rate=stage.learning_rate if "curvature" in needs else None,
            critical_point=stage.critical_point if "critical_point" in needs else None,
        )

    seen = Measurements(
        stages={name: narrow(stage) for name, stage in measured.stages.items()},
        data=measured.data if "data" in needs else None,
        descent=measured.descent if "descent" in needs else None,
        prediction=measured.prediction if "signal" in needs else None,
    )
    return replace(case, measurements=seen, trials=case.trials if "trials" in needs else ())
