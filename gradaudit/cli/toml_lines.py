"""Where a key of a TOML document stands; Python's reader of TOML does not tell."""

from __future__ import annotations

from collections.abc import Sequence

MOST_LINES = 200
"""That one value may take: a list of rules, one a line."""
MOST_TRIES = 200
"""Beginnings of the document that are read in search of a key."""


def place(text: str, path: Sequence[str]) -> tuple[int, int] | None:
    """Line and column of the key, from 1; None where it cannot be told.

    The key stands on the first line that has its name and after which the document, read so far, has the key.
    """
    lines, tries = text.splitlines(keepends=True), iter(range(MOST_TRIES))
    for number, line in enumerate(lines, 1):
        column = line.find(path[-1])
        if column < 0:
            continue
        ends = range(number, min(number + MOST_LINES, len(lines)) + 1)
        documents = (_parsed("".join(lines[:end])) for end, _ in zip(ends, tries, strict=False))
        document = next((document for document in documents if document is not None), None)
        if document is not None and _has(document, path):
            return number, column + 1
    return None


def _parsed(text: str) -> dict[str, object] | None:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _has(document: object, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return False
        document = document[key]
    return True
