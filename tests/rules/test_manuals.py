from __future__ import annotations

import pytest

from gradaudit.domain.findings import UNUSED
from gradaudit.rules import ALL
from gradaudit.rules.manuals import MANUALS

SECTIONS = ("What it measures", "Why it hurts", "What to do", "References")


@pytest.mark.parametrize("name", MANUALS)
def test_a_manual_has_headings_and_no_blocks_of_code(name: str) -> None:
    """Its sections become headings in Markdown, and their text, indented in the source, plain paragraphs."""
    lines = MANUALS[name].markdown.split("\n")

    assert [line for line in lines if line.startswith("#")] == [f"### {section}" for section in SECTIONS]
    assert not any(line.startswith("    ") for line in lines)


def test_every_rule_has_one() -> None:
    """In the order of the list, and last what stands for a comment without use."""
    assert list(MANUALS) == [*(rule.name for rule in ALL), UNUSED]
