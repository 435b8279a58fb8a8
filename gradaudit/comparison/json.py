"""A comparison as JSON, schema version 1: for programs that decide by it."""

from __future__ import annotations

from gradaudit.comparison.interface import Comparison, FindingChange, ModelComparison, NumberChange
from gradaudit.domain.findings import Finding
from gradaudit.domain.report import Settings
from gradaudit.formats.encoder import encoded, record
from gradaudit.formats.json import written
from gradaudit.formats.plain_values import Json

SCHEMA_VERSION = 1
"""Of comparisons, counted apart from that of reports."""
_FINDING = ("rule", "severity", "stage", "layers", "location", "message", "cause")


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
        "regression": encoded(comparison.harm),
        "unchanged": list(comparison.unchanged),
        "errors": {
            "base": encoded(comparison.base_errors),
            "head": encoded(comparison.head_errors),
        },
        "models": [_model(model) for model in comparison.models],
    }


def _model(model: ModelComparison) -> Json:
    settings = (_part(given, ("seeds", "seed", "samples", "effort")) for given in model.settings)
    return {
        "name": model.name,
        "source": model.source,
        "was": model.was or None,
        "state": model.state,
        "trend": model.trend,
        "regression": encoded(model.harm),
        "verdict": {"before": model.verdict_before, "after": model.verdict_after},
        "paired": model.paired,
        "settings": dict(zip(("before", "after"), settings, strict=True)),
        "edits": list(model.edits),
        "findings": [_finding_change(change) for change in model.findings],
        "numbers": [_number(number) for number in model.numbers],
        "notes": list(model.notes),
    }


def _finding_change(change: FindingChange) -> Json:
    return {
        "change": change.kind,
        "regression": encoded(change.harm),
        "excuse": change.excuse or None,
        "before": _part(change.before, _FINDING),
        "after": _part(change.after, _FINDING),
    }


def _part(of: Finding | Settings | None, keys: tuple[str, ...]) -> Json:
    return None if of is None else record(of, keys)


def _number(number: NumberChange) -> Json:
    """A median that is not finite is null, with the word beside it, as in a report."""
    return {
        **record(number, ("key", "label", "before", "after", "outcome", "evidence")),
        "regression": encoded(number.harm),
    }
