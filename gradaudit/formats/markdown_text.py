"""Text from outside as Markdown that shows it and does nothing: no markup, HTML, link, mention or reference."""

from __future__ import annotations

import re

from gradaudit.formats.page.wording import clip
from gradaudit.formats.text import printable

_GAP = "&#8203;"
"""A space without width: what GitHub would link is no longer one word."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()|~!$=^])")
_LINKED = (
    (re.compile(r"@"), f"@{_GAP}"),  # mentions, mail addresses
    (re.compile(r"#(?=\w)"), f"#{_GAP}"),  # issues; with owner/name before it too
    (re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE), rf"\1-{_GAP}"),
    (re.compile(r":(?=//)"), f":{_GAP}"),  # addresses
    (re.compile(r"\b(www)\.", re.IGNORECASE), rf"\1{_GAP}."),
    (re.compile(r":(?=[\w+-]+:)"), f":{_GAP}"),  # emoji
    (re.compile(r"\b([0-9a-f]{4})(?=[0-9a-f]{3,36}\b)(?=\d*[a-f])(?=[a-f]*\d)"), rf"\1{_GAP}"),  # commits
)


def words(text: str, most: int) -> str:
    """A sentence of at most `most` characters before it is escaped, on one line; what it marks as code stays code."""
    parts = clip(printable(text), most).split("`")
    if len(parts) % 2 == 0:  # an odd mark out is a character like others
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(code(part, most) if place % 2 else _prose(part) for place, part in enumerate(parts))


def _prose(text: str) -> str:
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKUP.sub(r"\\\1", shown)
    for pattern, inert in _LINKED:
        shown = pattern.sub(inert, shown)
    return shown


def code(text: str, most: int) -> str:
    """A name or value as code, inside which GitHub links nothing; a dash for nothing."""
    shown = clip(printable(text), most)
    if not shown:
        return "–"
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    # a bar would end a table's cell even here, unless it is escaped; outside of tables its escape would be seen
    return f"{fence}{pad}{shown.replace('|', '¦')}{pad}{fence}"
