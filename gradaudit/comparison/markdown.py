"""A comparison as Markdown for a job's summary or a comment: bounded, and names as mere text."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.comparison.interface import Comparison, FindingChange, ModelComparison, NumberChange
from gradaudit.comparison.wording import circumstances, heading, is_shown, moved, rest, tally, value, verdicts
from gradaudit.domain.report import Failure
from gradaudit.text.markdown_text import bounded, cell, code, words

ROWS, FINDINGS = 50, 12
_NAME, _PLACE, _SENTENCE = 60, 120, 500
_ICONS = {"worse": "❌", "better": "✅", "moved": "➖", "same": "➖"}


def render(comparison: Comparison) -> bytes:
    """A table of models, then each of those that moved, the worst first."""
    sections = [_model(model) for model in comparison.models if is_shown(model)]
    return bounded("\n\n".join(_head(comparison)), sections, "more models changed; they are in the other formats")


def _head(comparison: Comparison) -> Iterator[str]:
    yield f"### gradaudit diff: {words(tally(comparison), _SENTENCE)}"
    if comparison.base and comparison.head:
        yield f"From {code(comparison.base, _PLACE)} to {code(comparison.head, _PLACE)}."
    if comparison.models:
        rows = (
            f"| {cell(code(model.name, _NAME))} | {_ICONS[model.trend]} {heading(model)} | "
            f"{verdicts(model).replace('->', '→')} |"
            for model in comparison.models[:ROWS]
        )
        yield "\n".join(("| model | change | verdict |", "|---|---|---|", *rows))
    if len(comparison.models) > ROWS:
        yield f"*{len(comparison.models) - ROWS} more models are in the other formats.*"
    errors = (*comparison.base_errors, *comparison.head_errors)
    if errors:
        yield "\n".join(("**Not audited, or not in full:**\n", *map(_failure, errors[:FINDINGS])))


def _failure(failure: Failure) -> str:
    return f"- {code(str(failure.location or failure.source), _PLACE)}: {words(failure.message, _SENTENCE)}"


def _model(model: ModelComparison) -> Iterator[str]:
    where = f" in {code(model.source, _PLACE)}" if model.source else ""
    was = f", was {code(model.was, _PLACE)}" if model.was else ""
    yield f"#### {_ICONS[model.trend]} {code(model.name, _NAME)}{where}{was}"
    yield ""
    yield from (f"- edited {words(edit, _SENTENCE)}" for edit in model.edits)
    findings = [change for change in model.findings if change.kind != "same"]
    yield from map(_finding, findings[:FINDINGS])
    if len(findings) > FINDINGS:
        yield f"- … {len(findings) - FINDINGS} more findings"
    if moved(model):
        yield from ("", "| number | before | after | | |", "|---|---|---|---|---|", *map(_number, moved(model)))
    said = [sentence for sentence in (rest(model), circumstances(model), *model.notes) if sentence]
    if said:
        yield from ("", f"<sub>{words('. '.join(s[:1].upper() + s[1:] for s in said), _SENTENCE)}.</sub>")


def _finding(change: FindingChange) -> str:
    found, old = change.finding, change.before
    grade = f"{old.severity} → {found.severity}" if old and change.kind in ("worse", "milder") else str(found.severity)
    at = f" at {code(str(found.location), _PLACE)}" if found.location and change.kind != "gone" else ""
    excuse = f" (*{words(change.excuse, _SENTENCE)}*)" if change.excuse else ""
    return f"- **{change.kind}** {grade} {code(found.rule, _NAME)}{at}: {words(found.message, _SENTENCE)}{excuse}"


def _number(change: NumberChange) -> str:
    row = (
        words(change.label, _NAME),
        value(change, change.before),
        f"**{value(change, change.after)}**",
        change.outcome,
        words(change.evidence, _PLACE),
    )
    return f"| {' | '.join(map(cell, row))} |"
