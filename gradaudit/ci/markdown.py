"""Markdown that a spec cannot take over: names that stay names, and texts that fit where they go."""

from __future__ import annotations

import re

from gradaudit.formats.visible import visible

_PLAIN = re.compile(r"[^A-Za-z0-9 /-]")
_CUT = "\n\n*The rest is in the reports: there is more than GitHub shows here.*\n"


def code(name: str) -> str:
    """A name in code type. Outside letters and digits each character is its number, which no Markdown, no mention and
    no link is made of; GitHub's code spans would still split a table's cell at a bar.
    """
    line = visible(" ".join(name.split()))
    dot = "." if "www" not in line.lower() else "&#46;"  # www. begins a link even here
    return f"<code>{_PLAIN.sub(lambda found: _written(found[0], dot), line)}</code>"


def _written(character: str, dot: str) -> str:
    return dot if character == "." else f"&#{ord(character)};"


def shortened(text: str, limit: int) -> str:
    """At most so many bytes of UTF-8: cut between two paragraphs, what was left open closed."""
    if len(text.encode()) <= limit:
        return text
    room = text.encode()[: limit - 200].decode("utf-8", "ignore")
    kept = room.rpartition("\n\n")[0] or room.rpartition("\n")[0]
    if len(re.findall(r"^\s*(?:```|~~~)", kept, re.MULTILINE)) % 2:
        kept += "\n```"
    unclosed = kept.count("<details") - kept.count("</details>")
    return kept + "\n\n</details>" * max(0, unclosed) + _CUT
