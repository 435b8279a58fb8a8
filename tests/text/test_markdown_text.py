from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.text.markdown_text import GAP, cell, code, words
from gradaudit.text.printable import printable

markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")

GITHUB = markdown_it.MarkdownIt("gfm-like", {"html": True})
GITHUB.linkify.set({"fuzzy_link": False})  # GitHub makes no link of a mere `name.py`, and `www.` has its own test
PIECES = (
    "`", "``", "<b>", "</details>", "<!--", "@team", "#12", "o/r#3", "GH-4", "https://x.yz", "www.x.yz", "a@b.cd",
    "![i](u)", "[l](u)", "|", "~~", "**", "_", "\\", "&amp;", "&#64;", "$x$", ":tada:", "deadbeef1", "- ", "# ", "> ",
    "1. ", "\n", "```", "    ", "x", " ", "{{", "]: u", "[^1]", "\u202e", "\x1b[31m", "---", "+ ",
)  # fmt: skip
"""Of which hostile names are made."""
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join)


def rendered(markdown: str) -> str:
    """The HTML as GitHub's dialect has it: tables, strikethrough, bare addresses as links, HTML let through."""
    return str(GITHUB.render(f"says {markdown} thus"))


def shown(page: str) -> str:
    """What a reader sees of it."""
    return html.unescape(re.sub(r"<[^>]*>", "", page)).replace(GAP, "").strip()


@given(HOSTILE)
def test_a_text_is_shown_and_does_nothing(text: str) -> None:
    """It becomes a paragraph with code at most, and reads as it was."""
    page = rendered(words(text, 10_000))
    plain = re.sub(r"(?<!`)`(?! )([^`]+)(?<! )`(?!`)", r"\1", printable(text)).replace(GAP, "")

    assert set(re.findall(r"</?(\w+)", page)) <= {"p", "code"}
    assert " ".join(shown(page).split()) == " ".join(f"says {plain} thus".split())


@given(HOSTILE)
def test_code_is_shown_as_it_is(text: str) -> None:
    """One span of code, whatever stands in it."""
    page = rendered(code(text, 10_000))

    assert re.findall(r"</?(\w+)", page) in (["p", "code", "code", "p"], ["p", "p"])
    told = printable(text).replace(GAP, "") if printable(text) else "–"  # a gap alone is code, empty to the eye
    assert " ".join(shown(page).split()) == " ".join(f"says {told} thus".split())


@given(HOSTILE)
def test_a_cell_stays_one_cell(text: str) -> None:
    """Neither a text nor a name ends it."""
    table = f"| a | b |\n|---|---|\n| {cell(words(text, 999))} | {cell(code(text, 999))} |"
    page = GITHUB.render(table)

    assert (page.count("<tr>"), page.count("<td>")) == (2, 2)


@pytest.mark.parametrize(
    "linked",
    [
        "@team",
        "@octo-cat/x",
        "#12",
        "o/r#12",
        "GH-12",
        "gh-1",
        "https://x.yz",
        "www.x.yz",
        ":tada:",
        "deadbeef12",
        "a@b.c",
    ],
)
def test_nothing_is_linked(linked: str) -> None:
    """Mentions, issues, addresses, emoji and commits are broken up by a space that nobody sees."""
    assert linked not in words(f"see {linked} there", 99)
    assert words(f"see {linked} there", 99).replace(GAP, "") == f"see {linked} there"


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    """No escape is cut in half, and how long it was is said."""
    assert words("[" * 10_000, 40).startswith("\\[" * 39 + "…")
    assert len(code("x" * 10_000, 40)) < 80
