"""Items taken from lists and mappings, and keys added to mappings, in block and in flow style."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from gradaudit.editing.source_text import SourceText, indent_of

Span = tuple[int, int]

_ENDS_LINE = re.compile(r"\s*,?\s*(?:#.*)?")


def take_from_block(source: SourceText, spans: Sequence[Span], stays: Sequence[bool]) -> None:
    """Cut the items that do not stay, line by line; `- init: zeros` as a layer's first line gives its dash on."""
    first = stays.index(True) if True in stays else 0
    if first and source.before(spans[0][0]).strip():
        source.cut(spans[0][0], spans[first][0])
    else:
        first = 0
    for span, stay in zip(spans[first:], stays[first:], strict=True):
        if not stay:
            source.cut(*span)


def add_to_block(source: SourceText, span: Span, pairs: Sequence[str]) -> None:
    """New keys on lines of their own behind an entry, its comments, and the comments that are indented as its value."""
    start, end = span
    column = len(source.before(start))
    place = source.line_end(end)
    while source.line_end(start) < end and (below := _comment_below(source, place, column)):
        place = below
    source.insert(place, "".join(f"{source.line_break}{' ' * column}{each}" for each in pairs))


def _comment_below(source: SourceText, line_end: int, column: int) -> int | None:
    """The end of the next line where it is nothing but a comment right of the column."""
    start = source.next_line(line_end)
    indent = start + len(indent_of(source.after(start)))
    return source.comments.get(indent) if indent > start + column else None


def edit_flow(
    source: SourceText, spans: Sequence[Span], stays: Sequence[bool], added: Mapping[int, Sequence[str]], close: int
) -> None:
    """Cut the items between brackets that do not stay, and add pairs behind those at the given places."""
    if not spans:
        return
    follows = [*(start for start, _ in spans[1:]), close]
    commas = [source.find(",", end, follow) for (_, end), follow in zip(spans, follows, strict=True)]
    behind_line = [place for place in added if _has_own_comment(source, spans[place], commas[place])]
    for stay, run in groupby(enumerate(stays), key=lambda item: item[1]):
        if stay:
            continue
        taken = [place for place, _ in run]
        first, last = taken[0], taken[-1]
        start, end, comma = spans[first][0], spans[last][1], commas[last]
        if comma is not None:
            end = comma + 1
        elif first and (before := commas[first - 1]) is not None and first - 1 not in behind_line:
            if source.text[before + 1 : start].strip(" \t"):
                source.cut(before, before + 1)
            else:
                start = before
        source.cut(start, end)
    for place, pairs in added.items():
        if place in behind_line:
            _add_behind_comment(source, spans[place], pairs, has_comma=commas[place] is not None)
        else:
            source.insert(spans[place][1], "".join(f",{_gap(source, spans[place])}{each}" for each in pairs))


def _stands_alone(source: SourceText, span: Span) -> bool:
    """Whether the pair has a line of its own."""
    return not source.before(span[0]).strip() and bool(_ENDS_LINE.fullmatch(source.after(span[1])))


def _has_own_comment(source: SourceText, span: Span, comma: int | None) -> bool:
    """Whether the pair has a line of its own with a comment, behind the comma if there is one."""
    has_comment = source.comment_in(span[1], source.line_end(span[1])) is not None
    return has_comment and _stands_alone(source, span) and (comma is None or comma < source.line_end(span[1]))


def _gap(source: SourceText, span: Span) -> str:
    """What stands between a pair and the next one."""
    return source.line_break + source.before(span[0]) if _stands_alone(source, span) else " "


def _add_behind_comment(source: SourceText, span: Span, pairs: Sequence[str], *, has_comma: bool) -> None:
    gap = _gap(source, span)
    if not has_comma:
        source.insert(span[1], ",")
    lines = ",".join(f"{gap}{each}" for each in pairs)
    source.insert(source.line_end(span[1]), lines + ("," if has_comma else ""))
