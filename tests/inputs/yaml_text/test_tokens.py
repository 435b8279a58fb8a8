from __future__ import annotations

import pytest

from gradaudit.errors import SpecError
from gradaudit.inputs.yaml_text.tokens import MAX_CHARACTERS, tokens


def fault(text: str) -> str:
    """The one message that reading the text ends in."""
    with pytest.raises(SpecError) as caught:
        list(tokens(text, "m.yaml"))
    (problem,) = caught.value.problems
    return str(problem)


def test_offsets_count_characters() -> None:
    """A token's offsets cut its own text out of the file, also behind letters of several bytes."""
    text = "name: é✓\nlayers: ['ü', 3]\n"
    cut = [text[token.start : token.end] for token in tokens(text, "m.yaml") if token.kind == "scalar"]

    assert cut == ["name", "é✓", "layers", "'ü'", "3"]


def test_quoted_scalars_are_not_plain() -> None:
    """Only a scalar without quotes may become a number."""
    found = [(t.text, t.is_plain) for t in tokens("[1, '1', \"1\"]", "m.yaml") if t.kind == "scalar"]

    assert found == [("1", True), ("1", False), ("1", False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers:\n\t- 1", "m.yaml:2:1: a tab cannot stand here in YAML; use spaces"),
        ("layers: [2, 3", "m.yaml:1:9: this [ is never closed"),
        ("a:\n  b: {c: 1\n", "m.yaml:2:6: this { is never closed"),
        ('x: 1\nname: "abc', 'm.yaml:2:7: this " is never closed'),
        ("a: 1\nb: c: d\n", "m.yaml:2:5: no valid YAML: mapping values are not allowed in this context"),
        ("a: 1\nname: x\x07y", "m.yaml:2:8: the control character U+0007 cannot stand here; remove it"),
        ("\ufefflayers: [2]", "m.yaml:1:1: a byte order mark; save the file as UTF-8 without BOM"),
        ("x" * (MAX_CHARACTERS + 1), "m.yaml: is larger than 1,048,576 characters, too large for a spec"),
    ],
)
def test_what_is_no_yaml_has_one_clear_message(text: str, message: str) -> None:
    """Each slip of syntax is told in one sentence, with its line and column."""
    assert fault(text) == message


def test_an_unclosed_list_in_the_middle_names_where_it_began() -> None:
    """Where the fault shows lines later, the message says on which line the list began."""
    assert fault("layers: [2, 3\nactivation: relu\n").endswith("(while parsing a flow sequence that begins on line 1)")


def test_json_may_be_indented_by_tabs() -> None:
    """Tabs between JSON's tokens are no fault."""
    assert [t.text for t in tokens('{\n\t"layers": [2,\n\t1]\n}', "m.json") if t.kind == "scalar"] == [
        "layers",
        "2",
        "1",
    ]
