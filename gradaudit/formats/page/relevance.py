"""Which chapters a reader of a finding needs; the others prove health, and fold into a line."""

from __future__ import annotations

from collections.abc import Mapping

from gradaudit.domain.findings import Severity
from gradaudit.domain.report import ModelReport
from gradaudit.formats.page.view import Section

_SIZE = frozenset({"vanishing-gradient", "exploding-gradient", "init-activation-mismatch", "non-finite-values"})
_TIME = "through time"
"""What stands for the rule of a finding about the steps of a sequence: the layers' chapters say nothing of it."""
_NEEDED: Mapping[str, frozenset[str]] = {
    "time": frozenset({_TIME}),
    "signal": _SIZE | {"gradient-underflow", "representation-collapse"},
    "ledger": _SIZE,
    "units": frozenset({"dead-units", "saturated-units", "symmetric-units"}),
    "rate": frozenset({"learning-rate-too-high", "learning-rate-too-low"}),
    "critical": frozenset({"saddle-point", "plateau"}),
}
"""Chapter → the rules whose findings it explains; the trial run explains all of them."""


def is_needed(section: Section, report: ModelReport) -> bool:
    """Whether some warning or error is told in this chapter, other than a symptom of the first one."""
    troubles = [finding for finding in report.counted if finding.severity > Severity.INFO]
    troubles = [finding for finding in troubles if finding.symptom_of != troubles[0].rule]
    rules = {_TIME if finding.is_through_time else finding.rule for finding in troubles}
    chapter = section.id.rpartition("-")[2]
    return bool(rules & _NEEDED[chapter]) if chapter in _NEEDED else bool(rules)
