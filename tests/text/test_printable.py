from __future__ import annotations

import math

import pytest

from gradaudit.domain.findings import Change
from gradaudit.text.printable import change_text, clipped, inert, measured_text, printable, value_text


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("::error::x", ": :error::x"),
        (" \t::set-output name=a::b", " \t: :set-output name=a::b"),
        ("a::b", "a::b"),
        ("x ##[add-path]/evil", "x ## [add-path]/evil"),
    ],
)
def test_a_runner_is_not_commanded(line: str, harmless: str) -> None:
    """Lines that GitHub's runner would obey are broken up, others are left alone."""
    assert inert(line) == harmless


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\n  b\tc", "a b c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("x\u202ey", "x\\u202ey"),
        ("λ ≤ 1", "λ ≤ 1"),
        ("\udcff", "\\udcff"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_names_are_made_printable(raw: str, shown: str) -> None:
    """White space becomes single spaces, what would act becomes an escape, letters stay."""
    assert printable(raw) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (0.1 + 0.2, "0.3"),
        (12345, "12345"),
        (math.inf, "inf"),
        (math.nan, "nan"),
        ({"name": "leaky_relu", "negative_slope": 0.2}, "{name: leaky_relu, negative_slope: 0.2}"),
        ([1, [2.5, "a\nb"]], "[1, [2.5, a b]]"),
        ([10**5000], "[a number of more than 20 digits]"),
    ],
)
def test_values_are_written_as_a_spec_writes_them(value: object, shown: str) -> None:
    """YAML on one line, numbers to three digits."""
    assert value_text(value) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (Change("activation", "sigmoid", "relu"), "activation: sigmoid -> relu"),
        (Change("init", None, "he_normal"), "init: he_normal (new)"),
        (Change("layers[2].norm", "batch_norm", None), "layers[2].norm: batch_norm -> removed"),
    ],
)
def test_a_change_names_old_and_new(change: Change, shown: str) -> None:
    """As the person would make it in the spec."""
    assert change_text(change) == shown


def test_a_long_text_is_cut() -> None:
    """The end is marked, and the whole is no longer than asked."""
    assert clipped("abc  def", 7) == "abc def"
    assert clipped("x" * 100, 10) == "xxxxxxx..."


def test_shares_are_in_per_cent() -> None:
    """`seeds that learn 0 -> 1` could be read as one seed."""
    assert measured_text("seeds_that_learn", 1.0) == "100%"
    assert measured_text("loss_after", 1.0) == "1"
