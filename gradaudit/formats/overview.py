"""Many models as a table: a row a model, with the rule that names the cause, and the fix under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradaudit.domain.findings import Fix, Severity
from gradaudit.domain.report import ModelReport
from gradaudit.formats.attempts import suggested_fix
from gradaudit.formats.brief import NAME, VERDICTS, moved
from gradaudit.formats.standing import HEALTHY, standing
from gradaudit.text.columns import columns, cut, padded, wrapped
from gradaudit.text.printable import clipped, printable, printable_line
from gradaudit.text.text_style import STRONG, TextStyle

_WIDEST = 44
_OPEN = "no finding"
"""The verdict of what has none, and may not be called healthy; why stands in the place of the cause."""


def overview(reports: Sequence[ModelReport], style: TextStyle) -> Iterator[str]:
    """The rows under a head, in the order of the reports; one is cut at the terminal's edge and never broken."""
    rows = [("verdict", "model", "cause", ""), *(_cells(report) for report in reports)]
    widths = [min(max(columns(row[k]) for row in rows), _WIDEST) for k in range(3)]
    for place, (*row, fix) in enumerate(rows):
        cells = "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True))
        line = cut(cells, style.width).rstrip()
        code = STRONG if place == 0 else VERDICTS.get(row[0], STRONG)
        yield f"{style.paint(line[: len(row[0])], code)}{line[len(row[0]) :]}"
        below = " " * (widths[0] + 2)
        yield from wrapped(fix, style.width, below, below)


def _cells(report: ModelReport) -> tuple[str, str, str, str]:
    troubles = [finding for finding in report.counted if finding.severity > Severity.INFO]
    name = _place(report)
    word = standing(report)
    if not troubles:
        return (word, name, "-", "") if word == HEALTHY else (_OPEN, name, word, "")
    head, fix = troubles[0], suggested_fix(troubles)
    more = f" (+{len(troubles) - 1})" if len(troubles) > 1 else ""
    return word[:_WIDEST], name, f"{printable(head.rule)}{more}", _told(fix)


def _told(fix: Fix | None) -> str:
    """`use relu; training loss 101% -> 21% of the baseline`; `use relu (not tried)`."""
    if fix is None:
        return "no fix found"
    title = clipped(fix.title, NAME)
    return "; ".join(filter(None, (title, moved(fix, 0)))) if fix.after else f"{title} ({fix.status})"


def _place(report: ModelReport) -> str:
    """Where to look: the finding's place in its source, else the source, else the name; its end where it is long."""
    found = next((f.location for f in report.counted if f.location is not None), None)
    place = printable_line(str(found or report.model.source or report.model.name))
    return place if columns(place) <= _WIDEST else f"...{place[len(place) - _WIDEST + 3 :]}"
