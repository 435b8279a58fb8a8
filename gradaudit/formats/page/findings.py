"""The findings in words, and the fixes with what they were seen to do."""

from __future__ import annotations

from gradaudit.finding import Finding, Fix
from gradaudit.formats.page.view import ChangeView, Column, FindingView, FixView, Glance, Silenced, Table
from gradaudit.formats.page.wording import NAME, PARAGRAPH, SENTENCE, clip, exact, label, plain, prose, sentence, where
from gradaudit.numbers import NOTHING, number
from gradaudit.report import Model, ModelReport
from gradaudit.spec import Plain

MOST_AT_A_GLANCE = 3


def finding_views(report: ModelReport, anchor: str, most: int) -> tuple[FindingView, ...]:
    """The findings that count, worst first as the report has them, at most so many."""
    counted = report.counted[:most]
    return tuple(_finding(finding, report.model, f"{anchor}-finding-{i}") for i, finding in enumerate(counted, 1))


def silenced_views(report: ModelReport, most: int) -> tuple[Silenced, ...]:
    """The findings that do not count, with the reasons given."""
    found = [finding for finding in report.findings if finding.suppressed is not None][:most]
    return tuple(
        Silenced(str(f.severity), clip(f.rule), clip(f.message, SENTENCE), clip(f.suppressed or "", SENTENCE))
        for f in found
    )


def _finding(finding: Finding, model: Model, anchor: str) -> FindingView:
    fixes = tuple(_fix(fix, i) for i, fix in enumerate(finding.fixes[:5], 1))
    return FindingView(
        id=anchor,
        severity=str(finding.severity),
        rule=clip(finding.rule),
        where=where(finding, model),
        message=sentence(clip(finding.message or finding.rule, SENTENCE)),
        cause=prose(finding.cause, PARAGRAPH),
        evidence=tuple((label(key), plain(value)) for key, value in list(finding.evidence.items())[:24]),
        fixes=fixes,
    )


def _fix(fix: Fix, ordinal: int) -> FixView:
    return FixView(
        title=clip(fix.title, SENTENCE) or f"Fix {ordinal}",
        status=clip(fix.status, SENTENCE),
        verified=fix.verified and bool(fix.clears) and not fix.introduces,
        why=prose(fix.why, PARAGRAPH),
        changes=tuple(ChangeView(clip(c.path), _written(c.old), _written(c.new)) for c in fix.changes),
        comparison=_comparison(fix, ordinal),
        code=clip(fix.code, SENTENCE),
    )


def _written(value: Plain) -> str:
    return "" if value is None else exact(value)


def _comparison(fix: Fix, ordinal: int) -> Table | None:
    """Before and after, side by side; None where nothing was measured."""
    keys = list(dict.fromkeys((*fix.before, *fix.after)))[:12]
    if not keys:
        return None
    columns = (Column("Number", numeric=False), Column("Before"), Column("After"))
    rows = tuple((label(key), number(fix.before.get(key)), number(fix.after.get(key))) for key in keys)
    return Table(f"Before and after fix {ordinal}: {clip(fix.title, NAME)}", columns, rows)


def glances(report: ModelReport, views: tuple[FindingView, ...]) -> tuple[Glance, ...]:
    """The first few findings for the first screen: what, why, and what to do."""
    said = report.summary.casefold()
    return tuple(
        Glance(
            view.id,
            view.severity,
            view.rule,
            message="" if finding.message.casefold().rstrip(".") in said else prose(finding.message),
            cause=prose(finding.cause, 420),
            helped=_helped(finding),
            suggested=clip(finding.fixes[0].title) if finding.fixes else "",
        )
        for finding, view in zip(report.counted, views[:MOST_AT_A_GLANCE], strict=False)
    )


def _helped(finding: Finding) -> str:
    """The first fix that was seen to help, with the one number that says how much."""
    fix = next((f for f in finding.fixes if f.clears and not f.introduces), None)
    if fix is None:
        return ""
    keys = [key for key in ("loss_after", *fix.after) if key in fix.before and key in fix.after]
    if not keys:
        return f"{clip(fix.title)} clears it."
    before, after = number(fix.before[keys[0]]), number(fix.after[keys[0]])
    said = label(keys[0])
    return f"{clip(fix.title)} clears it. {said}: {before} → {after}." if before != NOTHING else ""
