from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.errors import Location, Problem, SpecError
from gradaudit.inputs.yaml_text.tree import MAX_NODES, TreeNode, compose

KEYS = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=20).filter(
    lambda key: key != "<<"
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(allow_nan=False, allow_infinity=False) | KEYS
)
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=30)


def tree(text: str) -> TreeNode:
    """The tree of a text without faults."""
    problems: list[Problem] = []
    root = compose(text, "m.yaml", problems)
    assert root is not None
    assert problems == []
    return root


def faults(text: str) -> list[str]:
    """What is wrong with a text, whether or not there is a tree."""
    problems: list[Problem] = []
    try:
        compose(text, "m.yaml", problems)
    except SpecError as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in problems]


@settings(deadline=None)
@given(DOCUMENTS)
def test_json_is_read_as_json_reads_it(document: Any) -> None:
    """Whatever JSON can say comes back as Python's own reader gives it."""
    text = json.dumps(document, allow_nan=False)

    assert tree(text).plain() == document


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60) | st.text(":-[]{}&*!#'\"|>?,\n\t ab1", max_size=60))
def test_no_text_ends_in_anything_but_a_spec_error(text: str) -> None:
    """Arbitrary text gives a tree, nothing, or a SpecError whose problems have a place."""
    problems: list[Problem] = []
    try:
        compose(text, "m.yaml", problems)
    except SpecError as error:
        problems = [*error.problems]

    assert all(problem.location for problem in problems)


def test_every_node_knows_its_place_and_text() -> None:
    """Line, column and offsets of a value lead to its own characters."""
    text = "name: a\nlayers:\n- 2\n- {units: 3, init: [x]}\n"
    root = tree(text).value
    assert isinstance(root, dict)
    layers = root["layers"].value.value
    assert isinstance(layers, tuple)

    assert layers[1].location == Location("m.yaml", 4, 3)
    assert text[layers[1].start : layers[1].end] == "{units: 3, init: [x]}"
    assert root["layers"].key.location == Location("m.yaml", 2, 1)


def test_an_alias_stands_for_the_value_and_has_its_own_place() -> None:
    """An alias of a complete node gives that value, located where the alias is written."""
    root = tree("a: &x {std: 1.0}\nb: *x\n").value
    assert isinstance(root, dict)

    assert root["b"].value.plain() == {"std": 1.0}
    assert root["b"].value.location == Location("m.yaml", 2, 4)


def test_aliases_cannot_multiply() -> None:
    """Ten levels of ten aliases are refused as what they would come to."""
    names = "abcdefghij"
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in pairwise(names)
    )

    (message,) = faults(bomb)
    assert f"more than {MAX_NODES:,} values, aliases written out" in message


def test_aliases_cannot_deepen() -> None:
    """A chain of aliases is as deep as it would be written out."""
    chain = "- &a0 [1]\n" + "".join(f"- &a{n + 1} [*a{n}]\n" for n in range(40))

    (message,) = faults(chain)
    assert "nested more than 32 levels deep through an alias" in message


@pytest.mark.parametrize("text", ["layers: *x", "layers: &a [2, *a]", "a: {b: &x [*x]}"])
def test_an_alias_of_nothing_or_of_itself_is_refused(text: str) -> None:
    """An alias must name a value that is complete."""
    (message,) = faults(text)
    assert "names no complete value above it; write the value out" in message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_200_000_levels_are_one_message(opening: str) -> None:
    """However deep a text nests, the answer is one sentence about depth."""
    (message,) = faults(opening * 200_000)
    assert message.endswith("nested more than 32 levels deep; a spec needs far fewer")


def test_many_values_are_one_message() -> None:
    """A list of hundreds of thousands of values is not built."""
    (message,) = faults("[" + "1," * 300_000 + "]")
    assert f"more than {MAX_NODES:,} values" in message


def test_a_key_written_twice_names_both_lines() -> None:
    """Each repetition is a fault of its own, and names the line of the first."""
    assert faults("a: 1\nb: {c: 1}\na: 2\nb: 3\n") == [
        "m.yaml:3:1: a: written twice; the first is on line 1",
        "m.yaml:4:1: b: written twice; the first is on line 2",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!python/object:os.system x", "m.yaml:1:4: the tag '!!python/object:os.system' is not read"),
        ("a: !!int 3", "m.yaml:1:4: the tag '!!int' is not read"),
        ("a: !mine {b: 1}", "m.yaml:1:4: the tag '!mine' is not read"),
        ("a: &a {b: 1}\nc: {<<: *a}", "m.yaml:2:5: merge keys ('<<') are not read; write the keys out"),
        ("1: 2", "m.yaml:1:1: 1 is no key; keys are short names"),
        ("[a]: 2", "m.yaml:1:1: a list is no key; keys are short names"),
        ('"\\e[31m": 2', "m.yaml:1:1: '\\x1b[31m' is no key; keys are short names"),
        (f"a: {'9' * 5000}", "m.yaml:1:4: a: a whole number of 5000 digits; at most 20 are read"),
        ("a: 1\n---\nb: 2", "m.yaml:2:1: a second document begins here; write one spec a file"),
    ],
)
def test_what_is_refused_says_what_to_write(text: str, message: str) -> None:
    """Tags, merge keys, keys that are no names, huge numbers and second documents are each one message."""
    (found,) = faults(text)
    assert found.startswith(message)


def test_no_more_faults_are_told_than_a_person_reads() -> None:
    """After a hundred faults the reading stops and says so."""
    found = faults("{" + "a: 1," * 1000 + "}")

    assert len(found) == 101
    assert found[-1].endswith("more than 100 faults; mend those above first")


def test_nothing_is_nothing() -> None:
    """An empty text and one of comments have no tree and no fault."""
    assert compose("", "m.yaml", []) is None
    assert compose("# only a comment\n", "m.yaml", []) is None
