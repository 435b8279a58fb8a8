"""From measurements to findings: a pure function of what was measured and of the rules with their thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gradaudit.finding import Finding, Severity
from gradaudit.measurement import Measurements, Stage
from gradaudit.rules import Case, Rule
from gradaudit.rules.counterfactual import bias_at_fault, explained
from gradaudit.rules.harm import fails
from gradaudit.rules.plateau import Plateau, unexplained

Crash = Callable[[str, Exception], None]


def symptomatic(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules that judge a model by itself; the others ask what a change of it does."""
    return tuple(rule for rule in rules if "trials" not in rule.needs)


def troubled(case: Case, findings: tuple[Finding, ...]) -> bool:
    """Something was found, or the run fails without any rule knowing why."""
    return any(finding.severity >= Severity.WARNING for finding in findings) or fails(case.measurements.descent)


def diagnose(case: Case, rules: tuple[Rule, ...], crash: Crash) -> tuple[Finding, ...]:
    """Every rule's findings on the model, worst first, with what its judged trials say of their causes.

    A rule that breaks is told to `crash`; the others go on.
    """
    found = judged(case, rules, crash)
    if any(rule.name == Plateau.name for rule in rules) and not counted(found):
        found += tuple(unexplained(case))
    return tuple(_with_cause(case, finding) for finding in found)


def judge_trials(case: Case, rules: tuple[Rule, ...], crash: Crash) -> Case:
    """The case with every trial judged, by the rules that need no trials themselves."""
    symptoms = symptomatic(rules)
    trials = (replace(trial, found=counted(judged(trial.case, symptoms, crash))) for trial in case.trials)
    return replace(case, trials=tuple(trials))


def judged(case: Case, rules: tuple[Rule, ...], crash: Crash) -> tuple[Finding, ...]:
    """The findings of these rules, worst first; each sees only what it declared."""
    found: list[Finding] = []
    for rule in rules:
        try:
            found += list(rule.judge(_narrowed(case, rule.needs)))
        except Exception as error:  # noqa: BLE001 - a rule may break in any way, and the audit must go on
            crash(rule.name, error)
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def counted(findings: Iterable[Finding]) -> dict[str, Severity]:
    """The rules with a warning or an error, and the worst of each."""
    worst: dict[str, Severity] = {}
    for finding in findings:
        if finding.severity >= Severity.WARNING:
            worst[finding.rule] = max(finding.severity, worst.get(finding.rule, Severity.WARNING))
    return worst


def _with_cause(case: Case, finding: Finding) -> Finding:
    sentence, evidence = explained(case, finding)
    if not sentence:
        return finding
    path = bias_at_fault(case, finding) or finding.path
    evidence = {**finding.evidence, **evidence}
    return replace(finding, cause=f"{finding.cause}; {sentence}", evidence=evidence, path=path)


def _narrowed(case: Case, needs: tuple[str, ...]) -> Case:
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
