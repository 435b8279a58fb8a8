"""The report as a terminal shows it: verdict, cause and the best fix; every finding in full where that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gradaudit.domain.findings import Severity
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.brief import brief
from gradaudit.formats.finding_text import FindingText, FixList, labelled
from gradaudit.formats.next_command import next_command
from gradaudit.formats.overview import overview
from gradaudit.formats.signal_bars import signal_bars
from gradaudit.formats.standing import badness, is_healthy
from gradaudit.formats.tally import tally, tally_of_models
from gradaudit.text.printable import inert, printable_line
from gradaudit.text.text_style import COLORS, GOOD, TextStyle

MANY = 4
"""From so many models on, each is a row of a table."""


@dataclass(frozen=True, slots=True)
class TextFormat:
    """Lines of text in a style; ANSI colours only where it wants them, and nothing else that a terminal would obey."""

    style: TextStyle = TextStyle()
    verbose: bool = False
    """Whether every finding is shown in full, the suppressed ones too, with evidence and all fixes."""
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """(file, line) → that line of the source, as far as the caller could read it."""
    name: str = "text"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        lines = [*self._models(report), *self._last(report)]
        return "".join(f"{inert(line)}\n" for line in lines).encode("utf-8", "replace")

    def _models(self, report: Report) -> Iterator[str]:
        ordered = sorted(report.reports, key=badness)
        if len(ordered) >= MANY and not self.verbose:
            yield from overview(ordered, self.style)
            return
        held = Counter(each.model.source for each in ordered)
        was_long = False
        for index, each in enumerate(ordered):
            is_long = self.verbose or any(finding.severity > Severity.INFO for finding in each.counted)
            if index and (was_long or is_long):
                yield ""
            yield from brief(each, self.style)
            if self.verbose:
                yield from self._in_full(each, is_named=held[each.model.source] > 1)
            was_long = is_long

    def _in_full(self, report: ModelReport, *, is_named: bool) -> Iterator[str]:
        """Every finding, the layers' signal, what was assumed, and how it was measured."""
        printer = FindingText(self.style, self.lines, report, FixList.of(report.findings), is_named)
        yield ""
        for place, finding in enumerate(report.findings):
            yield from printer.block(finding, place)
            yield ""
        yield from signal_bars(report, tuple(report.measurements.stages), self.style)
        yield from labelled("assumed", "; ".join(report.model.assumed), self.style)
        yield from self._circumstances(report)

    def _circumstances(self, report: ModelReport) -> Iterator[str]:
        """Facts of the model and of the measurement, for -v."""
        settings = report.settings
        seeds = f"{counted(settings.seeds, 'seed')} from {settings.seed}"
        measured = f"{seeds}, at most {counted(settings.samples, 'row')}, {settings.effort} effort"
        yield from labelled("model", _facts(report.model.facts), self.style)
        yield from labelled("measured", "; ".join((measured, *settings.reservations)), self.style)
        yield from labelled("versions", _facts(report.versions), self.style)
        if report.command:
            yield f"  again:    {printable_line(report.command)}"

    def _last(self, report: Report) -> Iterator[str]:
        """The counts, unless one healthy model has said it all, and what to type next."""
        all_healthy = all(map(is_healthy, report.reports)) and not report.errors
        if not (len(report.reports) == 1 and all_healthy and not any(report.findings())):
            worst = report.worst or Severity.INFO
            color = COLORS[worst] if worst > Severity.INFO else GOOD if all_healthy and report.reports else ""
            if self.verbose and report.reports:
                yield ""
            yield f"{self.style.paint(tally(report), color)}{tally_of_models(report)}"
        if command := next_command(report):
            yield printable_line(command)


FORMAT = TextFormat()


def _facts(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.items())
