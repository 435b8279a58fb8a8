"""The report as JSON, schema version 1: everything in it, so that it can be rendered again without measuring."""

from __future__ import annotations

import json

from gradaudit.domain.report import Report
from gradaudit.formats.encoder import encoded
from gradaudit.formats.interface import DRAWN_FROM
from gradaudit.formats.plain_values import Json
from gradaudit.text.visible import visible_json

SCHEMA_VERSION = 1
"""A field that changes its meaning needs a new one; a field that is added does not."""

_LINE = 110


class JsonFormat:
    """The stable contract between gradaudit and other programs."""

    name = "json"
    needs = DRAWN_FROM
    """What a page draws from, since it may be rendered from this."""

    def render(self, report: Report) -> bytes:
        """One JSON document in UTF-8, ending in a line feed."""
        return written(document(report))


FORMAT = JsonFormat()


def document(report: Report) -> dict[str, Json]:
    """The whole report in plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "gradaudit", "version": report.version},
        "errors": encoded(report.errors),
        "reports": encoded(report.reports),
    }


def written(document: dict[str, Json]) -> bytes:
    """The document in UTF-8, ending in a line feed."""
    text = _written(document, 0) + "\n"
    # `##[` would be a runner's command; what a terminal obeys, and halves of characters, become JSON's escapes.
    return visible_json(text.replace("##[", "##\\u005b")).encode()


def _written(value: Json, depth: int) -> str:
    """JSON text with one line for whatever is flat or short, so that a diff of two reports can be read."""
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    is_flat = not any(isinstance(part, dict | list) for part in parts)
    if not parts or len(text) <= _LINE - depth or (is_flat and isinstance(value, list)):
        return text
    inner = ",\n".join(" " * (depth + 1) + entry for entry in _entries(value, depth + 1))
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}\n{' ' * depth}{closing}"


def _entries(value: Json, depth: int) -> list[str]:
    if isinstance(value, dict):
        return [f"{json.dumps(key, ensure_ascii=False)}: {_written(part, depth)}" for key, part in value.items()]
    return [_written(part, depth) for part in value] if isinstance(value, list) else []
