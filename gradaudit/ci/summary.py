"""The audit step's result in Markdown, for the job's summary and the comment: a sentence, a table, the findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gradaudit.ci.event import Base
from gradaudit.ci.outcome import ModelOutcome, count_findings
from gradaudit.domain.findings import Finding
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Report
from gradaudit.formats.markdown import MarkdownFormat
from gradaudit.formats.standing import HEALTHY, badness, standing
from gradaudit.text.markdown_text import cell, code, words

_ICONS = {"error": "❌", "warning": "⚠️", "healthy": "✅"}
_OPEN = "⚪"
_NAME, _PLACE, _SENTENCE = 60, 120, 500
_ROWS, _RULES, _DELETED = 30, 5, 10
"""So many models, rules of a cell and deleted models are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What the audit step came to: the two states of the models, side by side."""

    report: Report | None
    """None where gradaudit did not come so far."""
    models: tuple[ModelOutcome, ...] = ()
    base: Base = field(default_factory=Base)
    compared: bool = False
    """Whether something that was known counts as known."""
    partial: bool = False
    """The state before was audited for the models alone in which something is found now."""
    unchanged: int = 0
    removed: tuple[str, ...] = ()

    @property
    def is_news(self) -> bool:
        """Worth a comment of its own: something counts, or could not be audited, or is mended."""
        fell = self.report is None or bool(self.report.errors)
        return fell or any(model.now.verdict != "healthy" or model.gone for model in self.models)


def headline(result: StepResult) -> str:
    """The sentence: what is new and what is gone, or what there is where nothing was compared."""
    if result.report is None:
        return "the audit could not be finished"
    failed = len({failure.source for failure in result.report.errors})
    parts = [_found(result)] if result.models else []
    parts += [f"{counted(failed, 'source')} not audited, or not in full"] if failed else []
    return "; ".join(parts) or "no model changed"


def _found(result: StepResult) -> str:
    new, quiet = ("new ", "nothing new") if result.compared else ("", "nothing found")
    counts = {kind: count_findings(result.models, kind) for kind in ("error", "warning")}
    found = ", ".join(counted(number, new + kind) for kind, number in counts.items() if number)
    gone = sum(len(model.gone) for model in result.models)
    left = f", {counted(gone, 'finding')} gone" if gone else ""
    return f"{found or quiet} in {counted(len(result.models), 'model')}{left}"


def markdown(result: StepResult) -> str:
    """The whole text, as long as a comment may be."""
    blocks = (f"### gradaudit: {headline(result)}", " ".join(_context(result)), "\n".join(_table(result)))
    opening = "\n\n".join(block for block in blocks if block)
    return MarkdownFormat(opening=opening).render(result.report or Report(())).decode()


def _context(result: StepResult) -> Iterator[str]:
    if result.report is None:
        yield "What went wrong stands in the step's log."
    if result.models and result.compared and result.base.commit:
        yield f"Compared with {code(result.base.commit[:10], _NAME)}: what was found there already does not count."
        if result.partial:
            yield "Of the models in which nothing is found now, the state before was not audited."
    elif result.models and result.compared:
        yield "What the baseline has does not count."
    elif result.base.missing:
        yield f"Everything counts, since {words(result.base.missing, _SENTENCE)}."
    if result.unchanged:
        yield f"Not changed and left out: {counted(result.unchanged, 'model')}."
    if result.removed:
        more = f" and {len(result.removed) - _DELETED} more" if len(result.removed) > _DELETED else ""
        yield f"Deleted: {', '.join(code(name, _PLACE) for name in result.removed[:_DELETED])}{more}."


def _table(result: StepResult) -> Iterator[str]:
    if not result.models:
        return
    models = sorted(result.models, key=lambda model: badness(model.now))
    both, alone = ("model", "before", "now", "new", "as before", "gone"), ("model", "verdict", "found")
    columns = both if result.compared else alone
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for model in models[:_ROWS]:
        yield f"| {' | '.join(_compared(model) if result.compared else _alone(model))} |"
    if len(models) > _ROWS:
        yield f"\n*{len(models) - _ROWS} more models are in the reports.*"


def _alone(model: ModelOutcome) -> tuple[str, ...]:
    return _name(model), _verdict(model), _rules(model.now.counted)


def _compared(model: ModelOutcome) -> tuple[str, ...]:
    before = f"{_ICONS.get(standing(model.before), _OPEN)} {standing(model.before)}" if model.before else "–"
    new = ", ".join(filter(None, (_rules(model.new, ""), *(f"{rule}: worse" for rule in _named(model.worse)))))
    return _name(model), before, _verdict(model), new or "–", _rules(model.known), _rules(model.gone)


def _name(model: ModelOutcome) -> str:
    """The file, and the name that the model has in it where it has one."""
    shown = model.now.model
    has_name = shown.named or f"{shown.name}." not in shown.source.rpartition("/")[2]
    return cell(code(shown.source, _PLACE) + (f" {code(shown.name, _NAME)}" if has_name else ""))


def _verdict(model: ModelOutcome) -> str:
    """With what was there before; of what has no finding, whether it may be called healthy."""
    word = model.verdict if model.verdict != HEALTHY else standing(model.now)
    return f"{_ICONS.get(word, _OPEN)} {word}"


def _rules(findings: Sequence[Finding], nothing: str = "–") -> str:
    return ", ".join(_named(findings)) or nothing


def _named(findings: Iterable[Finding]) -> list[str]:
    """Each rule once, with how bad it is where that is not clear."""
    rules = list(dict.fromkeys(f"{code(finding.rule, _NAME)} ({finding.severity})" for finding in findings))
    return rules if len(rules) <= _RULES else [*rules[:_RULES], f"{len(rules) - _RULES} more"]
