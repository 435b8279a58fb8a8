"""Hand-written reports of one model, of which only what a comparison reads is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradaudit.comparison import ModelComparison, compare_reports
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent, LayerUnits, Measurements, Signal, Stage, Trajectory, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model, ModelReport, Report, ReportedLayer, Settings, with_findings
from gradaudit.errors import Location

EIGHT = (0.90, 0.92, 0.88, 0.91, 0.93, 0.89, 0.90, 0.92)
"""Progress of a network that learns."""
RULES = ("vanishing-gradient", "dead-units", "learning-rate-too-low")
LAYERS = (
    ReportedLayer(0, "layers[1]", "dense_0", "dense", 8, "sigmoid", "he_normal", 1),
    ReportedLayer(1, "layers[2]", "dense_1", "dense", 3, "softmax", "he_normal", 1),
)


def descent(progress: Sequence[float], trivial: float = 2.0) -> Descent:
    """A run that was planned so long as it is."""
    final = PerSeed.of(trivial * (1 - p) for p in progress)
    start = PerSeed((trivial,) * len(progress))
    still = PerSeed((0.0,) * len(progress))
    run = Trajectory(0.1, (0, 60), (start, final), final, final, PerSeed.of(progress), still)
    return Descent(trivial, 0.0, 60, plan_is_assumed=False, batch_size=8, configured=run)


def measured(
    progress: Sequence[float] = EIGHT, ratio: Sequence[float] = (), dead: Sequence[float] = ()
) -> Measurements:
    """A run, and where they are given the error signal's ratio and the dead share, a number a seed."""
    none, some = PerSeed(()), PerSeed.of(ratio)
    signal = Signal(none, none, none, some, some, none, ()) if ratio else None
    units = Units((LayerUnits(0, PerSeed.of(dead)), LayerUnits(1))) if dead else None
    return Measurements({"initialised": Stage(signal, units)}, descent(progress))


def found(rule: str = "dead-units", severity: Severity = Severity.ERROR, **changes: object) -> Finding:
    """On the first layer."""
    plain = Finding(
        rule, severity, f"{rule} here", "a cause", {}, "initialised", (0,), location=Location("m.yaml", 2, 1)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def model(
    *findings: Finding, source: str = "m.yaml", name: str = "m", named: bool = False, **others: object
) -> ModelReport:
    """One model's report, its verdict following from the findings."""
    what = Model(name, source, 99, 4, LAYERS, {"optimizer": "sgd, learning_rate 0.1", "data": "iris"}, named=named)
    plain = ModelReport(what, Settings(), "healthy", "In a sentence.", (), measured(), rules=RULES)
    return with_findings(replace(plain, **others), findings)  # type: ignore[arg-type]


def report(*models: ModelReport) -> Report:
    """Of these models."""
    return Report(models, (), "0.1.0")


def one(before: ModelReport, after: ModelReport) -> ModelComparison:
    """The comparison of one model."""
    (compared,) = compare_reports(report(before), report(after)).models
    return compared


def kinds(compared: ModelComparison) -> list[str]:
    """What became of each finding."""
    return [change.kind for change in compared.findings]


def outcomes(compared: ModelComparison) -> dict[str, str]:
    """What became of each number."""
    return {number.key: number.outcome for number in compared.numbers}
