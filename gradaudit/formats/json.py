"""The report as JSON, schema version 1: everything in it, so that it can be rendered again without measuring."""

from __future__ import annotations

import json

from gradaudit.domain.findings import Change, Edit, Finding, Fix, FixTrajectory
from gradaudit.domain.report import Failure, Model, ModelReport, Report, ReportedLayer, Settings
from gradaudit.errors import Location
from gradaudit.formats.interface import DRAWN_FROM
from gradaudit.formats.measurements import Json, measurements_as_json, plain_mapping
from gradaudit.text.visible import visible_json

SCHEMA_VERSION = 1
"""A field that changes its meaning needs a new one; a field that is added does not."""

_LINE = 110


class JsonFormat:
    """The stable contract between gradaudit and other programs."""

    name = "json"
    suffix = ".json"
    needs = DRAWN_FROM
    """What a page draws from, since it may be rendered from this."""

    def render(self, report: Report) -> bytes:
        """One JSON document in UTF-8, ending in a line feed."""
        return written(document(report))


FORMAT = JsonFormat()


def document(report: Report) -> dict[str, Json]:
    """The whole report in plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "gradaudit", "version": report.version},
        "errors": [failed(failure) for failure in report.errors],
        "reports": [_model_report(model) for model in report.reports],
    }


def failed(failure: Failure) -> Json:
    """What could not be audited, or broke."""
    return {
        "source": failure.source,
        "message": failure.message,
        "location": location(failure.location),
        "internal": failure.internal,
    }


def location(place: Location | None) -> Json:
    """A place in a source, or null."""
    return None if place is None else {"file": place.file, "line": place.line, "column": place.column}


def _model_report(report: ModelReport) -> Json:
    return {
        "model": _model(report.model),
        "settings": _settings(report.settings),
        "verdict": report.verdict,
        "conclusive": report.conclusive,
        "covered": report.covered,
        "planned": report.planned,
        "summary": report.summary,
        "findings": [finding_json(finding) for finding in report.findings],
        "measurements": measurements_as_json(report.measurements),
        "command": report.command,
        "versions": dict(report.versions),
        "origin": dict(report.origin),
        "rules": list(report.rules),
        "unchecked": list(report.unchecked),
    }


def _model(model: Model) -> Json:
    return {
        "name": model.name,
        "source": model.source,
        "parameters": model.parameters,
        "inputs": model.inputs,
        "layers": [_layer(layer) for layer in model.layers],
        "facts": dict(model.facts),
        "assumed": list(model.assumed),
        "named": model.named,
    }


def _layer(layer: ReportedLayer) -> Json:
    keys = ("index", "path", "name", "kind", "units", "activation", "init", "line")
    return {
        **{key: getattr(layer, key) for key in keys},
        "type": layer.kind,
        "shape": list(layer.shape),
        "parameters": layer.parameters,
        "unit_word": layer.unit_word,
    }


def _settings(settings: Settings) -> Json:
    return {
        "seeds": settings.seeds,
        "seed": settings.seed,
        "samples": settings.samples,
        "effort": settings.effort,
        "stand_ins": list(settings.stand_ins),
    }


def finding_json(finding: Finding) -> Json:
    """What a rule found, with its fixes."""
    found: dict[str, Json] = {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "stage": finding.stage,
        "layers": list(finding.layers),
        "path": finding.path,
        "location": location(finding.location),
        "message": finding.message,
        "plainly": finding.plainly,
        "cause": finding.cause,
        "evidence": plain_mapping(finding.evidence),
        "cleared_by": list(finding.cleared_by),
        "regret": finding.regret,
        "symptom_of": finding.symptom_of,
        "fixes": [fix_json(fix) for fix in finding.fixes],
    }
    return found if finding.suppressed is None else {**found, "suppressed": finding.suppressed}


def fix_json(fix: Fix) -> Json:
    """A change that was tried, with its numbers before and after."""
    return {
        "title": fix.title,
        "kind": fix.kind,
        "changes": [_change(change) for change in fix.changes],
        "why": fix.why,
        "code": fix.code,
        "verified": fix.verified,
        "better": list(fix.better),
        "still_fails": fix.still_fails,
        "clears": list(fix.clears),
        "introduces": list(fix.introduces),
        "before": plain_mapping(fix.before),
        "after": plain_mapping(fix.after),
        "course": None if fix.course is None else _course(fix.course),
        "edits": [_edit(edit) for edit in fix.edits],
    }


def _course(course: FixTrajectory) -> Json:
    """The changed model's signal and training, beside the model's own among the measurements."""
    return {"error_signal": list(course.error_signal), "steps": list(course.steps), "loss": list(course.loss)}


def _edit(edit: Edit) -> Json:
    return {key: getattr(edit, key) for key in ("line", "column", "end_line", "end_column", "text")}


def _change(change: Change) -> Json:
    return plain_mapping({"path": change.path, "from": change.old, "to": change.new})


def written(document: dict[str, Json]) -> bytes:
    """The document in UTF-8, ending in a line feed."""
    text = _written(document, 0) + "\n"
    # `##[` would be a runner's command; what a terminal obeys, and halves of characters, become JSON's escapes.
    return visible_json(text.replace("##[", "##\\u005b")).encode()


def _written(value: Json, depth: int) -> str:
    """JSON text with one line for whatever is flat or short, so that a diff of two reports can be read."""
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    is_flat = not any(isinstance(part, dict | list) for part in parts)
    if not parts or len(text) <= _LINE - depth or (is_flat and isinstance(value, list)):
        return text
    inner = ",\n".join(" " * (depth + 1) + entry for entry in _entries(value, depth + 1))
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}\n{' ' * depth}{closing}"


def _entries(value: Json, depth: int) -> list[str]:
    if isinstance(value, dict):
        return [f"{json.dumps(key, ensure_ascii=False)}: {_written(part, depth)}" for key, part in value.items()]
    return [_written(part, depth) for part in value] if isinstance(value, list) else []
