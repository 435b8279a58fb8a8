"""The findings in words, and the fixes with what they were seen to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.report import Model, ModelReport
from gradaudit.formats.attempts import in_vain, shown_fixes
from gradaudit.formats.gains import gains
from gradaudit.formats.page.view import ChangeView, FindingView, FixView, Glance, Limits, Silenced
from gradaudit.text.wording import PARAGRAPH, SENTENCE, clip, exact, prose, where, where_in_short

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

MOST_AT_A_GLANCE = 4
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")


def finding_views(report: ModelReport, anchor: str, limits: Limits, first: str) -> tuple[FindingView, ...]:
    """The findings that count, worst first as the report has them, as many as there is room for.

    `first` is the edit that page one shows in full.
    """
    head, told = next((f.rule for f in report.counted if f.severity > Severity.INFO), ""), _Told(first)
    counted = enumerate(report.counted[: limits.findings], 1)
    views = (_finding(f, report.model, f"{anchor}-finding-{i}", told, head, limits.fixes) for i, f in counted)
    return tuple(_after_page_one(view, report) for view in views)


def mechanism(report: ModelReport) -> str:
    """The first clause of the first finding's cause, which page one shows."""
    first = next((finding for finding in report.counted if finding.severity > Severity.INFO), None)
    return prose(first.cause.partition("; ")[0]) if first is not None else ""


def _after_page_one(view: FindingView, report: ModelReport) -> FindingView:
    """Without what stands there in the same words."""
    if view.heading != prose(report.summary):
        return view
    told = mechanism(report).rstrip(".")
    return replace(view, heading="", cause="", evidence=prose(view.cause.removeprefix(told).lstrip("; .")))


def silenced_views(report: ModelReport, most: int) -> tuple[Silenced, ...]:
    """The findings that do not count, with the reasons given."""
    found = [finding for finding in report.findings if finding.suppressed is not None][:most]
    return tuple(
        Silenced(str(f.severity), clip(f.rule), clip(f.message, SENTENCE), clip(f.suppressed or "", SENTENCE))
        for f in found
    )


@dataclass
class _Told:
    """What the page has said already, so that it says it once."""

    first: str
    """The edit that page one shows in full."""
    edits: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)

    def reason(self, fix: Fix) -> str:
        """The clauses of its reason that are new."""
        new = [clause for clause in fix.why.split("; ") if clause not in self.reasons]
        self.reasons.update(new)
        return prose("; ".join(new), PARAGRAPH)


def _finding(finding: Finding, model: Model, anchor: str, told: _Told, head: str, most: int) -> FindingView:
    """`head` is the first finding's rule: a symptom of it takes two lines."""
    is_symptom = bool(finding.symptom_of) and finding.symptom_of == head
    useful = () if is_symptom else shown_fixes(finding)[:most]
    again = [clip(fix.title, SENTENCE) for fix in useful if fix.edit in told.edits]
    fixes = tuple(_fix(fix, told) for fix in useful if fix.edit not in told.edits)
    told.edits.update(fix.edit for fix in useful)
    said = finding.plainly or finding.message
    is_new = set(_FIGURE.findall(finding.message)) - set(_FIGURE.findall(said))
    view = FindingView(
        id=anchor,
        severity=str(finding.severity),
        rule=clip(finding.rule),
        where=where(finding, model),
        heading=prose(finding.plainly or finding.message or finding.rule),
        measured=prose(finding.message) if is_new and finding.severity > Severity.INFO else "",
        cause=prose(finding.cause, PARAGRAPH),
        fixes=fixes,
        again="; ".join(again),
        in_vain="" if is_symptom else prose(in_vain((finding,)), PARAGRAPH),
        root=clip(finding.symptom_of or "") if is_symptom else "",
    )
    return _in_two_lines(view, where_in_short(finding, model)) if view.root or view.is_aside else view


def _in_two_lines(view: FindingView, where: str) -> FindingView:
    """What a symptom or an aside needs: of a symptom the first finding has told the cause."""
    return replace(view, where=where, measured="", cause="" if view.root else view.cause)


def _fix(fix: Fix, told: _Told) -> FixView:
    """In full; of the one that page one shows, why it helps."""
    above = fix.edit == told.first
    return FixView(
        title=clip(fix.title, SENTENCE) or "A change without a title",
        status=clip(fix.status, SENTENCE),
        verified=fix.verified and bool(fix.clears) and not fix.introduces,
        why=told.reason(fix),
        changes=() if above else change_views(fix),
        gains=() if above else gains(fix),
        code="" if above else clip(fix.code, PARAGRAPH),
        is_above=above,
    )


def change_views(fix: Fix) -> tuple[ChangeView, ...]:
    """The edits of the spec, in words."""
    return tuple(ChangeView(clip(c.path), _written(c.old), _written(c.new)) for c in fix.changes)


def _written(value: Plain) -> str:
    return "" if value is None else exact(value)


def glances(report: ModelReport, views: tuple[FindingView, ...]) -> tuple[Glance, ...]:
    """The first few findings for the first screen: what each means, and where it stands."""
    said = report.summary.casefold()
    found = []
    for finding, view in zip(report.counted, views[:MOST_AT_A_GLANCE], strict=False):
        text = finding.plainly or finding.message
        new = "" if view.root or view.is_aside or text.casefold().rstrip(".") in said else prose(text, 240)
        root = f"cured by the same change as {view.root}" if view.root else ""
        found.append(Glance(view.id, view.severity, view.rule, new, where_in_short(finding, report.model), root))
    return tuple(found)
