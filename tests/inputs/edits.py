"""Edits of a text carried out as an editor would: places are looked up by line and column, the last edit first."""

from __future__ import annotations

from gradaudit.domain.findings import Edit


def applied(text: str, edits: tuple[Edit, ...]) -> str:
    """The edited text."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    for edit in reversed(edits):
        start, end = place(edit.line, edit.column), place(edit.end_line, edit.end_column)
        assert 0 <= start <= end <= len(text)
        text = text[:start] + edit.text + text[end:]
    return text
