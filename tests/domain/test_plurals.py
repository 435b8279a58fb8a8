"""Counts with their nouns."""

from __future__ import annotations

import pytest

from gradaudit.domain.plurals import counted


@pytest.mark.parametrize(
    ("n", "thing", "said"),
    [(0, "step", "0 steps"), (1, "step", "1 step"), (1200, "step", "1,200 steps"), (2, "class", "2 classes")],
)
def test_one_thing_is_no_plural(n: int, thing: str, said: str) -> None:
    """Thousands are marked."""
    assert counted(n, thing) == said
