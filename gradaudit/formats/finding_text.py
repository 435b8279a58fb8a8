"""One finding as text: its line for editors, the line of the source, the reasons, the fixes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from gradaudit.domain.findings import Finding, Fix
from gradaudit.domain.report import ModelReport
from gradaudit.errors import Location
from gradaudit.formats.attempts import in_vain, shown_fixes
from gradaudit.formats.gains import gains
from gradaudit.text.columns import columns, cut, wrapped
from gradaudit.text.printable import (
    change_text,
    clipped,
    printable,
    printable_line,
    value_text,
)
from gradaudit.text.text_style import COLORS, GOOD, STRONG, TextStyle

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

Detail: TypeAlias = Literal["quiet", "normal", "verbose"]

PARAGRAPH = 1500
"""Most characters of a text; all of it is in the JSON report."""

_LABEL = 10
_GUTTER = 8
_SHORT = 4


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
        stage = f" ({finding.stage})" if finding.stage and evidence else ""
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
    """`measured 1.9e-7, limit 0.0001, plan is short`; the rest where it is short, or with -v all that there is."""
    known = {key: value for key, value in evidence.items() if value is not None and value is not False}
    texts = [(key, value, "" if value is True else value_text(value)) for key, value in known.items()]
    if not whole:
        texts = [each for each in texts if not isinstance(each[1], dict | list) and len(each[2]) <= 40][:_SHORT]
    return ", ".join(f"{key.replace('_', ' ')} {text}".rstrip() for key, _, text in texts)


def _moved(fix: Fix) -> str:
    """The numbers that the changes move."""
    return "; ".join(f"{name[:1].lower()}{name[1:]}: {before} -> {after}" for name, before, after in gains(fix))
