"""A line a model: its verdict and its name."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.domain.report import Report
from gradaudit.text.printable import inert


@dataclass(frozen=True, slots=True)
class NamesFormat:
    """`error	model`."""

    name: str = "names"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        return "".join(f"{each.verdict}\t{inert(each.model.name)}\n" for each in report.reports).encode()


FORMAT = NamesFormat()
