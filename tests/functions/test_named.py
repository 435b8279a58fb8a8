"""A named thing of a spec: one thing by whatever name, and told by the name that the spec has."""

from __future__ import annotations

from gradaudit.functions.named import Named
from gradaudit.inputs.checks.names import INITIALIZER, read_named


def test_an_alias_is_the_same_thing_in_the_persons_word() -> None:
    """A change reads `xavier_normal -> he_normal` where the spec says so."""
    read = read_named(INITIALIZER, "xavier_normal")

    assert read == Named("glorot_normal")
    assert isinstance(read, Named)
    assert (read.plain(), str(read), read.name) == ("xavier_normal", "xavier_normal", "glorot_normal")


def test_with_parameters_the_name_is_the_tables() -> None:
    """Its parameters have the table's names, too."""
    read = read_named(INITIALIZER, {"name": "xavier_normal", "gain": 2.0})

    assert isinstance(read, Named)
    assert str(read) == "glorot_normal(gain=2.0)"
