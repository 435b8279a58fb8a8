from __future__ import annotations

import math

import pytest

from gradaudit.domain.per_seed import PerSeed
from gradaudit.text.numbers import count, large, median_of, number, percent, range_of, times


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (0.1, "0.1"),
        (0.0005, "0.0005"),
        (0.00001, "1e-5"),
        (0.23606, "0.236"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
        (99999, "99,999"),
        (1e5, "1e5"),
        (1.9e-7, "1.9e-7"),
        (-2.5e-9, "-2.5e-9"),
        (9.999, "10"),
        (5e-324, "4.94e-324"),
        (1e300, "1e300"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "NaN"),
    ],
)
def test_a_number_has_three_significant_digits(value: float | None, text: str) -> None:
    """Three significant digits, an exponent only where the plain form is long, a dash for nothing."""
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.5, "50%"),
        (0.0312, "3.1%"),
        (1e-9, "<0.1%"),
        (-1e-9, "≈0%"),
        (0.99999, ">99.9%"),
        (0.984, "98.4%"),
        (-16.76, "-1,676%"),
        (1e300, "1e302%"),
        (None, "–"),
        (math.inf, "∞"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float | None, text: str) -> None:
    """0% and 100% are said only of what is exactly that."""
    assert percent(share) == text


def test_a_factor_is_marked_as_one() -> None:
    """A factor carries its sign, nothing is still a dash."""
    assert (times(0.236), times(None)) == ("0.236×", "–")


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.26e6, "5.3 million"), (2e9, "2 billion"), (164106, "164,106"), (12.34, "12.3"), (1e20, "1e20")],
)
def test_a_large_number_is_said_as_a_person_would(value: float, text: str) -> None:
    """Millions and more become words."""
    assert large(value) == text


def test_a_count_has_its_thousands_marked() -> None:
    """164106 → 164,106."""
    assert count(164106) == "164,106"


def test_a_column_of_seeds_is_its_median_and_range() -> None:
    """Non-finite and undefined seeds are left out, and said where nothing else is there."""
    assert median_of(PerSeed((1.0, None, math.inf, 3.0))) == "2"
    assert range_of(PerSeed((1.0, None, math.inf, 3.0))) == "1 to 3"
    assert median_of(PerSeed((math.inf,))) == "not finite"
    assert [median_of(v) for v in (None, PerSeed(()), PerSeed((None,)))] == ["–"] * 3
    assert [range_of(v) for v in (None, PerSeed((2.0, 2.0)), PerSeed((2.0, 2.0000001)))] == [""] * 3
