"""The findings in words, and the fixes with what they were seen to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradaudit.domain.findings import Finding, Fix
from gradaudit.domain.report import Model, ModelReport
from gradaudit.formats.page.view import ChangeView, Column, FindingView, FixView, Glance, Silenced, Table
from gradaudit.text.printable import measured_text, told_keys
from gradaudit.text.wording import NAME, PARAGRAPH, SENTENCE, clip, exact, label, plain, prose, where, where_in_short

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

MOST_AT_A_GLANCE = 4


def finding_views(report: ModelReport, anchor: str, most: int) -> tuple[FindingView, ...]:
    """The findings that count, worst first as the report has them, at most so many."""
    shown: dict[str, str] = {}
    counted = enumerate(report.counted[:most], 1)
    return tuple(_finding(finding, report.model, f"{anchor}-finding-{i}", shown) for i, finding in counted)


def silenced_views(report: ModelReport, most: int) -> tuple[Silenced, ...]:
    """The findings that do not count, with the reasons given."""
    found = [finding for finding in report.findings if finding.suppressed is not None][:most]
    return tuple(
        Silenced(str(f.severity), clip(f.rule), clip(f.message, SENTENCE), clip(f.suppressed or "", SENTENCE))
        for f in found
    )


def _finding(finding: Finding, model: Model, anchor: str, shown: dict[str, str]) -> FindingView:
    """`shown` are the fixes that were shown in full before, each with the rule that it stands under."""
    fixes = tuple(_fix(fix, i, shown.get(fix.edit, "")) for i, fix in enumerate(finding.fixes[:5], 1))
    for fix in finding.fixes[:5]:
        shown.setdefault(fix.edit, clip(finding.rule))
    return FindingView(
        id=anchor,
        severity=str(finding.severity),
        rule=clip(finding.rule),
        where=where(finding, model),
        heading=prose(finding.plainly or finding.message or finding.rule),
        measured=prose(finding.message) if finding.plainly else "",
        cause=prose(finding.cause, PARAGRAPH),
        evidence=tuple((label(key), plain(value)) for key, value in list(finding.evidence.items())[:24]),
        fixes=fixes,
    )


def _fix(fix: Fix, ordinal: int, above: str) -> FixView:
    """In full, or, where it stands under another finding, what it does for this one."""
    return FixView(
        title=clip(fix.title, SENTENCE) or f"Fix {ordinal}",
        status=clip(fix.status, SENTENCE),
        verified=fix.verified and bool(fix.clears) and not fix.introduces,
        why=f"In full above, under {above}." if above else prose(fix.why, PARAGRAPH),
        changes=() if above else change_views(fix),
        comparison=None if above else _comparison(fix, ordinal),
        code="" if above else clip(fix.code, PARAGRAPH),
    )


def change_views(fix: Fix) -> tuple[ChangeView, ...]:
    """The edits of the spec, in words."""
    return tuple(ChangeView(clip(c.path), _written(c.old), _written(c.new)) for c in fix.changes)


def _written(value: Plain) -> str:
    return "" if value is None else exact(value)


def _comparison(fix: Fix, ordinal: int) -> Table | None:
    """Before and after, side by side; None where nothing was measured."""
    keys = told_keys(fix)[:12]
    if not keys:
        return None
    columns = (Column("Number", numeric=False), Column("Before"), Column("After"))
    rows = tuple(
        (label(key), measured_text(key, fix.before.get(key)), measured_text(key, fix.after.get(key))) for key in keys
    )
    return Table(f"Before and after fix {ordinal}: {clip(fix.title, NAME)}", columns, rows)


def glances(report: ModelReport, views: tuple[FindingView, ...]) -> tuple[Glance, ...]:
    """The first few findings for the first screen: what each means, and where it stands."""
    said = report.summary.casefold()
    found = []
    for finding, view in zip(report.counted, views[:MOST_AT_A_GLANCE], strict=False):
        text = finding.plainly or finding.message
        new = "" if text.casefold().rstrip(".") in said else prose(text, 240)
        found.append(Glance(view.id, view.severity, view.rule, new, where_in_short(finding, report.model)))
    return tuple(found)
