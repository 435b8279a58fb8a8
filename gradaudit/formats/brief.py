"""One model in the lines that decide: verdict and plain sentence, cause, best fix with before and after, the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.report import ModelReport
from gradaudit.formats.attempts import fixed_by, in_vain, suggested_fix
from gradaudit.formats.gains import is_gain, moved_numbers
from gradaudit.formats.standing import HEALTHY, standing
from gradaudit.text.columns import columns, wrapped
from gradaudit.text.numbers import of_baseline, share_left
from gradaudit.text.printable import change_text, clipped, measured_text, printable, printable_line
from gradaudit.text.text_style import COLORS, GOOD, STRONG, TextStyle
from gradaudit.text.wording import name_of

VERDICTS = {"error": COLORS[Severity.ERROR], "warning": COLORS[Severity.WARNING], HEALTHY: GOOD}
NAME, TITLE = 200, 80
_LABEL = 10
_SENTENCE, _HEALTHY, _CAUSE, _FIX = 3, 2, 2, 3
"""Most lines of the sentence, of a healthy model's, of the cause, of the fix with its changes."""
_MOVED = 2


def brief(report: ModelReport, style: TextStyle) -> Iterator[str]:
    """At most 10 lines of a sick model, and of a healthy one the verdict alone."""
    yield from _verdict(report, style)
    troubles = [finding for finding in report.counted if finding.severity > Severity.INFO]
    if not troubles:
        return
    head, *others = troubles
    yield from _cause(report, head, style)
    yield from _fix(troubles, style)
    symptoms = [f for f in others if f.symptom_of == head.rule]
    same = f"cured by the same change: {', '.join(printable(f.rule) for f in symptoms)}" if symptoms else ""
    apart = [f for f in report.counted if f is not head and f not in symptoms]
    rest = ", ".join(f"{f.severity}[{printable(f.rule)}]" for f in apart)
    yield from row("also", "; ".join(filter(None, (same, rest))), style, most=1)


def moved(fix: Fix, room: int) -> str:
    """The numbers that it moves, as many as fit, the training loss first."""
    both = moved_numbers(fix)
    changed = [key for key, (before, after) in both.items() if before != after and is_gain(fix, key)]
    if "progress" in both:
        changed = ["progress", *(key for key in changed if key not in ("progress", "loss_after"))]
    said = ""
    for key in changed[:_MOVED]:
        longer = "; ".join(filter(None, (said, _pair(key, *both[key]))))
        said = longer if columns(longer) <= room or not said else said
    return said


def _pair(key: str, before: float, after: float) -> str:
    if key == "progress":
        return f"training loss {share_left(before)} -> {of_baseline(after)}"
    return f"{printable(name_of(key))} {measured_text(key, before)} -> {measured_text(key, after)}"


def _verdict(report: ModelReport, style: TextStyle) -> Iterator[str]:
    source = f" ({clipped(report.model.source, NAME)})" if report.model.source else ""
    word, name = standing(report), f"{clipped(report.model.name, NAME)}{source}: "
    healthy = report.verdict == HEALTHY
    said, most = printable(report.summary), _HEALTHY if healthy else _SENTENCE
    whole = f"{name}{word} - {said}"
    if healthy and len([*wrapped(whole, style.width, "", "  ")]) > most:
        whole = f"{name}{word} - {said.partition(';')[0].rstrip('.')}."
    lines = _few(whole, style.width, "", "  ", most)
    first, *rest = lines
    painted = style.paint(word, VERDICTS.get(word, STRONG))
    yield first.replace(name + word, name + painted, 1) if first.startswith(name + word) else first
    yield from rest


def _cause(report: ModelReport, finding: Finding, style: TextStyle) -> Iterator[str]:
    """`file:line:col: severity[rule] cause`, which editors read, over at most two lines."""
    place = printable_line(str(finding.location or report.model.source or report.model.name))
    rule = f"{finding.severity}[{printable(finding.rule)}]"
    said = printable(finding.cause or finding.message).partition("; ")[0]
    first, *rest = _few(f"{place}: {rule} {said}", style.width, "", " " * (_LABEL + 2), _CAUSE)
    yield first.replace(rule, style.paint(rule, COLORS[finding.severity]), 1)
    yield from rest


def _fix(troubles: Sequence[Finding], style: TextStyle) -> Iterator[str]:
    fix = suggested_fix(troubles)
    if fix is None:
        tried = in_vain(troubles)
        yield from row("fix", f"none was found{f'; {tried}' if tried else ''}", style, most=_FIX - 1)
        return
    changes = "; ".join(change_text(change) for change in fix.changes)
    status = _status(fix, troubles)
    color = GOOD if fix.verified else ""
    title = [*row("fix", f"{clipped(fix.title, TITLE)} ({status})", style, most=_FIX - 1, color=color)]
    yield from title
    yield from row("", changes, style, most=_FIX - len(title))
    yield from row("", moved(fix, style.width - _LABEL - 2), style, most=1)


def _status(fix: Fix, troubles: Sequence[Finding]) -> str:
    """`verified: fixes both findings, better in 8 of 8 seeds`."""
    if not fix.clears or fix.introduces or fix.still_fails:
        return fix.status
    better = f", better in {fix.better[0]} of {fix.better[1]} seeds" if fix.better[1] else ""
    return f"{'verified' if fix.verified else 'tried'}: fixes {fixed_by(fix, troubles)}{better}"


def row(label: str, text: str, style: TextStyle, *, most: int, color: str = "") -> Iterator[str]:
    """A label in its column and a text of at most so many lines; nothing without a text."""
    head = f"  {label + ':' if label else '':<{_LABEL - 1}} "
    for line in _few(printable(text), style.width, head, " " * len(head), most) if text else ():
        bare = line.lstrip()
        yield line[: len(line) - len(bare)] + style.paint(bare, color)


def _few(text: str, width: int, first: str, rest: str, most: int) -> list[str]:
    """The text in lines, cut with an ellipsis where they would be more than that."""
    lines = list(wrapped(text, width, first, rest))
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    room = max(width - 4, len(rest) + 1)
    return [*lines[: most - 1], f"{last[:room].rstrip(' ,;:')} ..."]
