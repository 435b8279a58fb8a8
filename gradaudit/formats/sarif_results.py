"""One finding as a SARIF result: what is said, where, by which fingerprint, and which edits would mend it."""

from __future__ import annotations

from gradaudit.domain.findings import BASELINED, Edit, Finding, Fix, Severity
from gradaudit.domain.fingerprint import identity
from gradaudit.domain.report import ModelReport
from gradaudit.formats.attempts import shown_fixes
from gradaudit.formats.places import file_uri, location, logical_locations
from gradaudit.formats.plain_values import Json, plain_mapping

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
FINGERPRINT = "gradaudit/v1"
MOST_TEXT = 4000


def result(report: ModelReport, finding: Finding, rule: int) -> Json:
    """The result; `rule` is the index of its rule among the driver's."""
    place = location(finding.location, report.model.source)
    where: dict[str, Json] = {"physicalLocation": place} if place else {}
    found: dict[str, Json] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{**where, "logicalLocations": list(logical_locations(report.model, finding))}],
        "partialFingerprints": {FINGERPRINT: identity(report.model, finding).fingerprint},
        "properties": {"model": report.model.name, "stage": finding.stage, "evidence": plain_mapping(finding.evidence)},
    }
    fixes = [_fix(fix, _file(report, finding)) for fix in shown_fixes(finding) if fix.edits]
    if fixes:
        found["fixes"] = list(fixes)
    if finding.suppressed is not None:
        found["suppressions"] = [_suppression(finding.suppressed)]
    return found


def _message(finding: Finding) -> str:
    """What, why and what helps, as plain text: no viewer is to take a part of it for a link."""
    sentences = [finding.message, f"Cause: {finding.cause}" if finding.cause else ""]
    sentences += [f"Fix: {fix.title} ({fix.status})" for fix in shown_fixes(finding)[:1]]
    text = "\n".join(sentence for sentence in sentences if sentence) or finding.rule
    return text[:MOST_TEXT].replace("](", "] (")


def _suppression(reason: str) -> Json:
    return {"kind": "external" if reason == BASELINED else "inSource", "status": "accepted", "justification": reason}


def _file(report: ModelReport, finding: Finding) -> str:
    return finding.location.file if finding.location else report.model.source


def _fix(fix: Fix, file: str) -> Json:
    change: dict[str, Json] = {
        "artifactLocation": {"uri": file_uri(file)},
        "replacements": [_replacement(edit) for edit in fix.edits],
    }
    return {"description": {"text": f"{fix.title} ({fix.status})"}, "artifactChanges": [change]}


def _replacement(edit: Edit) -> Json:
    region: dict[str, Json] = {
        "startLine": max(1, edit.line),
        "startColumn": max(1, edit.column),
        "endLine": max(1, edit.end_line),
        "endColumn": max(1, edit.end_column),
    }
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}
