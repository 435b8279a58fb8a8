"""What a person reads as the verdict: `healthy` only where all was checked, nothing hidden and it learns."""

from __future__ import annotations

from gradaudit.domain.findings import BASELINED, Severity
from gradaudit.domain.report import ModelReport
from gradaudit.text.printable import clipped

HEALTHY = "healthy"
_NAMED, _NAME = 3, 60
_RANK = {"error": 0, "warning": 1}


def standing(report: ModelReport) -> str:
    """`error`, `warning`, `healthy`, or what keeps a report without findings from being that."""
    if report.verdict != HEALTHY:
        return clipped(report.verdict, _NAME)
    said = [*_hidden(report), *(() if report.conclusive else ("not shown to learn",)), *_unchecked(report)]
    return "; ".join(said) or HEALTHY


def is_healthy(report: ModelReport) -> bool:
    """Whether it may be shown in green."""
    return standing(report) == HEALTHY


def badness(report: ModelReport) -> tuple[int, float]:
    """The key that sorts models in every format: the worst verdict first, within it the largest loss of learning.

    What cannot be called healthy goes before what can.
    """
    regret = max((f.regret for f in report.counted if f.regret is not None), default=0.0)
    rank = _RANK.get(report.verdict, 0) if report.verdict != HEALTHY else 3 if is_healthy(report) else 2
    return rank, -regret


def _hidden(report: ModelReport) -> list[str]:
    """`no new findings (2 suppressed, 1 in the baseline)`."""
    reasons = [f.suppressed for f in report.findings if f.suppressed is not None and f.severity > Severity.INFO]
    known = reasons.count(BASELINED)
    parts = [f"{len(reasons) - known} suppressed"] if len(reasons) > known else []
    parts += [f"{known} in the baseline"] if known else []
    return [f"no new findings ({', '.join(parts)})"] if parts else []


def _unchecked(report: ModelReport) -> list[str]:
    """`only saddle-point was checked`, or how many rules were not."""
    if not report.unchecked:
        return []
    if not report.rules or len(report.rules) > _NAMED:
        return [f"{len(report.unchecked)} of {len(report.rules) + len(report.unchecked)} rules not checked"]
    names = " and ".join(clipped(rule, _NAME) for rule in report.rules)
    return [f"only {names} {'was' if len(report.rules) == 1 else 'were'} checked"]
