from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.text.columns import columns, cut, padded, wrapped


@pytest.mark.parametrize(
    ("text", "taken"), [("abc", 3), ("層", 2), ("e\u0301", 1), ("a\u200db", 2), ("λ≤1", 3), ("\U0001f600", 2), ("", 0)]
)
def test_characters_take_none_one_or_two_columns(text: str, taken: int) -> None:
    """As terminals count: letters one, East Asian characters and emoji two, combining marks none."""
    assert columns(text) == taken


@given(st.text(), st.integers(0, 40))
def test_what_is_cut_or_padded_fits(text: str, width: int) -> None:
    """Cutting keeps a beginning that fits; padding fills up exactly."""
    assert text.startswith(cut(text, width))
    assert columns(cut(text, width)) <= width
    assert columns(padded(text, width)) == width


@given(st.text(alphabet="ab 層\u0301->"), st.integers(14, 60))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    """Lines fit, blanks aside nothing is lost, and margins stand before them."""
    lines = [*wrapped(text, width, "  ", "    ")]

    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(line.startswith("    ") for line in lines[1:])


def test_an_arrow_stays_with_what_it_joins() -> None:
    """A number before and after is read in one line."""
    assert [*wrapped("loss after 2.32 -> 0.537 it", 20)] == ["loss after", "2.32 -> 0.537 it"]
