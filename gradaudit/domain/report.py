"""What is said: the finished report that every format renders, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod, sqrt

from gradaudit.domain.findings import BASELINED, Finding, Severity
from gradaudit.domain.measurements import LayerSignal, Measurements
from gradaudit.domain.per_seed import PerSeed
from gradaudit.errors import Location


@dataclass(frozen=True, slots=True)
class ReportedLayer:
    """One row of the model, as the report shows it."""

    index: int
    path: str
    name: str
    kind: str
    units: int
    activation: str | None
    init: str | None
    line: int | None
    shape: tuple[int, ...] = ()
    """Of its output for one sample, channels last."""
    parameters: int = 0
    """Trainable ones."""
    unit_word: str = "units"
    """What texts call its units: of a convolution `channels`."""

    @property
    def has_weights(self) -> bool:
        """Whether an initializer draws it: a dense layer, a convolution, a recurrent one."""
        return self.kind == "dense" or self.init is not None


@dataclass(frozen=True, slots=True)
class Model:
    """What was audited."""

    name: str
    source: str
    parameters: int
    """Trainable parameters of one network."""
    inputs: int
    layers: tuple[ReportedLayer, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    """Loss, optimizer, data, batch, epochs, precision in words, in the order to show them."""
    assumed: tuple[str, ...] = ()
    """Sentences: what the spec leaves open and the audit assumed, and what of the source was not read."""
    named: bool = False
    """Whether the spec names it; else its name follows from its source."""

    def error_signal_norm(self, row: LayerSignal) -> PerSeed:
        """The norm of ∂loss/∂z over all outputs of the layer, so that widths do not mislead: √values times the rms."""
        values = next((prod(layer.shape or (layer.units,)) for layer in self.layers if layer.index == row.index), 1)
        width = sqrt(max(values, 1))
        return PerSeed(tuple(v if v is None else v * width for v in row.error_signal_rms.values))


@dataclass(frozen=True, slots=True)
class Settings:
    """How it was measured."""

    seeds: int = 8
    seed: int = 0
    samples: int = 256
    effort: str = "standard"
    reservations: tuple[str, ...] = ()
    """Sentences: what was measured on less than asked (curvature of 4 of 8 seeds, …)."""


@dataclass(frozen=True, slots=True)
class ModelReport:
    """The audit of one model."""

    model: Model
    settings: Settings
    verdict: str
    """`healthy`, `warning` or `error`: the worst finding that counts."""
    summary: str
    """One sentence a person would say."""
    findings: tuple[Finding, ...]
    """Worst first."""
    measurements: Measurements
    command: str = ""
    """What to type to measure this again."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """gradaudit, Python and NumPy."""
    rules: tuple[str, ...] = ()
    """The rules that were checked, in their order."""
    conclusive: bool = True
    """False where nothing was found, and the trial run covers too little of the plan to tell whether it learns."""
    covered: int | None = None
    """Steps of the trial run; None where none was made."""
    planned: int | None = None
    """Steps of the planned training, or of the audit's own plan."""
    unchecked: tuple[str, ...] = ()
    """The rules that the person's selection left out."""
    origin: Mapping[str, str] = field(default_factory=dict)
    """Where known: the git revision of the source's checkout, and a hash of what was read."""

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that nobody suppressed."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be audited, or a rule or probe that broke."""

    source: str
    message: str
    location: Location | None = None
    internal: bool = False
    """True for a fault of gradaudit's own."""


@dataclass(frozen=True, slots=True)
class Report:
    """One run of gradaudit over any number of models."""

    reports: tuple[ModelReport, ...]
    errors: tuple[Failure, ...] = ()
    version: str = ""

    def findings(self) -> Iterator[Finding]:
        """Every finding that counts, of every model."""
        for report in self.reports:
            yield from report.counted

    @property
    def worst(self) -> Severity | None:
        """The worst severity among the findings that count; None where there is none."""
        return max((finding.severity for finding in self.findings()), default=None)


def with_findings(report: ModelReport, findings: tuple[Finding, ...]) -> ModelReport:
    """The report with these findings in place of its own, and the verdict and the sentence that follow from them."""
    return replace(report, findings=findings, verdict=verdict(findings), summary=headline(findings) or report.summary)


def headline(findings: tuple[Finding, ...]) -> str:
    """The sentence of the worst finding that counts, or what alone was silenced; empty where there is neither."""
    serious = [finding for finding in findings if finding.severity > Severity.INFO]
    counted = [finding for finding in serious if finding.suppressed is None]
    if counted:
        text = counted[0].plainly or f"{counted[0].message}."
        return text[:1].upper() + text[1:]
    known = ", ".join(dict.fromkeys(finding.rule for finding in serious if finding.suppressed == BASELINED))
    rules = ", ".join(dict.fromkeys(finding.rule for finding in serious if finding.suppressed != BASELINED))
    parts = [f"{rules} (suppressed)"] if rules else []
    parts += [f"{known} (in the baseline)"] if known else []
    return f"Not counted: {'; '.join(parts)}." if parts else ""


def verdict(findings: Iterator[Finding] | tuple[Finding, ...]) -> str:
    """`error`, `warning` or `healthy`: information alone leaves a model healthy."""
    worst = max((f.severity for f in findings if f.suppressed is None), default=Severity.INFO)
    return {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "healthy"}[worst]
