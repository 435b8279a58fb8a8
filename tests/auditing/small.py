"""A small network that is dead, what is found of it, and how a run of it ended."""

from __future__ import annotations

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.evidence.rule_context import RuleContext
from tests.auditing.judged import run

FINDING = Finding("dead-units", Severity.ERROR, "m", "c", {"measured": 1.0, "limit": 0.5}, "initialised")
SMALL = ModelSpec(
    "small",
    2,
    (DenseSpec(4), DenseSpec(1)),
    activation=Named("relu"),
    init=Named("zeros"),
    loss=Named("binary_cross_entropy"),
    output=Named("sigmoid"),
    data=Named("xor"),
    epochs=20,
)


def ran(*progress: float, steps: int = 10) -> RuleContext:
    """The network after a run that ended with these progresses, one a seed."""
    return RuleContext(SMALL, (), Measurements(descent=run(progress, steps)))
