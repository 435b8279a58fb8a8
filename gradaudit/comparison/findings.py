"""Which findings came, went, grew or shrank between two reports of one model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from gradaudit.comparison.interface import FindingChange, Kind
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.fingerprint import identity
from gradaudit.domain.report import ModelReport

_ORDER: tuple[Kind, ...] = ("new", "worse", "same", "milder", "gone")
Sameness = Callable[[Finding, Finding], bool]


def finding_changes(before: ModelReport | None, after: ModelReport | None) -> tuple[FindingChange, ...]:
    """What became of the warnings and errors that count; a rule's finding at one stage is one whatever its layers are.

    How many layers a finding names follows from a threshold, and a deeper network has others; what it does to the
    training is its severity.
    """
    old, new = _counted(before), _counted(after)
    pairs: list[tuple[Finding, Finding]] = []
    for is_same in _ways(before, after):
        for one in [*old]:
            other = next((found for found in new if is_same(one, found)), None)
            if other is not None:
                pairs.append((one, other))
                old.remove(one)
                new.remove(other)
    changes = [FindingChange(_kind(one, other), one, other) for one, other in pairs]
    changes += [FindingChange("new", None, found) for found in new]
    changes += [_gone(found, after) for found in old]
    return tuple(sorted(changes, key=lambda each: (_ORDER.index(each.kind), -each.finding.severity)))


def _counted(report: ModelReport | None) -> list[Finding]:
    return [found for found in report.counted if found.severity > Severity.INFO] if report else []


def _ways(before: ModelReport | None, after: ModelReport | None) -> Iterator[Sameness]:
    """The ways of being the same finding, from the closest to the loosest."""
    if before is None or after is None:
        return
    one, other = before.model, after.model
    yield lambda a, b: identity(one, a).layers == identity(other, b).layers and _at(a) == _at(b)
    yield lambda a, b: _at(a) == _at(b)
    yield lambda a, b: a.rule == b.rule


def _at(finding: Finding) -> tuple[str, str | None]:
    return finding.rule, finding.stage


def _kind(before: Finding, after: Finding) -> Kind:
    if before.severity == after.severity:
        return "same"
    return "worse" if after.severity > before.severity else "milder"


def _gone(found: Finding, after: ModelReport | None) -> FindingChange:
    """A finding that is silenced, or whose rule was not checked, may still be there."""
    excuse = ""
    if after is not None:
        silenced = [each for each in after.findings if each.suppressed is not None and each.rule == found.rule]
        if silenced:
            excuse = f"suppressed now: {silenced[0].suppressed}"
        elif after.rules and found.rule not in after.rules:
            excuse = "its rule was not checked again"
    return FindingChange("gone", found, None, excuse)


def excused(changes: tuple[FindingChange, ...], reason: str) -> tuple[FindingChange, ...]:
    """What is new or worse is told of, and is no regression, for that reason."""
    return tuple(replace(each, excuse=reason) if each.harm is not None else each for each in changes)
