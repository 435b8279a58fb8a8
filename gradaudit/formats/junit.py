"""The report as JUnit XML, which test runners' dashboards read: a suite a model, a case a rule."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.report import Failure, ModelReport, Report
from gradaudit.formats.attempts import in_vain, shown_fixes
from gradaudit.formats.finding_text import evidence_text
from gradaudit.text.printable import change_text
from gradaudit.text.visible import visible
from gradaudit.text.wording import STAGES, clip

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_NAME, _SENTENCE, _TEXT = 200, 1000, 20_000


class JunitFormat:
    """Findings that count, from a warning on, are failures; silenced ones are skipped; what was not audited, errors."""

    name = "junit"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        """One XML 1.0 document in UTF-8, ending in a line feed."""
        suites = [*(_suite(model) for model in report.reports), *_error_suites(report.errors)]
        root = _element("testsuites", name="gradaudit")
        root.extend(suites)
        for key in ("tests", "failures", "errors", "skipped"):
            root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
        ET.indent(root, " ")
        return f"{_DECLARATION}\n{ET.tostring(root, 'unicode')}\n".encode()


FORMAT = JunitFormat()


def _element(tag: str, text: str = "", **attributes: str) -> ET.Element:
    """An element whose characters XML can hold: those that it cannot are written out."""
    found = ET.Element(tag, {key: visible(value) for key, value in attributes.items()})
    found.text = visible(clip(text, _TEXT)) or None
    return found


def _suite(report: ModelReport) -> ET.Element:
    """The model's rules in their order; rules that find something without having been listed come last."""
    names = dict.fromkeys((*report.rules, *(finding.rule for finding in report.findings)))
    return _counted(report.model.name, [_case(report, name) for name in names])


def _counted(name: str, cases: list[ET.Element]) -> ET.Element:
    tallies = {
        key: str(sum(case.find(tag) is not None for case in cases))
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    suite = _element("testsuite", name=clip(name, _NAME), tests=str(len(cases)), **tallies)
    suite.extend(cases)
    return suite


def _case(report: ModelReport, rule: str) -> ET.Element:
    findings = [finding for finding in report.findings if finding.rule == rule]
    counted = [finding for finding in findings if finding.suppressed is None]
    case = _element("testcase", classname=clip(report.model.source or report.model.name, _NAME), name=clip(rule, _NAME))
    if place := next((finding.location for finding in (*counted, *findings) if finding.location), None):
        case.set("file", visible(place.file))
        case.set("line", str(place.line or 1))
    case.extend(_outcome(counted, findings))
    if findings:
        case.append(_element("system-out", _evidence(findings)))
    return case


def _outcome(counted: list[Finding], findings: list[Finding]) -> Iterator[ET.Element]:
    """A failure, a reason to skip, or nothing where the case passes."""
    failed = [finding for finding in counted if finding.severity > Severity.INFO]
    silenced = [finding.suppressed for finding in findings if finding.suppressed is not None]
    if failed:
        worst = max(failed, key=lambda finding: finding.severity)
        text = "\n\n".join(_words(finding) for finding in failed)
        yield _element("failure", text, type=str(worst.severity), message=clip(worst.message, _SENTENCE))
    elif silenced and not counted:
        yield _element("skipped", message=f"suppressed: {clip(silenced[0], _SENTENCE)}")


def _words(finding: Finding) -> str:
    """Where, what, why, and what helps."""
    lines = [f"{finding.location}: {finding.message}" if finding.location else finding.message]
    lines += [f"cause: {finding.cause}"] if finding.cause else []
    for fix in shown_fixes(finding):
        lines.append(f"fix: {fix.title} ({fix.status})")
        lines += [f"  {change_text(change)}" for change in fix.changes]
    lines += [tried] if (tried := in_vain((finding,))) else []
    return "\n".join(clip(line, _SENTENCE) for line in lines)


def _evidence(findings: list[Finding]) -> str:
    """What was measured, the silenced findings too."""
    lines = []
    for finding in findings:
        stage = f" ({STAGES[finding.stage]})" if finding.stage else ""
        silenced = "" if finding.suppressed is None else f"; suppressed: {finding.suppressed}"
        lines.append(f"{finding.severity}{stage}: {finding.message}{silenced}")
        lines.append(f"  {evidence_text(finding.evidence, whole=True)}")
    return "\n".join(clip(line, _SENTENCE) for line in lines)


def _error_suites(errors: tuple[Failure, ...]) -> Iterator[ET.Element]:
    """A suite for each source that was not audited, or where something of our own broke."""
    for source in dict.fromkeys(failure.source for failure in errors):
        cases = [_error_case(failure) for failure in errors if failure.source == source]
        yield _counted(source or "gradaudit", cases)


def _error_case(failure: Failure) -> ET.Element:
    kind = "fault of gradaudit's own" if failure.internal else "not audited"
    case = _element("testcase", classname=clip(failure.source or "gradaudit", _NAME), name="audit")
    if failure.location:
        case.set("file", visible(failure.location.file))
        case.set("line", str(failure.location.line or 1))
    said = f"{failure.location or failure.source}: {failure.message}"
    case.append(_element("error", said, type=kind, message=clip(failure.message, _SENTENCE)))
    return case
