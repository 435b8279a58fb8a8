"""Text in the columns of a terminal, where some characters take two columns and some take none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, east_asian_width

_NONE = frozenset({"Mn", "Me", "Cf"})
_SOFT_HYPHEN = "\xad"
_BREAK = re.compile("(?<! ->) +(?!-> )")
"""Where a line may end: at blanks, but not beside an arrow, which stays with what it joins."""


def columns(text: str) -> int:
    """How many columns the text takes; 2 for each wide character, 0 for marks that stand on the one before."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, most: int) -> str:
    """The beginning of the text that takes at most so many columns."""
    taken = 0
    for at, character in enumerate(text):
        taken += _columns(character)
        if taken > most:
            return text[:at]
    return text


def padded(text: str, width: int) -> str:
    """The text, cut or followed by blanks, in exactly so many columns."""
    shown = cut(text, width)
    return shown + " " * (width - columns(shown))


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> Iterator[str]:
    """Lines of at most `width` columns, broken at blanks, a word that is longer than a line inside it.

    The first line begins with `first`, the others with `rest`; each keeps room for at least ten columns.
    """
    line, room, is_empty = first, max(width - columns(first), 10), True
    for word in _pieces(text, max(width - columns(rest), 10)):
        needed = columns(word) + (not is_empty)
        if needed > room and not is_empty:
            yield line
            line, room, is_empty, needed = rest, max(width - columns(rest), 10), True, columns(word)
        line += word if is_empty else f" {word}"
        room, is_empty = room - needed, False
    if not is_empty:
        yield line


def _pieces(text: str, width: int) -> Iterator[str]:
    """The words, those that are wider than a line in pieces."""
    for word in _BREAK.split(text):
        rest = word
        while columns(rest) > width:
            piece = cut(rest, width)
            yield piece
            rest = rest[len(piece) :]
        if rest:
            yield rest


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if category(character) in _NONE and character != _SOFT_HYPHEN:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1
