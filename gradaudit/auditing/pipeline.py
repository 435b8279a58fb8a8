"""The whole story: a model spec goes in, a report comes out.

ModelSpec → data → Network → Measurements → Findings → ModelReport. Each arrow is one function below or one room. Where
something is found, the way is walked again with one factor changed at a time: that tells the cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from gradaudit import datasets, probes
from gradaudit.auditing import experiments, recommend
from gradaudit.auditing.blas import one_thread
from gradaudit.auditing.judge import apply_rules, diagnose, judge_trials, needs_explanation, symptomatic, worst_by_rule
from gradaudit.auditing.options import configured_rules, resolve
from gradaudit.auditing.proofs import FixVerifier
from gradaudit.auditing.refusals import refuse_single_rows, refuse_too_large
from gradaudit.auditing.summary import facts, is_conclusive, model_of, summary, text_origin, versions
from gradaudit.auditing.suppress import silenced, unused
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.report import Failure, ModelReport, Settings, verdict
from gradaudit.domain.spec import ModelSpec
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.nn.network import build
from gradaudit.probes.budget import Budget
from gradaudit.rules import ALL, Rule

Progress: TypeAlias = Callable[[str, float], None]
"""The step that begins, and the share of the audit that is done."""


@dataclass(frozen=True)
class AuditContext:
    """On what terms a model, and every changed copy of it, is measured and judged."""

    settings: Settings
    rules: tuple[Rule, ...]
    data: Callable[[ModelSpec, int], tuple[ModelSpec, datasets.Dataset]]
    """Gives a spec its data, drawn with this seed where they are drawn."""
    crash: Callable[[str, Exception], None]
    allowed: probes.Allowance | None = None
    """What the effort pays for where the network is large."""

    def within_budget(self, spec: ModelSpec) -> AuditContext:
        """The context for a network of this size: with fewer seeds, samples and rows where it is large.

        Raises GradauditError for what cannot be audited.
        """
        complete, dataset = self.prepare(spec)
        allowed = probes.afford(complete, build(complete), len(dataset.X), self.settings)
        data = partial(_some, self.data, allowed.rows) if allowed.rows < len(dataset.X) else self.data
        return replace(self, settings=allowed.settings, data=data, allowed=allowed)

    def prepare(self, spec: ModelSpec) -> tuple[ModelSpec, datasets.Dataset]:
        """The complete spec and its data. Raises GradauditError where they do not fit."""
        return self.data(spec, self.settings.seed)

    @property
    def needs(self) -> frozenset[str]:
        """The probes that the rules read."""
        return frozenset(need for rule in self.rules for need in rule.needs)

    def judge(self, case: RuleContext) -> dict[str, Severity]:
        """The rules that find something on a changed model, and how bad that is."""
        return worst_by_rule(apply_rules(case, symptomatic(self.rules), self.crash))


@dataclass(frozen=True)
class Examined:
    """A model measured once and judged by itself, before anything is changed."""

    subject: probes.ProbeContext
    dataset: datasets.Dataset
    case: RuleContext
    findings: tuple[Finding, ...]

    @property
    def is_healthy(self) -> bool:
        """Nothing is found, and the run does not fail unexplained."""
        return not needs_explanation(self.case, self.findings)


@dataclass(frozen=True)
class Audited:
    """A model's report, and what broke on the way to it."""

    report: ModelReport
    case: RuleContext
    """What was measured, trials included: `judge.diagnose` judges it again under other thresholds."""
    context: AuditContext = field(compare=False)
    verifier: FixVerifier = field(compare=False)
    """What was tried of the fixes."""
    failures: tuple[Failure, ...] = ()


def _some(
    data: Callable[[ModelSpec, int], tuple[ModelSpec, datasets.Dataset]], rows: int, spec: ModelSpec, seed: int
) -> tuple[ModelSpec, datasets.Dataset]:
    """The complete spec and at most so many rows of its data."""
    complete, dataset = data(spec, seed)
    return complete, dataset.some(rows, seed)


def _silent(label: str, share: float) -> None:
    """Progress that nobody watches."""


def audit(
    spec: ModelSpec,
    options: AuditOptions = AuditOptions(),
    defaults: AuditOptions = AuditOptions(),
    *,
    X: object = None,
    y: object = None,
    needs: frozenset[str] = frozenset(),
    progress: Progress | None = None,
) -> Audited:
    """Audit one model: `options` (the command line) go above the spec's own, `defaults` below.

    X and y, arrays or data frames, replace the spec's data. `needs` are probes that a format wants to draw from,
    beside those that the rules read. Raises GradauditError for what cannot be audited.
    """
    resolved, failures, show = resolve(options, spec.audit, defaults), list[Failure](), progress or _silent
    settings, crash = Settings(*resolved.measured), _recorder(spec, failures)
    context = AuditContext(settings, configured_rules(ALL, resolved, spec), partial(datasets.prepare, X=X, y=y), crash)
    with one_thread():
        context = context.within_budget(spec)
        seen = examine(spec, context, needs, show)
        case = with_trials(seen, context, show)
        findings = silenced(diagnose(case, context.rules, crash), case.spec)
        verifier = FixVerifier(
            case, worst_by_rule(findings), context.settings, context.needs, context.prepare, context.judge
        )
        if findings:
            show("fixes", 0.95)
        findings = tuple(recommend.with_fixes(finding, verifier) for finding in findings)
    if not failures:  # a rule that broke may have had something to silence
        known = tuple(rule.name for rule in ALL)
        findings += tuple(unused(findings, case.spec, tuple(rule.name for rule in context.rules), known))
    return Audited(_report(seen, case, context, findings), case, context, verifier, tuple(failures))


def _report(seen: Examined, case: RuleContext, context: AuditContext, findings: tuple[Finding, ...]) -> ModelReport:
    """What is told of the model: what it is, what was found, what was measured and how."""
    checked, run = tuple(rule.name for rule in context.rules), case.descent
    network, data = seen.subject.network, seen.dataset
    return ModelReport(
        model=model_of(case.spec, network, facts(case.spec, network, data.description)),
        settings=replace(context.settings, reservations=_reservations(seen, context)),
        verdict=verdict(findings),
        summary=summary(findings, case.measurements, layers=len(case.weighted), stand_in=data.stand_in),
        findings=findings,
        measurements=case.measurements,
        versions=versions(),
        origin=text_origin(case.spec),
        rules=checked,
        unchecked=tuple(rule.name for rule in ALL if rule.name not in checked),
        conclusive=is_conclusive(findings, case.measurements),
        covered=None if run is None else run.configured.steps[-1],
        planned=None if run is None else run.planned_steps,
    )


def examine(
    spec: ModelSpec,
    context: AuditContext,
    needs: frozenset[str] = frozenset(),
    progress: Progress = _silent,
    budget: Budget | None = None,
) -> Examined:
    """Measure a model and judge it by the rules that need no changed copies of it; `budget` is the effort's where None.

    Raises GradauditError for what cannot be audited.
    """
    complete, dataset = context.prepare(spec)
    subject = _subject(complete, dataset, context.settings)
    if budget is not None:
        subject.budget = budget
    if context.allowed is not None:
        subject.budget = subject.budget.within(context.allowed.budget)
    measured = probes.measure(subject, context.needs | needs, progress, context.crash)
    case = RuleContext(complete, subject.network.rows, measured)
    return Examined(subject, dataset, case, diagnose(case, symptomatic(context.rules), context.crash))


def _reservations(seen: Examined, context: AuditContext) -> tuple[str, ...]:
    """Sentences: what was measured on less, or on something else, than a reader would think."""
    cuts = context.allowed.cuts if context.allowed is not None else ()
    return *cuts, *probes.reservations(seen.subject, seen.case.measurements, seen.dataset.stand_in)


def with_trials(seen: Examined, context: AuditContext, progress: Progress = _silent) -> RuleContext:
    """The case with every factor that may explain what is wrong with it changed alone, measured and judged."""
    if seen.is_healthy or (context.allowed is not None and not context.allowed.trials):
        return seen.case
    progress("causes", 0.9)
    try:
        found = experiments.run(seen.case, seen.findings, context.settings, context.needs, context.prepare)
    except probes.FAULTS as error:
        context.crash("trials", error)
        return seen.case
    return judge_trials(replace(seen.case, trials=found), context.rules, context.crash)


def _subject(spec: ModelSpec, dataset: datasets.Dataset, settings: Settings) -> probes.ProbeContext:
    """The network with its data and starting weights, once its size is known to fit."""
    network = build(spec)
    refuse_too_large(spec, network, settings)
    refuse_single_rows(spec, network, len(dataset.X), settings.samples)
    subject = probes.ProbeContext(spec, network, dataset.X, dataset.T, settings, rows_in_all=dataset.rows_in_all)
    subject.weights.update(probes.starting_weights(subject))
    return subject


def _recorder(spec: ModelSpec, failures: list[Failure]) -> Callable[[str, Exception], None]:
    """Turns a crash of a probe or rule into one entry of the report's errors, however often it breaks."""
    broken: set[str] = set()

    def record(name: str, error: Exception) -> None:
        if name in broken:
            return
        broken.add(name)
        message = f"{name} broke: {type(error).__name__}: {error}"
        failures.append(Failure(spec.source or spec.name, message, internal=True))

    return record
