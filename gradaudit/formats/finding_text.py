"""One finding as text: its line for editors, the line of the source, the reasons, the fixes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from gradaudit.domain.findings import Finding, Fix
from gradaudit.domain.report import ModelReport
from gradaudit.errors import Location
from gradaudit.formats.attempts import in_vain, shown_fixes
from gradaudit.formats.gains import gains
from gradaudit.text.columns import columns, cut, wrapped
from gradaudit.text.numbers import percent
from gradaudit.text.printable import (
    change_text,
    clipped,
    printable,
    printable_line,
    value_text,
)
from gradaudit.text.text_style import COLORS, GOOD, STRONG, TextStyle
from gradaudit.text.wording import STAGES, name_of

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

Detail: TypeAlias = Literal["quiet", "normal", "verbose"]

PARAGRAPH = 1500
"""Most characters of a text; all of it is in the JSON report."""

_LABEL = 10
_GUTTER = 8
_SHORT, _SHORT_TEXT = 4, 60
"""Most texts of the evidence where not all of it is asked for, and most characters of each."""
_BESIDE_SEEDS = ("seeds", "share_low", "share_high")
"""What is told with the number of seeds to which it belongs."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A fix with its number, counted from 1, and the place of the finding that shows it first."""

    number: int
    finding: int
    fix: Fix


@dataclass(frozen=True, slots=True)
class FixList:
    """The fixes of one model by number: equal changes are one fix, whichever finding proposes them."""

    listed: Mapping[tuple[str, str], _Listed]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> FixList:
        """Numbered in the order in which the findings show them."""
        listed: dict[tuple[str, str], _Listed] = {}
        for place, finding in enumerate(findings):
            for fix in shown_fixes(finding):
                listed.setdefault((fix.title, fix.edit), _Listed(len(listed) + 1, place, fix))
        return cls(listed)

    def __getitem__(self, fix: Fix) -> _Listed:
        return self.listed[fix.title, fix.edit]


def headline(finding: Finding, report: ModelReport, style: TextStyle, *, is_named: bool) -> str:
    """`file:line:col: severity[rule] message`, on one line however long: editors read it.

    `is_named`: with the model's name, where its source holds several.
    """
    place = printable_line(str(finding.location or report.model.source or report.model.name))
    severity = style.paint(f"{finding.severity}[{printable(finding.rule)}]", COLORS[finding.severity])
    model = f"{printable(report.model.name)}: " if is_named else ""
    return f"{place}: {severity} {model}{printable(finding.message)}"


@dataclass(frozen=True, slots=True)
class FindingText:
    """Prints the findings of one model in full; a fix that an earlier finding shows is only named again."""

    style: TextStyle
    lines: Mapping[tuple[str, int], str]
    report: ModelReport
    fixes: FixList
    is_named: bool
    """Whether each headline names the model: where its source holds several."""

    def block(self, finding: Finding, place: int) -> tuple[str, ...]:
        """The headline, and all that stands under it; `place` is the finding's own in the list."""
        first = headline(finding, self.report, self.style, is_named=self.is_named)
        return (first, *self._excerpt(finding.location), *self._reasons(finding, place))

    def _excerpt(self, place: Location | None) -> Iterator[str]:
        """The line of the source with a caret under the column; a window of it where it is wider than the terminal."""
        line = self.lines.get((place.file, place.line)) if place and place.line else None
        if place is None or line is None:
            return
        room, column = max(self.style.width - _GUTTER, 10), place.column or 1
        start = max(0, column - room // 2) if columns(printable_line(line[: column + 10])) > room else 0
        yield f"{place.line:>5} | {cut(printable_line(line[start : start + room]), room)}".rstrip()
        if place.column:
            before = columns(printable_line(line[start : column - 1]))
            yield f"      | {' ' * before}{self.style.paint('^', STRONG)}" if before < room else "      |"

    def _reasons(self, finding: Finding, place: int) -> Iterator[str]:
        yield from labelled("suppressed", finding.suppressed or "", self.style)
        yield from labelled("cause", finding.cause, self.style)
        evidence = evidence_text(finding.evidence, whole=True)
        stage = f" ({STAGES[finding.stage]})" if finding.stage and evidence else ""
        yield from labelled("evidence", f"{evidence}{stage}", self.style)
        for fix in shown_fixes(finding):
            listed = self.fixes[fix]
            if listed.finding == place:
                yield from self._fix(fix, listed.number)
            else:
                yield from self._same(fix, listed)
        yield from labelled("", in_vain((finding,)), self.style)

    def _fix(self, fix: Fix, number: int) -> Iterator[str]:
        yield from self._title(fix, number, fix.status)
        yield from (_indented(change_text(change)) for change in fix.changes)
        if fix.code:
            yield _indented(f"in scikit-learn: {printable(fix.code)}")
        yield from labelled("", _moved(fix), self.style)
        yield from labelled("", fix.why, self.style)

    def _same(self, fix: Fix, listed: _Listed) -> Iterator[str]:
        """A fix that an earlier finding shows: what it does for this one."""
        yield from self._title(fix, listed.number, f"as above; {fix.status}")
        if _moved(fix) != _moved(listed.fix):
            yield from labelled("", _moved(fix), self.style)

    def _title(self, fix: Fix, number: int, status: str) -> Iterator[str]:
        title = f"{clipped(fix.title, PARAGRAPH)} ({status})"
        yield from labelled(f"fix {number}", title, self.style, GOOD if fix.verified else "")


def labelled(label: str, text: str, style: TextStyle, code: str = "") -> Iterator[str]:
    """A paragraph with its label in a column before it, in a colour where the code names one; none without a text."""
    head, margin = f"  {label + ':' if label else '':<{_LABEL - 1}} ", " " * (_LABEL + 2)
    for line in wrapped(clipped(text, PARAGRAPH), style.width, head, margin):
        bare = line.lstrip()
        yield line[: len(line) - len(bare)] + style.paint(bare, code)


def _indented(text: str) -> str:
    """A line to be copied: never broken."""
    return f"{' ' * (_LABEL + 4)}{text}"


def evidence_text(evidence: Mapping[str, Plain], *, whole: bool) -> str:
    """`measured 1.9e-7, limit 0.001, below the limit in 8 of 8 seeds`; the rest where it is short, or if asked for all.

    What is a mapping is left to the JSON report.
    """
    texts = [each for each in map(partial(_told, evidence), evidence) if each]
    return ", ".join(texts if whole else [text for text in texts if len(text) <= _SHORT_TEXT][:_SHORT])


def _told(evidence: Mapping[str, Plain], key: str) -> str:
    """One number in words, its seeds with their interval; empty where there is nothing to tell, or it is told there."""
    value, words = evidence[key], key.replace("_", " ")
    is_told = key in _BESIDE_SEEDS and any(other.startswith("seeds_") for other in evidence)
    if is_told or value is None or value is False or isinstance(value, dict):
        return ""
    if key.startswith("seeds_") and isinstance(value, int) and not isinstance(value, bool):
        return _in_seeds(name_of(key), value, evidence)
    return words if value is True else f"{words} {value_text(value)}"


def _in_seeds(what: str, hits: int, evidence: Mapping[str, Plain]) -> str:
    """`below the limit in 8 of 8 seeds (95% CI: 68% to 100%)`."""
    of, *interval = (evidence.get(key) for key in _BESIDE_SEEDS)
    among = f" of {of}" if isinstance(of, int) else ""
    low, high = (percent(share) if isinstance(share, float) else "" for share in interval)
    spread = f" (95% CI: {low} to {high})" if low and high else ""
    return f"{what} in {hits}{among} seeds{spread}"


def _moved(fix: Fix) -> str:
    """The numbers that the changes move."""
    return "; ".join(f"{name[:1].lower()}{name[1:]}: {before} -> {after}" for name, before, after in gains(fix))
