from __future__ import annotations

import pytest

from gradaudit.text.suggest import hint, nearest, quoted

NAMES = ("sigmoid", "relu", "leaky_relu", "cross_entropy", "learning_rate", "mse")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sigmod", "sigmoid"),
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("leaky-relu", "leaky_relu"),
        ("categorical_crossentropy", "cross_entropy"),
        ("lr", "learning_rate"),
        ("mean_squared_error", "mse"),
        ("zzz", None),
    ],
)
def test_the_nearest_name(written: str, meant: str | None) -> None:
    """Slips of the pen and other tools' names lead to ours; what is like nothing leads nowhere."""
    assert nearest(written, NAMES) == meant


def test_other_tools_names_count_only_where_ours_is_known() -> None:
    """`lr` means the learning rate only where there is one."""
    assert nearest("lr", ("momentum", "samples")) is None


def test_without_a_near_name_all_are_listed() -> None:
    """A hint is either one suggestion or the whole list."""
    assert hint("zzz", ("a", "b")) == "; known are a, b"
    assert hint("zzz", ("a",)) == "; known is a"
    assert hint(3, ("a", "b")) == "; known are a, b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (None, "an empty value"),
        (1.5, "1.5"),
        (10**59, "1" + 59 * "0"),
        (-(10**4000), "a whole number of more than 60 digits"),
        ([1], "a list"),
        ({}, "a mapping"),
        ("a\x1b[31m", "'a\\x1b[31m'"),
        ("\u202e", "'\\u202e'"),
    ],
)
def test_values_are_shown_in_one_safe_line(value: object, shown: str) -> None:
    """Nothing of a file reaches the terminal unescaped."""
    assert quoted(value) == shown


def test_long_texts_are_cut() -> None:
    """A message never holds more than the beginning of a text."""
    assert len(quoted("x" * 10_000)) < 70
