"""The whole story: a model spec goes in, a report comes out.

ModelSpec → data → Network → Measurements → Findings → ModelReport. Each arrow is one function below or one room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from threadpoolctl import threadpool_limits

from gradaudit import datasets, probes, remedies
from gradaudit.errors import InputError, Problem, SpecError
from gradaudit.finding import Finding, Fix
from gradaudit.measurement import Measurements, Stage
from gradaudit.nn.network import Network, build
from gradaudit.outline import facts, model_of, summary, versions
from gradaudit.report import Failure, ModelReport, Settings, verdict
from gradaudit.rules import ALL, Case, Rule
from gradaudit.settings import configured_rules, resolve
from gradaudit.spec import AuditOptions, ModelSpec

PROBES = ("signal", "units", "curvature", "descent", "prediction")
"""What a report may draw from; critical points are dear and only their rule asks for them."""
MOST_FIXES = 3
"""Fixes shown for one finding: the least surprising ones."""


@dataclass(frozen=True)
class Audited:
    """A model's report, and what broke on the way to it."""

    report: ModelReport
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
    settings, rules = Settings(*resolved.measured), configured_rules(ALL, resolved)
    complete, dataset = datasets.prepare(spec, settings.seed, X, y)
    network = build(complete)
    _refuse_too_large(complete, network, settings)
    _refuse_single_rows(complete, network, len(dataset.X), settings.samples)
    failures: list[Failure] = []
    subject = probes.Subject(complete, network, dataset.X, dataset.T, settings)
    subject.weights.update(probes.starting_weights(subject))
    wanted = frozenset(need for rule in rules for need in rule.needs) | needs
    with threadpool_limits(1):  # sums of one and of two threads differ in their last bits
        measured = probes.measure(subject, wanted, progress or _silent, _recorder(spec, failures))
    case = Case(complete, network.rows, measured)
    findings = _located(complete, network, _judge(case, rules, failures, spec))
    report = ModelReport(
        model=model_of(complete, network, facts(complete, network, dataset.description)),
        settings=replace(settings, stand_ins=probes.stand_ins(subject, measured, dataset.stand_in)),
        verdict=verdict(findings),
        summary=summary(findings, measured),
        findings=findings,
        measurements=measured,
        versions=versions(),
    )
    return Audited(report, tuple(failures))


def _recorder(spec: ModelSpec, failures: list[Failure]) -> Callable[[str, Exception], None]:
    """Turns a crash of a probe or rule into an entry of the report's errors."""

    def record(name: str, error: Exception) -> None:
        message = f"{name} broke: {type(error).__name__}: {error}"
        failures.append(Failure(spec.source or spec.name, message, internal=True))

    return record


def _judge(case: Case, rules: tuple[Rule, ...], failures: list[Failure], spec: ModelSpec) -> tuple[Finding, ...]:
    """Every rule's findings, worst first; a rule that breaks is one failure and the others go on."""
    crash, found = _recorder(spec, failures), []
    for rule in rules:
        try:
            found += list(rule.judge(replace(case, measurements=_narrowed(case.measurements, rule.needs))))
        except Exception as error:  # noqa: BLE001 - a rule may break in any way, and the audit must go on
            crash(rule.name, error)
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def _narrowed(measured: Measurements, needs: tuple[str, ...]) -> Measurements:
    """Only what a rule declared: a hidden dependency would find nothing."""

    def narrow(stage: Stage) -> Stage:
        return Stage(
            signal=stage.signal if "signal" in needs else None,
            units=stage.units if "units" in needs else None,
            curvature=stage.curvature if "curvature" in needs else None,
            learning_rate=stage.learning_rate if "curvature" in needs else None,
            critical_point=stage.critical_point if "critical_point" in needs else None,
        )

    return Measurements(
        stages={name: narrow(stage) for name, stage in measured.stages.items()},
        descent=measured.descent if "descent" in needs else None,
        prediction=measured.prediction if "signal" in needs else None,
    )


def _located(spec: ModelSpec, network: Network, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings with the line that their spec path stands on, and with the fixes that remedies propose."""

    def complete(finding: Finding) -> Finding:
        fixes = tuple(_first(remedies.propose(spec, network.dense, finding)))
        return replace(finding, location=spec.locate(finding.path), fixes=fixes)

    return tuple(complete(finding) for finding in findings)


def _first(fixes: Iterator[Fix]) -> Iterator[Fix]:
    for count, fix in enumerate(fixes):
        if count == MOST_FIXES:
            return
        yield fix


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
    """Refuse a model whose arrays for a single seed would not fit, before any of them is made."""
    needed = probes.bytes_for(network, settings)
    if needed > probes.MOST_BYTES:
        raise InputError(
            f"{spec.source or spec.name}: auditing this model would take {needed / 1e9:.0f} GB of memory for one seed "
            f"({network.layout.size:,} parameters); the most allowed is {probes.MOST_BYTES / 1e9:.0f} GB. "
            "Use narrower layers, or fewer rows with audit.samples"
        )
