"""The findings in words, and the fixes with what they were seen to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.report import Model, ModelReport
from gradaudit.formats.attempts import in_vain, shown
from gradaudit.formats.gains import gains
from gradaudit.formats.page.view import ChangeView, FindingView, FixView, Glance, Silenced
from gradaudit.text.wording import PARAGRAPH, SENTENCE, clip, exact, label, plain, prose, where, where_in_short

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

MOST_AT_A_GLANCE, _MOST_FIXES = 4, 5
_IN_SEEDS = ("seeds", "share_low", "share_high")
"""Evidence that stands in one line with how many seeds it was."""
_UNSAID = ("measured", "limit", "tried", "with_changes", *_IN_SEEDS)


def finding_views(report: ModelReport, anchor: str, most: int, first: str) -> tuple[FindingView, ...]:
    """The findings that count, worst first as the report has them, at most so many.

    `first` is the edit that page one shows in full.
    """
    above = {first: "the first page"} if first else {}
    head = next((f.rule for f in report.counted if f.severity > Severity.INFO), "")
    counted = enumerate(report.counted[:most], 1)
    return tuple(_finding(f, report.model, f"{anchor}-finding-{i}", above, head) for i, f in counted)


def silenced_views(report: ModelReport, most: int) -> tuple[Silenced, ...]:
    """The findings that do not count, with the reasons given."""
    found = [finding for finding in report.findings if finding.suppressed is not None][:most]
    return tuple(
        Silenced(str(f.severity), clip(f.rule), clip(f.message, SENTENCE), clip(f.suppressed or "", SENTENCE))
        for f in found
    )


def _finding(finding: Finding, model: Model, anchor: str, above: dict[str, str], head: str) -> FindingView:
    """`above` are the fixes that were shown in full before, each with where; `head` is the first finding's rule."""
    is_symptom = bool(finding.symptom_of) and finding.symptom_of == head
    told = () if is_symptom else shown(finding)[:_MOST_FIXES]
    fixes = tuple(_fix(fix, i, above.get(fix.edit, "")) for i, fix in enumerate(told, 1))
    for fix in finding.fixes:
        above.setdefault(fix.edit, f"the list of {clip(finding.rule)}")
    return FindingView(
        id=anchor,
        severity=str(finding.severity),
        rule=clip(finding.rule),
        where=where(finding, model),
        heading=prose(finding.plainly or finding.message or finding.rule),
        measured=prose(finding.message) if finding.plainly else "",
        cause=prose(finding.cause, PARAGRAPH),
        evidence=_evidence(finding),
        fixes=fixes,
        in_vain="" if is_symptom else prose(in_vain((finding,)), PARAGRAPH),
        root=clip(finding.symptom_of or "") if is_symptom else "",
    )


def _evidence(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The numbers that message and cause do not say, and in how many seeds it holds."""
    evidence = finding.evidence
    told = [(key, v) for key, v in evidence.items() if key not in _UNSAID and v is not None and "progress" not in key]
    low, high, seeds = (evidence.get(key) for key in ("share_low", "share_high", "seeds"))
    said = []
    for key, value in told[:24]:
        if key.startswith("seeds_") and isinstance(low, float) and isinstance(high, float):
            interval = f" (95 % CI of the share: {100 * low:.0f}–{100 * high:.0f} %)" if plain(seeds) != "1" else ""
            said.append((label(key), f"{plain(value)} of {plain(seeds)} seeds{interval}"))
        else:
            said.append((label(key), plain(value)))
    return tuple(said)


def _fix(fix: Fix, ordinal: int, above: str) -> FixView:
    """In full, or, where it is shown elsewhere, what it does for this finding."""
    return FixView(
        title=clip(fix.title, SENTENCE) or f"Fix {ordinal}",
        status=f"{clip(fix.status, SENTENCE)}{f'; see {above}' if above else ''}",
        verified=fix.verified and bool(fix.clears) and not fix.introduces,
        why="" if above else prose(fix.why, PARAGRAPH),
        changes=() if above else change_views(fix),
        gains=() if above else gains(fix),
        code="" if above else clip(fix.code, PARAGRAPH),
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
        new = "" if view.root or text.casefold().rstrip(".") in said else prose(text, 240)
        root = f"Same root as {view.root}." if view.root else ""
        found.append(Glance(view.id, view.severity, view.rule, new, where_in_short(finding, report.model), root))
    return tuple(found)
