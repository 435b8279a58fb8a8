from __future__ import annotations

from gradaudit.inputs.yaml_spec.suppressions import Suppression, suppressions


def test_a_comment_at_the_end_of_a_line_silences_that_line() -> None:
    """Rules and reason are taken apart; line and column are the comment's."""
    text = "layers: [2, 1]\nactivation: sigmoid  # gradaudit: ignore[vanishing-gradient, plateau] a lecture\n"

    assert suppressions(text) == (
        Suppression(2, ("vanishing-gradient", "plateau"), "a lecture", comment_line=2, comment_column=22),
    )


def test_a_comment_on_its_own_line_silences_the_next_line_with_content() -> None:
    """Blank lines and other comments between them do not count."""
    text = "layers:\n- 2\n  # gradaudit: ignore[dead-units]\n\n# why\n- 1\n"

    assert suppressions(text) == (Suppression(6, ("dead-units",), "", comment_line=3, comment_column=3),)


def test_text_is_no_comment() -> None:
    """What stands in quotes, in block text or inside a word silences nothing."""
    texts = (
        'name: "a # gradaudit: ignore[x]"',
        "name: 'a # gradaudit: ignore[x]'",
        "name: |\n  # gradaudit: ignore[x]\nlayers: [2, 1]",
        "name: a#gradaudit: ignore[x]",
        'name: "two\n  # gradaudit: ignore[x] lines"',
    )
    assert [suppressions(text) for text in texts] == [()] * len(texts)


def test_a_comment_behind_quotes_is_one() -> None:
    """A `#` in quotes before it does not hide a comment."""
    (found,) = suppressions("name: 'a # b' # gradaudit: ignore[x] y\n")

    assert (found.rules, found.reason) == (("x",), "y")


def test_a_comment_without_rules_names_none() -> None:
    """It silences nothing, and can be reported."""
    assert [found.rules for found in suppressions("a: 1 # gradaudit: ignore\nb: 2 # gradaudit: ignore[]\n")] == [(), ()]


def test_columns_count_characters_also_with_windows_line_ends() -> None:
    """Letters of several bytes and CRLF leave line, column and reason right."""
    (found,) = suppressions("a: 1\r\nname: é # gradaudit: ignore[x] why\r\n")

    assert (found.line, found.comment_column, found.reason) == (2, 9, "why")
