"""The report as a terminal shows it: findings with their line, a verdict for each model, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gradaudit.finding import Finding, Severity
from gradaudit.formats.columns import wrapped
from gradaudit.formats.conclusion import advice, conclusion
from gradaudit.formats.finding_text import PARAGRAPH, Detail, FindingText, FixList, labelled
from gradaudit.formats.look import COLORS, GOOD, STRONG, Look
from gradaudit.formats.printable import clipped, counted, inert, printable_line
from gradaudit.formats.signal_bars import SIGNAL_RULES, signal_bars
from gradaudit.formats.tally import tally, tally_of_models
from gradaudit.report import ModelReport, Report

_VERDICTS = {"error": COLORS[Severity.ERROR], "warning": COLORS[Severity.WARNING], "healthy": GOOD}
_NAME = 200


@dataclass(frozen=True, slots=True)
class TextFormat:
    """Lines of text in a look; ANSI colours only where that wants them, and nothing else that a terminal would obey."""

    look: Look = Look()
    detail: Detail = "normal"
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """(file, line) → that line of the source, as far as the caller could read it."""
    name: str = "text"
    suffix: str = ".txt"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        lines = [*self._models(report)]
        if self.detail != "quiet":
            lines += ["", *self._last(report)] if lines else self._last(report)
        return "".join(f"{inert(line)}\n" for line in lines).encode("utf-8", "replace")

    def _models(self, report: Report) -> Iterator[str]:
        """All models, a blank line between two unless neither has more to say than its verdict."""
        held = Counter(each.model.source for each in report.reports)
        was_short = True
        for index, each in enumerate(report.reports):
            is_short = self.detail == "quiet" or not self._listed(each)
            if index and not (was_short and is_short):
                yield ""
            yield from self._model(each, is_named=held[each.model.source] > 1)
            was_short = is_short

    def _model(self, report: ModelReport, *, is_named: bool) -> Iterator[str]:
        listed = self._listed(report)
        fixes = FixList.of(listed)
        printer = FindingText(self.look, self.detail, self.lines, report, fixes, is_named)
        for place, finding in enumerate(listed):
            yield from printer.block(finding, place)
            if self.detail != "quiet":
                yield ""
        if self.detail != "quiet":
            yield from self._verdict(report, fixes)

    def _listed(self, report: ModelReport) -> tuple[Finding, ...]:
        return report.findings if self.detail == "verbose" else report.counted

    def _verdict(self, report: ModelReport, fixes: FixList) -> Iterator[str]:
        """The layers' signal, what was assumed, and last what a person would say."""
        yield from signal_bars(report, self._stages(report), self.look)
        if report.counted or self.detail == "verbose":
            yield from labelled("assumed", "; ".join(report.model.assumed), self.look)
        if self.detail == "verbose":
            yield from self._circumstances(report)
        source = f" ({clipped(report.model.source, _NAME)})" if report.model.source else ""
        word = clipped(report.verdict, _NAME)  # a report may have been read from a file that anybody wrote
        name = f"{clipped(report.model.name, _NAME)}{source}: {word}"
        said = f"{name} - {clipped(conclusion(report, fixes), PARAGRAPH)}"
        first, *rest = wrapped(said, self.look.width, "", "  ")
        verdict = self.look.paint(word, _VERDICTS.get(word, STRONG))
        yield f"{name.removesuffix(word)}{verdict}{first[len(name) :]}" if first.startswith(name) else first
        yield from rest

    def _stages(self, report: ModelReport) -> tuple[str, ...]:
        """The stages whose error signal is worth a look: those of findings about it, or with -v all."""
        if self.detail == "verbose":
            return tuple(report.measurements.stages)
        found = [finding.stage for finding in report.counted if finding.rule in SIGNAL_RULES and finding.stage]
        return tuple(found[:1])

    def _circumstances(self, report: ModelReport) -> Iterator[str]:
        """Facts of the model and of the measurement, for -v."""
        settings = report.settings
        seeds = f"{counted(settings.seeds, 'seed')} from {settings.seed}"
        measured = f"{seeds}, {settings.samples} samples, {settings.effort}"
        yield from labelled("model", _facts(report.model.facts), self.look)
        yield from labelled("measured", "; ".join((measured, *settings.stand_ins)), self.look)
        yield from labelled("versions", _facts(report.versions), self.look)
        if report.command:
            yield f"  again:    {printable_line(report.command)}"

    def _last(self, report: Report) -> Iterator[str]:
        """The counts, and what to type next."""
        worst = report.worst or Severity.INFO
        color = COLORS[worst] if worst > Severity.INFO else "" if report.errors else GOOD
        yield f"{self.look.paint(tally(report), color)}{tally_of_models(report)}"
        if command := advice(report):
            yield printable_line(command)


FORMAT = TextFormat()


def _facts(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.items())
