"""A small report with a finding in two layers, and its text."""

from __future__ import annotations

from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import LayerSignal, Measurements, Signal, Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model, ModelReport, Report, ReportedLayer, Settings
from gradaudit.errors import Location
from gradaudit.formats.text import TextFormat


def three(*values: float) -> PerSeed:
    """A number over three seeds."""
    return PerSeed.of(values)


def small_report() -> ModelReport:
    """Two layers, one finding about the signal with a fix that was tried and one that was not."""
    rows = tuple(
        LayerSignal(k, three(*rms), three(0, 0, 0), three(1, 1, 1), three(1, 1, 1))
        for k, rms in enumerate([(1e-6, 2e-6, 4e-6), (0.1, 0.2, 0.3)])
    )
    signal = Signal(*(three(1, 1, 1),) * 6, layers=rows)
    layers = tuple(
        ReportedLayer(k, f"layers[{k + 1}]", f"dense_{k}", "dense", 8, "sigmoid", "glorot_normal", 1) for k in (0, 1)
    )
    finding = Finding(
        rule="vanishing-gradient",
        severity=Severity.ERROR,
        message="the signal dies",
        cause="sigmoid passes back a quarter",
        evidence={"measured": 1.9e-7, "limit": 1e-3, "seeds_below": 8, "share": [1, 2]},
        stage="initialised",
        layers=(0,),
        path="activation",
        location=Location("model.yaml", 2, 13),
        fixes=(
            Fix(
                "relu with he_normal",
                (Change("activation", "sigmoid", "relu"), Change("init", None, {"name": "he_normal", "gain": 2.0})),
                why="it passes all",
                verified=True,
                clears=("vanishing-gradient",),
                before={"progress": 0.0},
                after={"progress": 0.8},
            ),
            Fix("fewer layers", (Change("layers[1].repeat", 9, 2),)),
        ),
    )
    return ModelReport(
        model=Model("deep", "model.yaml", 100, 2, layers, {"loss": "mse"}, ("`init` is glorot_uniform",)),
        settings=Settings(seeds=3),
        verdict="error",
        summary="Nothing arrives.",
        findings=(finding,),
        measurements=Measurements({"initialised": Stage(signal=signal)}),
        command="gradaudit check model.yaml --seeds 3",
        versions={"gradaudit": "0.1.0"},
    )


SMALL = Report((small_report(),), version="0.1.0")

LINES = {("model.yaml", 2): "activation: sigmoid   # of the hidden layers"}


def text(report: Report, **style: object) -> str:
    """The report as text."""
    return TextFormat(**style).render(report).decode()  # type: ignore[arg-type]
