"""Comments that silence a rule: `# gradaudit: ignore[rule, other] reason`, on a line of the spec or above it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from gradaudit.errors import SpecError
from gradaudit.inputs.yaml_text.tokens import tokens

_COMMENT = re.compile(r"#\s*gradaudit:\s*ignore\b(?:\[([^\]\n]*)\])?[ \t]*([^\n\r]*)")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment; lines and columns count from 1."""

    line: int
    """The line it silences."""
    rules: tuple[str, ...]
    """Empty where the comment names none, which silences nothing and is to be reported."""
    reason: str
    comment_line: int
    comment_column: int


def suppressions(text: str) -> tuple[Suppression, ...]:
    """The comments of a spec, in order; what looks like one inside a quoted or block text is none."""
    if "gradaudit:" not in text:
        return ()
    lines = text.split("\n")
    quoted = _texts(text)
    return tuple(
        _suppression(match, lines, text)
        for match in _COMMENT.finditer(text)
        if (not match.start() or text[match.start() - 1].isspace()) and not _inside(match.start(), quoted)
    )


def _texts(text: str) -> list[tuple[int, int]]:
    """Start and end of every scalar; none where the text is no YAML."""
    try:
        return [(token.start, token.end) for token in tokens(text, "") if token.kind == "scalar"]
    except SpecError:
        return []


def _inside(offset: int, spans: list[tuple[int, int]]) -> bool:
    index = bisect_right(spans, offset, key=lambda span: span[0]) - 1
    return index >= 0 and offset < spans[index][1]


def _suppression(match: re.Match[str], lines: list[str], text: str) -> Suppression:
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - text.rfind("\n", 0, match.start())
    own_line = not lines[line - 1][: column - 1].strip()
    below = (number for number, each in enumerate(lines[line:], line + 1) if each.strip()[:1] not in ("", "#"))
    rules = tuple(rule.strip() for rule in (match[1] or "").split(",") if rule.strip())
    return Suppression(next(below, line) if own_line else line, rules, match[2].strip(), line, column)
