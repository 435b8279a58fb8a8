"""A comparison as JSON, schema version 1: for programs that decide by it."""

from __future__ import annotations

from gradaudit.comparison.interface import Comparison, FindingChange, ModelComparison, NumberChange
from gradaudit.domain.findings import Finding
from gradaudit.domain.report import Settings
from gradaudit.formats.json import failed, location, written
from gradaudit.formats.measurements import Json, plain_mapping

SCHEMA_VERSION = 1
"""Of comparisons, counted apart from that of reports."""


def render(comparison: Comparison) -> bytes:
    """One JSON document in UTF-8, ending in a line feed."""
    return written(document(comparison))


def document(comparison: Comparison) -> dict[str, Json]:
    """The whole comparison in plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "comparison",
        "tool": {"name": "gradaudit", "version": comparison.version},
        "base": comparison.base,
        "head": comparison.head,
        "regression": _severity(comparison.harm),
        "unchanged": list(comparison.unchanged),
        "errors": {
            "base": [failed(failure) for failure in comparison.base_errors],
            "head": [failed(failure) for failure in comparison.head_errors],
        },
        "models": [_model(model) for model in comparison.models],
    }


def _model(model: ModelComparison) -> Json:
    return {
        "name": model.name,
        "source": model.source,
        "was": model.was or None,
        "state": model.state,
        "trend": model.trend,
        "regression": _severity(model.harm),
        "verdict": {"before": model.verdict_before, "after": model.verdict_after},
        "paired": model.paired,
        "settings": dict(zip(("before", "after"), map(_settings, model.settings), strict=True)),
        "edits": list(model.edits),
        "findings": [_finding_change(change) for change in model.findings],
        "numbers": [_number(number) for number in model.numbers],
        "notes": list(model.notes),
    }


def _finding_change(change: FindingChange) -> Json:
    return {
        "change": change.kind,
        "regression": _severity(change.harm),
        "excuse": change.excuse or None,
        "before": _finding(change.before),
        "after": _finding(change.after),
    }


def _finding(finding: Finding | None) -> Json:
    if finding is None:
        return None
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "stage": finding.stage,
        "layers": list(finding.layers),
        "location": location(finding.location),
        "message": finding.message,
        "cause": finding.cause,
    }


def _number(number: NumberChange) -> Json:
    """A median that is not finite is null, with the word beside it, as in a report."""
    return {
        "key": number.key,
        "label": number.label,
        **plain_mapping({"before": number.before, "after": number.after}),
        "outcome": number.outcome,
        "evidence": number.evidence,
        "regression": _severity(number.harm),
    }


def _settings(settings: Settings | None) -> Json:
    return None if settings is None else {key: getattr(settings, key) for key in ("seeds", "seed", "samples", "effort")}


def _severity(severity: object) -> Json:
    return None if severity is None else str(severity)
