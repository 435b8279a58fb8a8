"""Comments of a spec applied: the findings that they silence, and those comments that silence nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gradaudit.domain.findings import UNUSED, Finding, Severity
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Location

NO_REASON = "silenced by a comment in the spec"


def silenced(findings: Iterable[Finding], spec: ModelSpec) -> tuple[Finding, ...]:
    """The findings, those with a reason in `suppressed` whose rule a comment names on their line, or above it.

    A finding stands on the line of its value, and on that of the value's key.
    """
    from gradaudit.inputs.yaml_spec.suppressions import suppressions

    reasons = {
        (comment.line, rule): comment.reason or NO_REASON
        for comment in reversed(suppressions(spec.text))
        for rule in comment.rules
    }
    return tuple(replace(found, suppressed=_reason(found, spec, reasons)) for found in findings)


def _reason(finding: Finding, spec: ModelSpec, reasons: dict[tuple[int, str], str]) -> str | None:
    said = (reasons.get((line, finding.rule)) for line in _lines(finding, spec))
    return next((reason for reason in said if reason is not None), finding.suppressed)


def _lines(finding: Finding, spec: ModelSpec) -> tuple[int, ...]:
    """The lines where a comment is about the finding."""
    places = (spec.locate(finding.path), spec.key_lines.get(finding.path))
    return tuple(place.line for place in places if place is not None and place.line is not None)


def unused(
    findings: tuple[Finding, ...], spec: ModelSpec, checked: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[Finding]:
    """Information on each comment, rule by rule, that silences none of the findings.

    A rule that was not `checked` may yet have something to silence; one that is not `known` has not.
    """
    from gradaudit.inputs.yaml_spec.suppressions import suppressions
    from gradaudit.text.suggest import hint

    hit = {(line, found.rule) for found in findings for line in _lines(found, spec)}
    for comment in suppressions(spec.text):
        place = Location(spec.lines[""].file, comment.comment_line, comment.comment_column)
        if not comment.rules:
            yield _unused("it names no rule: write `# gradaudit: ignore[rule] reason`", place)
        for rule in comment.rules:
            if rule not in known:
                yield _unused(f"'{rule}' is no rule{hint(rule, known)}", place)
            elif rule in checked and (comment.line, rule) not in hit:
                yield _unused(_elsewhere(rule, comment.line, [line for line, found in hit if found == rule]), place)


def _elsewhere(rule: str, line: int, lines: list[int]) -> str:
    """What the rule finds, and where, if not on this line."""
    if not lines:
        return f"{rule} finds nothing on line {line}, nor on another"
    return f"{rule} is found on line {min(lines)}, not on line {line}"


def _unused(reason: str, place: Location) -> Finding:
    return Finding(
        rule=UNUSED,
        severity=Severity.INFO,
        message=f"this comment silences nothing; {reason}",
        cause="what it silenced is gone, or is found on another line, or never had this name",
        evidence={"measured": 0, "limit": 1},
        location=place,
    )
