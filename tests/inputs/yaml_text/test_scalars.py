from __future__ import annotations

import math

import pytest

from gradaudit.inputs.yaml_text.tokens import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("+.5E2", 50.0),
        ("1.", 1.0),
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0xFf", 255),
        ("true", True),
        ("FALSE", False),
        ("Null", None),
        ("~", None),
        ("", None),
        ("-.INF", -math.inf),
        (".inf", math.inf),
    ],
)
def test_numbers_and_words_of_yaml_1_2(text: str, value: object) -> None:
    """A plain scalar of the core schema has that schema's value and type."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    "text", ["on", "off", "yes", "no", "y", "1:30", "1_000", "0b11", "2001-01-01", "1e", "tRue", "."]
)
def test_what_only_yaml_1_1_reads_is_text(text: str) -> None:
    """Words and numbers that only older YAML knows stay text."""
    assert resolve(text) == text


def test_nan_is_a_number() -> None:
    """`.nan` is read as the float, so that the schema can refuse it by name."""
    value = resolve(".NaN")

    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize("text", ["9" * 21, "-" + "9" * 5000, "0x" + "f" * 21])
def test_a_very_long_whole_number_is_refused(text: str) -> None:
    """More than 20 digits are refused before Python reads them."""
    with pytest.raises(ValueError, match="at most 20"):
        resolve(text)
