from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gradaudit.text.visible import visible, visible_json


def test_characters_that_act_become_their_escapes() -> None:
    """Terminal escapes, marks of direction, odd line ends and lone surrogates are written out."""
    assert visible("a\x1b[31m\u202eb\u2028\ud800\x00") == r"a\x1b[31m\u202eb\u2028\ud800\x00"


def test_ordinary_text_is_left_alone() -> None:
    """Other scripts, joined emoji, tabs and line feeds stay as they are."""
    text = "σ′ ≤ ¼\tשלום 👩\u200d🔬\n"

    assert visible(text) == text


@given(st.text() | st.text(alphabet='\x00\x1b\x7f\x9b\u202e\u2028\ud800\ufeff"\\\n a'))
def test_json_says_the_same_without_characters_that_act(text: str) -> None:
    """A program reads what it would have read, a terminal nothing that it obeys."""
    written = visible_json(json.dumps([text], ensure_ascii=False))

    assert json.loads(written) == [text]
    assert visible(written) == written
