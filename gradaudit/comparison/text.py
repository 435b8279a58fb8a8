"""A comparison as a terminal shows it: a paragraph a model, the worst first, and the counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.comparison.interface import Comparison, FindingChange, ModelComparison
from gradaudit.comparison.wording import (
    before_and_after,
    circumstances,
    heading,
    is_shown,
    moved,
    rest,
    tally,
    verdicts,
)
from gradaudit.formats.finding_text import PARAGRAPH, Detail
from gradaudit.text.columns import wrapped
from gradaudit.text.printable import clipped, inert, printable
from gradaudit.text.text_style import GOOD, STRONG, TextStyle

_BAD, _MARK, _NAME = "1;31", 9, 200
_COLORS = {"worse": _BAD, "new": _BAD, "better": GOOD, "gone": GOOD, "milder": GOOD}


@dataclass(frozen=True, slots=True)
class ComparisonText:
    """Lines of text in a style, nothing in them that a terminal or a CI runner would obey."""

    style: TextStyle = TextStyle()
    detail: Detail = "normal"

    def render(self, comparison: Comparison) -> bytes:
        lines: list[str] = []
        for model in comparison.models:
            if is_shown(model) or self.detail == "verbose":
                lines += [*self._model(model), *([] if self.detail == "quiet" else [""])]
        if self.detail != "quiet":
            lines += self._last(comparison)
        return "".join(f"{inert(line)}\n" for line in lines).encode("utf-8", "replace")

    def _model(self, model: ModelComparison) -> Iterator[str]:
        yield from self._heading(model)
        for edit in model.edits if self.detail != "quiet" else ():
            yield from self._row("edited", edit)
        for change in model.findings:
            if change.kind != "same" or self.detail == "verbose":
                yield from self._finding(change)
        for number in model.numbers if self.detail == "verbose" else moved(model):
            said = f"{number.label}: {before_and_after(number)}"
            yield from self._row(number.outcome, f"{said}, {number.evidence}" if number.evidence else said)
        if self.detail == "quiet":
            return
        if self.detail != "verbose" and rest(model):
            yield from self._row("", rest(model))
        for note in (*model.notes, circumstances(model)):
            if note and (note in model.notes or self.detail == "verbose"):
                yield from self._row("note", note)

    def _heading(self, model: ModelComparison) -> Iterator[str]:
        source = f" ({clipped(model.source, _NAME)})" if model.source else ""
        was = f", was {clipped(model.was, _NAME)}" if model.was else ""
        word = heading(model)
        name = f"{clipped(model.name, _NAME)}{source}{was}: "
        first, *others = wrapped(f"{name}{word} ({verdicts(model)})", self.style.width, "", "  ")
        if first.startswith(name + word):
            first = name + self.style.paint(word, _COLORS.get(model.trend, STRONG)) + first[len(name + word) :]
        yield from (first, *others)

    def _finding(self, change: FindingChange) -> Iterator[str]:
        found, old = change.finding, change.before
        graded = f"{old.severity} -> {found.severity}" if old and change.kind in ("worse", "milder") else found.severity
        at = f"{found.location}: " if found.location and change.kind != "gone" else ""
        excuse = f" [{change.excuse}]" if change.excuse else ""
        yield from self._row(change.kind, f"{at}{graded}[{found.rule}] {found.message}{excuse}")

    def _row(self, mark: str, text: str) -> Iterator[str]:
        """A word in a column of its own, and what it is about."""
        blanks = " " * (_MARK + 2)
        first, *others = [*wrapped(clipped(text, PARAGRAPH), self.style.width, blanks, blanks)] or [blanks]
        yield f"  {self.style.paint(mark, _COLORS.get(mark, ''))}{' ' * (_MARK - len(mark))}{first[len(blanks) :]}"
        yield from others

    def _last(self, comparison: Comparison) -> Iterator[str]:
        color = _BAD if comparison.harm is not None else GOOD
        yield self.style.paint(printable(tally(comparison)), color)
