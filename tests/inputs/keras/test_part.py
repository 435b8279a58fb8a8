"""Values of a configuration with their paths."""

from __future__ import annotations

import pytest

from gradaudit.errors import InputError, Location
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.yaml_text.plain_tree import tree_at


def part(value, path="config"):
    """A part of a file."""
    return Part(tree_at(value, Location("m.json", 3, 4)), path)


def test_paths_are_told_with_places():
    """Keys and indices, and the line of the file."""
    inner = list(part({"layers": [{"units": 1}, {"units": "x"}]}).need("layers").items())[1]

    with pytest.raises(InputError) as caught:
        inner.number("units", 1)
    assert str(caught.value) == "m.json:3:4: config.layers[1].units: 'x' is no number"
    assert inner.place("dense_1").what == "config.layers[1] (dense_1)"
    assert inner.place("a" * 9999).what == f"config.layers[1] ({'a' * 80}…)"
    assert part({}, "").refusal("no").problems[0].message == "no"


def test_what_is_absent_or_null_has_a_default():
    """Keras writes null for what was not given."""
    found = part({"a": None, "b": 2, "c": False, "d": "t"})

    assert found.get("a") is found.get("z") is part([1]).get("a") is None
    assert (found.number("a", 7), found.number("b", 7), found.flag("c", True), found.flag("a", True)) == (
        7,
        2,
        False,
        True,
    )
    assert (found.text("d"), found.text("a", "x")) == ("t", "x")
    with pytest.raises(InputError, match="config: 'a' is missing"):
        found.need("a")


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        ("number", True, "true is no number"),
        ("flag", 1, "1 is neither"),
        ("text", 3, "3 is no text"),
        ("numbers", ["x"], "no"),
    ],
)
def test_other_types_are_refused(read, value, message):
    """A flag is no number, nor is a text one."""
    default = () if read in ("numbers", "text") else (0,)
    with pytest.raises(InputError, match=message):
        getattr(part({"k": value}), read)("k", *default)


def test_numbers_in_lists_of_lists_keep_their_order():
    """However deep they stand."""
    assert part({"m": [[1, 2], [3.5]], "s": 4}).numbers("m") == [1.0, 2.0, 3.5]
    assert part({"s": 4}).numbers("s") == [4.0]
    assert part({}).numbers("s") is None


@pytest.mark.parametrize(
    ("value", "name", "path"),
    [
        ("zeros", "zeros", "config"),
        ({"class_name": "L2", "config": {"l2": 1}}, "L2", "config.config"),
        ({"class_name": "L2"}, "L2", "config"),
    ],
)
def test_serialised_objects(value, name, path):
    """A name alone is its own configuration."""
    found, config = part(value).named()

    assert (found, config.path) == (name, path)
