"""Text from outside as Markdown that shows it and does nothing: no markup, HTML, link, mention or reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gradaudit.text.printable import inert, printable
from gradaudit.text.wording import clip

MOST = 60_000
"""Characters of a document: a comment on GitHub takes 65,536, and whoever posts it adds a few lines."""
GAP = "\u200b"
"""A space without width: what GitHub would link is no longer one word."""
_CODE = re.compile(r"(?<!`)`(?! )([^`]+)(?<! )`(?!`)")
_MARKUP = re.compile(r"([\\`*_{}\[\]()|~!$=^])")
_LINKED = (
    (re.compile(r"@"), f"{GAP}@{GAP}"),  # mentions, mail addresses
    (re.compile(r"#(?=\w)"), f"#{GAP}"),  # issues; with owner/name before it too
    (re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE), rf"\1-{GAP}"),
    (re.compile(r":(?=//)"), f":{GAP}"),  # addresses
    (re.compile(r"(www)(?=\.)", re.IGNORECASE), rf"\1{GAP}"),
    (re.compile(r":(?=[\w+-]+:)"), f":{GAP}"),  # emoji
    (re.compile(r"\b([0-9a-f]{4})(?=[0-9a-f]{3,36}\b)", re.IGNORECASE), rf"\1{GAP}"),  # commits
)


def bounded(head: str, sections: Sequence[Iterable[str]], left_out: str) -> bytes:
    """The head and the sections, each a blank line and its lines, that fit; how many more there are is told.

    `left_out` says what of them: `more models have findings; they are in the other reports`. No runner's commands.
    """
    blocks, room = [head], MOST - len(head) - 200
    for place, lines in enumerate(sections):
        section = "\n" + "\n".join(lines)
        if len(section) > room:
            blocks.append(f"\n*{len(sections) - place} {left_out}.*")
            break
        room -= len(section) + 1
        blocks.append(section)
    text = "\n".join(inert(line) for block in blocks for line in block.split("\n"))
    return f"{text}\n".encode("utf-8", "replace")


def words(text: str, most: int) -> str:
    """A text on one line, cut to `most` characters before it is escaped; what it marks as code stays code."""
    parts = _CODE.split(clip(printable(text), most))
    return "".join(code(part, most) if place % 2 else _prose(part) for place, part in enumerate(parts))


def code(text: str, most: int) -> str:
    """A name or value as code, inside which GitHub links nothing; a dash for nothing."""
    shown = clip(printable(text), most)
    if not shown:
        return "–"
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(markdown: str) -> str:
    """Inside a table a bar ends the cell, even in code, unless it is escaped."""
    return re.sub(r"(?<!\\)\|", r"\\|", markdown)


def _prose(text: str) -> str:
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for pattern, harmless in _LINKED:
        shown = pattern.sub(harmless, shown)
    return _MARKUP.sub(r"\\\1", shown)
