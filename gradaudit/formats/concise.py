"""A line a finding, for editors, `grep` and scripts; and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.report import Report
from gradaudit.formats.finding_text import headline
from gradaudit.formats.tally import counts
from gradaudit.text.printable import inert
from gradaudit.text.text_style import TextStyle


@dataclass(frozen=True, slots=True)
class ConciseFormat:
    """`file:line:col: severity[rule] message`, then the counts unless they are not wanted."""

    style: TextStyle = TextStyle()
    counts: bool = True
    name: str = "concise"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        lines = [*_headlines(report, self.style), *((counts(report),) if self.counts else ())]
        return "".join(f"{inert(line)}\n" for line in lines).encode("utf-8", "replace")


FORMAT = ConciseFormat()


def _headlines(report: Report, style: TextStyle) -> Iterator[str]:
    held = Counter(each.model.source for each in report.reports)
    for model in report.reports:
        for finding in model.counted:
            yield headline(finding, model, style, is_named=held[model.model.source] > 1)
