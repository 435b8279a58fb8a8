"""A YAML text that is edited by spans: what is cut leaves its comments and blank lines behind."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gradaudit.inputs.yaml_text.tokens import tokens

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line, and with it a comment, for libyaml."""


Edit = tuple[int, int, str]
"""Start and end of a span of the text, and what is put there."""
WIDE = 3
"""Spaces before a comment that nobody types unless the comment is to stand in a column."""
NARROW = 2
"""Spaces that are left before a comment at least."""


def comments(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every comment: what `#` begins outside of scalars. Raises SpecError where it is no YAML."""
    position, scalars = 0, [(t.start, t.end) for t in tokens(text, "") if t.kind == "scalar"]
    for start, end in [*scalars, (len(text), len(text))]:
        while (sign := text.find("#", position, start)) >= 0:
            position = _line_end(text, sign)
            yield sign, position
        position = max(position, end)


def _line_end(text: str, offset: int) -> int:
    found = _BREAK.search(text, offset)
    return found.start() if found else len(text)


class SourceText:
    """A text and the edits of it, which are made all at once; offsets are those of the text as it was."""

    def __init__(self, text: str) -> None:
        found = _BREAK.search(text)
        self.text, self.line_break = text, found.group() if found else "\n"
        self.comments = dict(comments(text))
        self._signs = sorted(self.comments)
        self._breaks = [(each.start(), each.end()) for each in _BREAK.finditer(text)]
        self._edits: list[Edit] = []

    def line_start(self, offset: int) -> int:
        """The offset at which the line of this offset begins."""
        before = bisect_left(self._breaks, (offset, -1))
        return self._breaks[before - 1][1] if before else 0

    def line_end(self, offset: int) -> int:
        """The offset at which that line ends, before its line break."""
        return _line_end(self.text, offset)

    def next_line(self, offset: int) -> int:
        """The offset at which the next line begins; the end of the text where there is none."""
        found = _BREAK.search(self.text, offset)
        return found.end() if found else len(self.text)

    def before(self, offset: int) -> str:
        """What stands before the offset on its line."""
        return self.text[self.line_start(offset) : offset]

    def after(self, offset: int) -> str:
        """What stands behind it on its line."""
        return self.text[offset : self.line_end(offset)]

    def find(self, character: str, start: int, end: int) -> int | None:
        """The first such character of the span that stands in no comment."""
        while (found := self.text.find(character, start, end)) >= 0:
            sign = self.comment_in(self.line_start(found), found)
            if sign is None:
                return found
            start = self.comments[sign]
        return None

    def comment_in(self, start: int, end: int) -> int | None:
        """The start of the first comment that begins in the span."""
        index = bisect_left(self._signs, start)
        return self._signs[index] if index < len(self._signs) and self._signs[index] < end else None

    def insert(self, offset: int, new: str) -> None:
        """Put text before the offset; of two at one place, the first stays first."""
        self._edits.append((offset, offset, new))

    def cut(self, start: int, end: int, new: str = "") -> None:
        """Put text in a span's place; comments and blank lines of the span are kept, each on a line of its own."""
        first, *middle = self._lines(start, end)
        last = middle.pop() if middle else None
        left = [line for line in map(self._kept, middle) if line is not None]
        margin, follows = self.before(start), bool(self.after(end).strip())
        if not new and not margin.strip():
            comment = self._comment(first).lstrip()
            self._cut_lines(start, end, [*([margin + comment] if comment else []), *left])
            return
        head = new + self._comment(first)
        lines = [head, *left]
        if last and follows and (len(lines) > 1 or len(head) > len(new)):
            lines.append(indent_of(self.text[slice(*last)]))
            end += len(indent_of(self.after(end)))
        self._edits.append((*((start, end) if new else self._with_gap(start, end)), self.line_break.join(lines)))

    def _cut_lines(self, start: int, end: int, left: list[str]) -> None:
        """Cut a span that begins a line; `left` are the lines that are kept of it."""
        after, start = self.after(end), self.line_start(start)
        lines = [*left, indent_of(self.before(end))] if after.strip() else left
        if lines:
            self._edits.append((start, end + len(indent_of(after)), self.line_break.join(lines)))
        else:
            self._drop(start, end)

    def result(self) -> str:
        """The text with all edits made."""
        pieces, position = [], 0
        edits = (*self._edits, *_moved_gaps(self.text, self.comments, self._edits))
        for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
            pieces += [self.text[position:start], new]
            position = max(position, end)
        return "".join([*pieces, self.text[position:]])

    def _lines(self, start: int, end: int) -> list[tuple[int, int]]:
        """The span's lines, or parts of lines, without their breaks."""
        inside = self._breaks[bisect_left(self._breaks, (start, -1)) : bisect_left(self._breaks, (end, -1))]
        edges = [start, *(edge for each in inside for edge in each), end]
        return list(zip(edges[::2], edges[1::2], strict=True))

    def _comment(self, line: tuple[int, int]) -> str:
        """A line's comment, with the gap before it."""
        sign = self.comment_in(*line)
        if sign is None:
            return ""
        gap = self.text[line[0] : sign]
        return gap[len(gap.rstrip()) :] + self.text[sign : line[1]]

    def _kept(self, line: tuple[int, int]) -> str | None:
        """What is left of a whole line: its comment in its place, or its being blank; None for nothing."""
        text = self.text[slice(*line)]
        if not text.strip():
            return text
        comment = self._comment(line).lstrip()
        return indent_of(text) + comment if comment else None

    def _drop(self, start: int, end: int) -> None:
        """Take whole lines away, with the line break before them or, at the top, the one behind."""
        stop = self.line_end(end)
        before = bisect_left(self._breaks, (start, -1))
        if before:
            self._edits.append((self._breaks[before - 1][0], stop, ""))
        else:
            self._edits.append((start, self._breaks[0][1] if self._breaks else stop, ""))

    def _with_gap(self, start: int, end: int) -> tuple[int, int]:
        """The span with one of the gaps beside it, so that what is left stands as far apart as before."""
        before, after = self.before(start), self.after(end)
        if not after.strip() or after.lstrip().startswith("#"):
            return start - len(before) + len(before.rstrip()), end
        return start, end + (len(indent_of(after)) if before[-1:] in (" ", "[", "{") else 0)


def indent_of(line: str) -> str:
    """The spaces that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def _moved_gaps(text: str, comments: Iterable[int], edits: Sequence[Edit]) -> Iterator[Edit]:
    """The gaps before the comments of edited lines, as edits: as much narrower as the text before them has grown.

    They stay in their column, as far as the gap lets them; `comments` are the offsets of their signs.
    """
    lines = {sign: line for sign in comments if (line := _before(text, sign)).strip()}
    columns = Counter(len(line) for line in lines.values())
    ordered = sorted(lines)
    growth: dict[int, list[int | None]] = {}
    for start, end, new in edits:
        place = bisect_left(ordered, start)
        if place < len(ordered) and ordered[place] - len(lines[ordered[place]]) <= start:
            sign = ordered[place]
            is_inside = end <= sign - _gap(lines[sign]) and len(new.splitlines()) <= 1
            growth.setdefault(sign, []).append(len(new) - (end - start) if is_inside else None)
    for sign, parts in growth.items():
        gap, grown = _gap(lines[sign]), sum(part or 0 for part in parts)
        is_column = gap >= WIDE or (gap == NARROW and columns[len(lines[sign])] > 1)
        if grown and is_column and None not in parts:
            yield sign - gap, sign, " " * max(NARROW, gap - grown)


def _before(text: str, sign: int) -> str:
    """The comment's line up to it."""
    start = max(text.rfind(each, 0, sign) for each in "\n\r\x85\u2028\u2029")
    return text[start + 1 : sign]


def _gap(line: str) -> int:
    return len(line) - len(line.rstrip())
