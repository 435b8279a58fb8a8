r"""Names of files where one must be typed or read back: what cannot be printed is `\012`, which git and shells know."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

QUOTE, APOSTROPHE = '"', "'"


def git_name(name: str) -> str:
    """As a diff's header has it: in double quotes where something in it cannot be printed."""
    return name if name.isprintable() else f'"{_octal(name, QUOTE)}"'


def command_line(words: Sequence[str]) -> str:
    """What a shell splits into these words again, on one line whatever is in them."""
    return " ".join(shlex.quote(word) if word.isprintable() else f"$'{_octal(word, APOSTROPHE)}'" for word in words)


def _octal(text: str, quote: str) -> str:
    """Each character that cannot be printed or would end the quotes, as its bytes."""
    return "".join(c if c.isprintable() and c not in (quote, "\\") else _bytes(c) for c in text)


def _bytes(character: str) -> str:
    """A byte that was no UTF-8 stays that byte."""
    was_a_byte = "\udc80" <= character <= "\udcff"
    return "".join(f"\\{b:03o}" for b in character.encode(errors="surrogateescape" if was_a_byte else "surrogatepass"))
