"""The report as a terminal shows it: findings with their line, a verdict for each model, the counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Literal, TypeAlias

from gradaudit.errors import Location
from gradaudit.finding import Change, Finding, Fix, Severity
from gradaudit.formats.signal_bars import signal_bars
from gradaudit.formats.visible import visible
from gradaudit.numbers import number
from gradaudit.report import ModelReport, Report
from gradaudit.spec import Plain

SIGNAL_RULES = frozenset(
    {"vanishing-gradient", "exploding-gradient", "gradient-underflow", "non-finite-values", "init-activation-mismatch"}
)
"""Rules whose finding is easier to believe with the error signal of every layer beside it."""

Detail: TypeAlias = Literal["quiet", "normal", "verbose"]

_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_VERDICTS = {"error": "1;31", "warning": "1;33", "healthy": "1;32"}
_WIDTH = 100
_EXCERPT = 100
_SHORT = 4


@dataclass(frozen=True, slots=True)
class TextFormat:
    """Lines of text; ANSI colours only where `color` is set, and nothing else that a terminal would obey."""

    color: bool = False
    detail: Detail = "normal"
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """(file, line) → that line of the source, as far as the caller could read it."""
    name: str = "text"
    suffix: str = ".txt"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        blocks = [line for model in report.reports for line in self._model(model)]
        if self.detail != "quiet":
            blocks.append(self._counts(report))
        return "".join(f"{inert(line)}\n" for line in blocks).encode("utf-8", "replace")

    def _model(self, report: ModelReport) -> Iterator[str]:
        listed = report.findings if self.detail == "verbose" else report.counted
        for finding in listed:
            yield self._headline(finding, report)
            if self.detail != "quiet":
                yield from self._excerpt(finding.location)
                yield from self._reasons(finding)
        if self.detail != "quiet":
            yield from self._verdict(report)

    def _headline(self, finding: Finding, report: ModelReport) -> str:
        place = printable_line(str(finding.location or report.model.source or report.model.name))
        severity = self._paint(f"{finding.severity}[{printable(finding.rule)}]", _COLORS[finding.severity])
        return f"{place}: {severity} {printable(finding.message)}"

    def _excerpt(self, place: Location | None) -> Iterator[str]:
        """The line of the source with a caret under the column; a window of it where it is very long."""
        line = self.lines.get((place.file, place.line)) if place and place.line else None
        if place is None or line is None:
            return
        column = place.column or 1
        start = max(0, column - _EXCERPT // 2)
        yield f"{place.line:>5} | {printable_line(line[start : start + _EXCERPT])}".rstrip()
        if place.column:
            yield f"      | {' ' * len(printable_line(line[start : column - 1]))}{self._paint('^', '1')}"

    def _reasons(self, finding: Finding) -> Iterator[str]:
        if finding.suppressed is not None:
            yield f"  suppressed: {printable(finding.suppressed)}"
        yield from _paragraph("cause", finding.cause)
        stage = f" ({finding.stage})" if finding.stage else ""
        yield from _paragraph(f"evidence{stage}", evidence_text(finding.evidence, whole=self.detail == "verbose"))
        for fix in finding.fixes:
            yield from self._fix(fix)

    def _fix(self, fix: Fix) -> Iterator[str]:
        yield f"  fix: {printable(fix.title)}{_proof(fix)}"
        for change in fix.changes:
            yield f"    {change_text(change)}"
        if fix.code:
            yield f"    in scikit-learn: {printable(fix.code)}"
        yield from _paragraph("  measured", moved_numbers(fix))
        if self.detail == "verbose":
            yield from _paragraph("  why", fix.why)

    def _verdict(self, report: ModelReport) -> Iterator[str]:
        source = f" ({printable_line(report.model.source)})" if report.model.source else ""
        name = f"{printable(report.model.name)}{source}"
        verdict = self._paint(printable(report.verdict), _VERDICTS.get(report.verdict, "1"))
        yield f"{name}: {verdict} - {printable(report.summary)}"
        yield from signal_bars(report, self._stages(report))
        if report.counted or self.detail == "verbose":
            yield from _paragraph("assumed", "; ".join(report.model.assumed))
        if self.detail == "verbose":
            yield from _circumstances(report)
        yield ""

    def _stages(self, report: ModelReport) -> tuple[str, ...]:
        """The stages whose error signal is worth a look: those of findings about it, or with -v all."""
        if self.detail == "verbose":
            return tuple(report.measurements.stages)
        found = [finding.stage for finding in report.counted if finding.rule in SIGNAL_RULES and finding.stage]
        return tuple(found[:1])

    def _counts(self, report: Report) -> str:
        color = {Severity.ERROR: "1;31", Severity.WARNING: "1;33"}.get(report.worst or Severity.INFO, "1;32")
        return f"{self._paint(tally(report), color)}{tally_of_models(report)}"

    def _paint(self, text: str, code: str) -> str:
        return paint(text, code) if self.color else text


FORMAT = TextFormat()


def paint(text: str, code: str) -> str:
    """The text in a colour: an ANSI code such as `1;31`, none where it is empty."""
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def printable_line(text: str) -> str:
    """On one line as it is, each tab and line feed a space; what a terminal would obey stands there as its escape."""
    return visible(text.translate({9: " ", 10: " "}))


def printable(text: str) -> str:
    """The same with every run of white space a single space."""
    return printable_line(" ".join(text.split()))


def inert(line: str) -> str:
    """GitHub's runner obeys a line that begins with `::`, white space aside, and `##[` anywhere in it."""
    if line.lstrip().startswith("::"):
        line = line.replace("::", ": :", 1)
    return line.replace("##[", "## [")


def _paragraph(label: str, text: str) -> Iterator[str]:
    if not text:
        return
    yield from wrap(
        f"{label}: {printable(text)}",
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def evidence_text(evidence: Mapping[str, Plain], *, whole: bool) -> str:
    """`measured 1.9e-7, limit 0.0001`; the rest where it is short, or with -v all of it."""
    shown = list(evidence.items()) if whole else [pair for pair in evidence.items() if _is_short(pair[1])][:_SHORT]
    return ", ".join(f"{key.replace('_', ' ')} {value_text(value)}" for key, value in shown)


def _is_short(value: Plain) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= 40


def value_text(value: Plain) -> str:
    """A value as a spec would write it on one line, numbers to three digits."""
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{printable(key)}: {value_text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(value_text(part) for part in value) + "]"
    return printable(str(value))


def change_text(change: Change) -> str:
    """`init: glorot_normal -> he_normal`, `init: he_normal (new)`, `layers[3]: 30 -> removed`."""
    path = printable(change.path)
    if change.old is None:
        return f"{path}: {value_text(change.new)} (new)"
    return f"{path}: {value_text(change.old)} -> {'removed' if change.new is None else value_text(change.new)}"


def _proof(fix: Fix) -> str:
    return f" ({printable(fix.status)})"


def moved_numbers(fix: Fix) -> str:
    """The numbers that the changes move."""
    moved = [key for key in fix.before if key in fix.after and fix.before[key] != fix.after[key]]
    return ", ".join(
        f"{key.replace('_', ' ')} {value_text(fix.before[key])} -> {value_text(fix.after[key])}" for key in moved
    )


def _circumstances(report: ModelReport) -> Iterator[str]:
    """Facts of the model and of the measurement, for -v."""
    settings = report.settings
    yield from _paragraph("model", ", ".join(f"{key} {value}" for key, value in report.model.facts.items()))
    measured = f"{_counted(settings.seeds, 'seed')} from {settings.seed}, {settings.samples} samples, {settings.effort}"
    yield from _paragraph("measured", "; ".join((measured, *settings.stand_ins)))
    yield from _paragraph("versions", ", ".join(f"{key} {value}" for key, value in report.versions.items()))
    if report.command:
        yield f"  again: {printable_line(report.command)}"


def counts(report: Report) -> str:
    """1 error, 2 warnings in 3 models; 1 finding suppressed."""
    return f"{tally(report)}{tally_of_models(report)}"


def tally(report: Report) -> str:
    """1 error, 2 warnings, and information where there is any: of what counts."""
    found = [sum(f.severity is severity for f in report.findings()) for severity in Severity]
    parts = [_counted(found[Severity.ERROR], "error"), _counted(found[Severity.WARNING], "warning")]
    parts += [f"{found[Severity.INFO]} info"] if found[Severity.INFO] else []
    return ", ".join(parts)


def tally_of_models(report: Report) -> str:
    """What follows: in how many models, and what was left out."""
    return f" in {_counted(len(report.reports), 'model')}{_left_out(report)}"


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def _left_out(report: Report) -> str:
    """What does not count and must not be overlooked."""
    sources = len({failure.source for failure in report.errors if not failure.internal})
    faults = sum(failure.internal for failure in report.errors)
    silenced = sum(len(model.findings) - len(model.counted) for model in report.reports)
    parts = [f"{_counted(sources, 'source')} not audited"] if sources else []
    parts += [_counted(faults, "fault") + " of gradaudit's own"] if faults else []
    parts += [f"{_counted(silenced, 'finding')} suppressed"] if silenced else []
    return "".join(f"; {part}" for part in parts)
