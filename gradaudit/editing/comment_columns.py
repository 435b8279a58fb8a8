"""Comments behind edited values stay in their column, as far as the gap before them lets them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

Edit = tuple[int, int, str]
"""Start and end of a span of the text, and what is put there."""
WIDE = 3
"""Spaces before a comment that nobody types unless the comment is to stand in a column."""
NARROW = 2
"""Spaces that are left before a comment at least."""


def moved_gaps(text: str, comments: Iterable[int], edits: Sequence[Edit]) -> Iterator[Edit]:
    """The gaps before the comments of edited lines, as edits: as much narrower as the text before them has grown.

    `comments` are the offsets of their signs.
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
