from __future__ import annotations

from gradaudit.formats.visible import visible


def test_characters_that_act_become_their_escapes() -> None:
    """Terminal escapes, marks of direction, odd line ends and lone surrogates are written out."""
    assert visible("a\x1b[31m\u202eb\u2028\ud800\x00") == r"a\x1b[31m\u202eb\u2028\ud800\x00"


def test_ordinary_text_is_left_alone() -> None:
    """Other scripts, joined emoji, tabs and line feeds stay as they are."""
    text = "σ′ ≤ ¼\tשלום 👩\u200d🔬\n"

    assert visible(text) == text
