"""The whole story: a model spec goes in, a report comes out.

ModelSpec → data → Network → Measurements → Findings → ModelReport. Each arrow is one function below or one room. Where
something is found, the way is walked again with one factor changed at a time: that tells the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from threadpoolctl import threadpool_limits

from gradaudit import datasets, probes, remedies, trials
from gradaudit.diagnosis import diagnose, judge_trials, symptomatic, troubled
from gradaudit.errors import InputError, Problem, SpecError
from gradaudit.finding import Finding, Fix
from gradaudit.nn.network import Network, build
from gradaudit.outline import facts, model_of, summary, versions
from gradaudit.report import Failure, ModelReport, Settings, verdict
from gradaudit.rules import ALL, Case
from gradaudit.settings import configured_rules, resolve
from gradaudit.spec import AuditOptions, ModelSpec

PROBES = ("data", "signal", "units", "curvature", "descent", "prediction")
"""What a report may draw from; critical points are dear and only their rule asks for them."""
MOST_FIXES = 3
"""Fixes shown for one finding."""
IN_VAIN = 3
"""The merit of a fix that was tried and does not help."""


@dataclass(frozen=True)
class Audited:
    """A model's report, and what broke on the way to it."""

    report: ModelReport
    case: Case
    """What was measured, trials included: `diagnosis.diagnose` judges it again under other thresholds."""
    failures: tuple[Failure, ...] = ()


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
    progress: Callable[[str, float], None] | None = None,
) -> Audited:
    """Audit one model: `options` (the command line) go above the spec's own, `defaults` below.

    X and y, arrays or data frames, replace the spec's data. `needs` are probes that a format wants to draw from,
    beside those that the rules read. Raises GradauditError for what cannot be audited.
    """
    resolved = resolve(options, spec.audit, defaults)
    settings, rules = Settings(*resolved.measured), configured_rules(ALL, resolved, spec)
    failures: list[Failure] = []
    crash = _recorder(spec, failures)
    prepare = partial(datasets.prepare, seed=settings.seed, X=X, y=y)
    complete, dataset = prepare(spec)
    subject = _subject(complete, dataset, settings)
    wanted = frozenset(need for rule in rules for need in rule.needs)
    with threadpool_limits(1):  # sums of one and of two threads differ in their last bits
        measured = probes.measure(subject, wanted | needs, progress or _silent, crash)
        case = Case(complete, subject.network.rows, measured)
        first = diagnose(case, symptomatic(rules), crash)
        if troubled(case, first):
            (progress or _silent)("causes", 0.9)
            try:
                case = replace(case, trials=trials.run(case, first, settings, wanted, prepare))
            except probes.FAULTS as error:
                crash("trials", error)
    case = judge_trials(case, rules, crash)
    findings = _located(case, diagnose(case, rules, crash), prepare)
    report = ModelReport(
        model=model_of(complete, subject.network, facts(complete, subject.network, dataset.description)),
        settings=replace(settings, stand_ins=probes.stand_ins(subject, measured, dataset.stand_in)),
        verdict=verdict(findings),
        summary=summary(findings, measured, stand_in=dataset.stand_in),
        findings=findings,
        measurements=measured,
        versions=versions(),
    )
    return Audited(report, case, tuple(failures))


def _subject(spec: ModelSpec, dataset: datasets.Dataset, settings: Settings) -> probes.Subject:
    """The network with its data and starting weights, once its size is known to fit."""
    network = build(spec)
    _refuse_too_large(spec, network, settings)
    _refuse_single_rows(spec, network, len(dataset.X), settings.samples)
    subject = probes.Subject(spec, network, dataset.X, dataset.T, settings)
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


def _located(case: Case, findings: tuple[Finding, ...], prepare: trials.Prepare) -> tuple[Finding, ...]:
    """Findings with the line that their spec path stands on, and with the fixes that remedies propose."""
    found = frozenset(finding.rule for finding in findings)

    def complete(finding: Finding) -> Finding:
        proposed = remedies.propose(case.spec, case.dense, finding)
        possible = (fix for fix in proposed if trials.makes_a_model(case.spec, fix, prepare))
        fixes = best_fixes(trials.result(case, found, finding, fix) for fix in possible)
        return replace(finding, location=case.spec.locate(finding.path), fixes=fixes)

    return tuple(complete(finding) for finding in findings)


def best_fixes(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Those that were seen to help first, else the least surprising; one that was tried in vain only where all were."""
    ranked = sorted(fixes, key=lambda fix: fix.merit)
    helpful = [fix for fix in ranked if fix.merit < IN_VAIN]
    return tuple((helpful or ranked)[:MOST_FIXES])


def _refuse_single_rows(spec: ModelSpec, network: Network, rows: int, samples: int) -> None:
    """Refuse batch_norm over a batch of one row: its output would be the shift, whatever the input."""
    counts = {"data.samples": rows, "batch_size": spec.batch_size or rows, "audit.samples": samples}
    fewest = min(counts, key=lambda path: counts[path])
    batch = counts[fewest]
    norms = [row for row in network.rows if row.kind == "batch_norm"]
    if norms and batch < 2:
        message = f"{norms[0].path}: batch_norm over a batch of {batch} row has no variance; use batches of at least 2"
        raise SpecError(Problem(message, spec.locate(fewest if fewest in spec.lines else norms[0].path)))


def _refuse_too_large(spec: ModelSpec, network: Network, settings: Settings) -> None:
    """Refuse a model whose arrays would not fit, before any of them is made."""
    needed = probes.bytes_for(network, settings)
    if needed > probes.MOST_BYTES:
        raise InputError(
            f"{spec.source or spec.name}: auditing this model would take {needed / 1e9:.0f} GB of memory "
            f"({network.layout.size:,} parameters, {settings.seeds} seeds, {settings.samples} samples); the most "
            f"allowed is {probes.MOST_BYTES / 1e9:.0f} GB. Use fewer seeds (audit.seeds), fewer rows (audit.samples) "
            "or narrower layers"
        )
