"""The report as Markdown, for a job's summary and for a comment on a pull request: bounded, and safe to post."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.report import Failure, ModelReport, Report
from gradaudit.formats.attempts import in_vain, shown_fixes
from gradaudit.formats.finding_text import evidence_text
from gradaudit.formats.gains import gains
from gradaudit.formats.signal_bars import signal_bars
from gradaudit.formats.standing import HEALTHY, badness, is_healthy, standing
from gradaudit.formats.tally import counts
from gradaudit.text.markdown_text import bounded, cell, code, words
from gradaudit.text.printable import value_text
from gradaudit.text.text_style import TextStyle
from gradaudit.text.wording import STAGES, layer_names, sentence

ROWS, FINDINGS, CHANGES = 50, 12, 8
_NAME, _PLACE, _SENTENCE = 60, 120, 500
_ICONS = {"error": "❌", "warning": "⚠️", "healthy": "✅", "info": "ℹ️"}
_OPEN = "⚪"


@dataclass(frozen=True, slots=True)
class MarkdownFormat:
    """GitHub's Markdown: a table of verdicts, then each model that has findings, the worst first."""

    opening: str = ""
    """Markdown that stands in place of the heading and the table of verdicts, where there is something better."""
    name: str = "markdown"
    needs: tuple[str, ...] = ("signal",)

    def render(self, report: Report) -> bytes:
        models = sorted(report.reports, key=badness)
        opening = (self.opening,) if self.opening else _head(report, models)
        sections = [_model(model) for model in models if model.counted]
        failures = ("\n".join(_failures(report.errors)),) if report.errors else ()
        head = "\n\n".join((*opening, *failures))
        return bounded(head, sections, "more models have findings; they are in the other reports")


FORMAT = MarkdownFormat()


def _head(report: Report, models: list[ModelReport]) -> Iterator[str]:
    yield f"### gradaudit: {counts(report)}"
    if models:
        rows = (" | ".join(map(cell, _row(model))) for model in models[:ROWS])
        yield "\n".join(("| model | verdict | in a sentence |", "|---|---|---|", *(f"| {row} |" for row in rows)))
    if len(models) > ROWS:
        yield f"*{len(models) - ROWS} more models are in the other reports.*"


def _row(report: ModelReport) -> tuple[str, str, str]:
    verdict = f"{_icon(report)} {words(standing(report), _PLACE)}"
    return code(report.model.name, _NAME), verdict, words(report.summary, _SENTENCE)


def _icon(report: ModelReport) -> str:
    """A tick for what may be called healthy alone."""
    return _ICONS.get(report.verdict, "") if report.verdict != HEALTHY or is_healthy(report) else _OPEN


def _failures(errors: tuple[Failure, ...]) -> Iterator[str]:
    yield "**Not audited, or not in full:**\n"
    for failure in errors[:FINDINGS]:
        fault = "a fault of gradaudit's own: " if failure.internal else ""
        place = code(str(failure.location or failure.source), _PLACE)
        yield f"- {place}: {fault}{words(failure.message, _SENTENCE)}"
    yield from _more(len(errors) - FINDINGS, "more")


def _model(report: ModelReport) -> Iterator[str]:
    """Its findings, and folded away what was measured."""
    name, source = code(report.model.name, _NAME), code(report.model.source, _PLACE)
    yield f"#### {_icon(report)} {name}" + (f" in {source}" if report.model.source else "")
    yield ""
    for finding in report.counted[:FINDINGS]:
        yield from _finding(report, finding)
    yield from _more(len(report.counted) - FINDINGS, "more findings")
    yield ""
    yield from _details(report)


def _finding(report: ModelReport, finding: Finding) -> Iterator[str]:
    place = str(finding.location) if finding.location else ""
    layers = f" ({words(layer_names(report.model, finding.layers), _PLACE)})" if finding.layers else ""
    severity = str(finding.severity)
    where = f" at {code(place, _PLACE)}" if place else ""
    said = words(finding.plainly or finding.message, _SENTENCE)
    yield f"- {_ICONS[severity]} **{severity}** {code(finding.rule, _NAME)}{where}{layers}: {said}"
    if any(other.rule == finding.symptom_of for other in report.counted):
        yield f"  - Cured by the same change as {code(finding.symptom_of or '', _NAME)}."
        return
    if finding.plainly:
        yield f"  - **Measured:** {words(finding.message, _SENTENCE)}"
    if finding.cause:
        yield f"  - **Cause:** {words(finding.cause, _SENTENCE)}"
    for fix in shown_fixes(finding)[:1]:
        yield from _fix(fix)
    if tried := in_vain((finding,)):
        yield f"  - {words(sentence(tried), _SENTENCE)}"


def _fix(fix: Fix) -> Iterator[str]:
    """The best fix: what it changes, and the numbers before and after."""
    yield f"  - **Fix:** {words(fix.title, _SENTENCE)} ({words(fix.status, _SENTENCE)})"
    for change in fix.changes[:CHANGES]:
        yield f"    - {_change(change)}"
    yield from _more(len(fix.changes) - CHANGES, "more changes", indent="    ")
    for name, before, after in gains(fix):
        yield f"    - {words(name, _NAME)}: {before} → **{after}**"


def _change(change: Change) -> str:
    path = code(change.path, _PLACE)
    if change.old is None:
        return f"{path}: {code(value_text(change.new), _PLACE)} (new)"
    new = "removed" if change.new is None else code(value_text(change.new), _PLACE)
    return f"{path}: {code(value_text(change.old), _PLACE)} → {new}"


def _details(report: ModelReport) -> Iterator[str]:
    """Evidence and the gradient of every layer, behind a line to click on."""
    yield "<details><summary>What was measured</summary>"
    yield ""
    for finding in report.counted[:FINDINGS]:
        stage = f", {STAGES[finding.stage]}" if finding.stage else ""
        yield f"- {code(finding.rule, _NAME)}{stage}: {words(evidence_text(finding.evidence, whole=False), _SENTENCE)}"
    yield from _picture(report)
    if report.command:
        yield from ("", f"Again: {code(report.command, _SENTENCE)}")
    yield from ("", "</details>")


def _picture(report: ModelReport) -> Iterator[str]:
    """The bars of the first stage; names in them are letters and digits, so that none can end the block."""
    bars = list(signal_bars(report, tuple(report.measurements.stages)[:1], TextStyle()))
    if bars:
        yield from ("", "```text", *(line.replace("`", "'").removeprefix("  ") for line in bars), "```")


def _more(count: int, what: str, indent: str = "") -> Iterable[str]:
    return (f"{indent}- … {count} {what}",) if count > 0 else ()
