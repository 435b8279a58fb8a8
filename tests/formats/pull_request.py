"""A report for the formats of pull requests: edits, suppressions, a baseline, a Python object, checked rules."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.domain.findings import BASELINED, Edit, Finding, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Failure, Model, ModelReport, Report, ReportedLayer, Settings
from gradaudit.errors import Location

LAYERS = (
    ReportedLayer(0, "layers[1]", "encoder", "dense", 8, "sigmoid", "glorot_normal", 1),
    ReportedLayer(1, "layers[2]", "dense_1", "dense", 1, "identity", "glorot_normal", 1),
)
MODEL = Model("deep", "models/my net.yaml", 40, 2, LAYERS, named=True)


def finding(rule: str = "dead-units", severity: Severity = Severity.ERROR, **changes: object) -> Finding:
    """One of the first layer, on a line of the spec."""
    plain = Finding(
        rule,
        severity,
        "units of encoder are dead",
        "negative biases",
        {"measured": 0.9, "limit": 0.5},
        "initialised",
        (0,),
        "layers[1].bias",
        Location("models/my net.yaml", 3, 7),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def report(*findings: Finding, model: Model = MODEL, errors: tuple[Failure, ...] = ()) -> Report:
    """Of one model, checked by three rules."""
    rules = ("vanishing-gradient", "dead-units", "plateau")
    verdict = "error" if any(f.suppressed is None for f in findings) else "healthy"
    whole = ModelReport(model, Settings(), verdict, "Units are dead.", findings, Measurements(), rules=rules)
    return Report((whole,), errors, "0.1.0")


SILENCED = finding("plateau", suppressed="a lecture shows it")
EXCUSED = finding("vanishing-gradient", suppressed=BASELINED)
EDITS = (Edit(3, 7, 3, 12, "zeros"), Edit(5, 1, 6, 1, ""))
