from __future__ import annotations

import math

import pytest

from gradaudit.inputs.checks.ranges import COUNT, FINITE, NOT_NEGATIVE, POSITIVE, SHARE, Range


@pytest.mark.parametrize(
    ("allowed", "value"),
    [(COUNT, 1), (SHARE, 0), (SHARE, 0.999), (POSITIVE, 1e-9), (NOT_NEGATIVE, 0), (FINITE, -1e300), (FINITE, 3)],
)
def test_numbers_inside_are_let_through(allowed: Range, value: float) -> None:
    """The ends count where they are not open."""
    assert allowed.complaint(value) is None


@pytest.mark.parametrize(
    ("allowed", "value", "message"),
    [
        (COUNT, 0, "0 is impossible; write a whole number of at least 1"),
        (COUNT, 64.0, "64.0 is no whole number; write 64"),
        (COUNT, True, "true is no whole number; write a whole number of at least 1"),
        (COUNT, "64", "'64' is no whole number; write a whole number of at least 1 without quotes"),
        (SHARE, 1, "1 is impossible; write a number of at least 0 and below 1"),
        (SHARE, -0.1, "-0.1 is impossible; write a number of at least 0 and below 1"),
        (POSITIVE, 0.0, "0.0 is impossible; write a number above 0"),
        (POSITIVE, math.nan, "nan is not finite; write a number above 0"),
        (FINITE, math.inf, "inf is not finite; write a number"),
        (FINITE, [], "a list is no number; write a number"),
        (Range(1, 1000, whole=True), 1001, "1001 is impossible; write a whole number of at least 1 and at most 1,000"),
    ],
)
def test_numbers_outside_are_told_what_to_be(allowed: Range, value: object, message: str) -> None:
    """A complaint names the value and says what to write instead."""
    assert allowed.complaint(value) == message


def test_the_schema_says_the_same() -> None:
    """JSON Schema's keywords follow the ends and whether they are open."""
    assert SHARE.schema() == {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    assert POSITIVE.schema() == {"type": "number", "exclusiveMinimum": 0}
    assert COUNT.schema() == {"type": "integer", "minimum": 1}
    assert FINITE.schema() == {"type": "number"}
