"""What a number in a spec may be: one fact behind the check, its message and the JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, Protocol

from gradaudit.text.suggest import hint, quoted

LARGEST = 1e300
"""Beyond it even a difference of two parameters overflows."""


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from `low` to `high`, the ends included unless open."""

    low: float = -inf
    high: float = inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False

    def complaint(self, value: object) -> str | None:
        """What is wrong with the value and what to write instead, or None."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{quoted(value)} is no {self.noun}; write {self.words}{_unquoted(value)}"
        if not isfinite(value) or abs(value) > LARGEST:
            what = f"beyond {LARGEST:g}, where sums overflow" if isfinite(value) else "not finite"
            return f"{quoted(value)} is {what}; write {self.words}"
        if self.whole and not isinstance(value, int):
            written = f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else self.words
            return f"{quoted(value)} is no whole number; write {written}"
        below = value < self.low or (self.low_open and value == self.low)
        above = value > self.high or (self.high_open and value == self.high)
        return f"{quoted(value)} is impossible; write {self.words}" if below or above else None

    @property
    def noun(self) -> str:
        """`number` or `whole number`."""
        return "whole number" if self.whole else "number"

    @property
    def words(self) -> str:
        """`a number of at least 0 and below 1`."""
        ends = []
        if self.low > -inf:
            ends.append(f"above {self.low:g}" if self.low_open else f"of at least {self.low:g}")
        if self.high < inf:
            ends.append(f"below {self.high:g}" if self.high_open else f"at most {self.high:,.0f}")
        return f"a {self.noun} {' and '.join(ends)}".strip()

    def schema(self) -> dict[str, Any]:
        """What a value may be, as JSON Schema."""
        schema: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        if self.low > -inf:
            schema["exclusiveMinimum" if self.low_open else "minimum"] = _tidy(self.low)
        if self.high < inf:
            schema["exclusiveMaximum" if self.high_open else "maximum"] = _tidy(self.high)
        return schema


def _tidy(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number


def _unquoted(value: object) -> str:
    """A number in quotes is the commonest text where a number is due."""
    try:
        return " without quotes" if isinstance(value, str) and len(value) <= 40 and float(value) == float(value) else ""
    except ValueError:
        return ""


FINITE = Range()
NOT_NEGATIVE = Range(low=0)
POSITIVE = Range(low=0, low_open=True)
SHARE = Range(low=0, high=1, high_open=True)
COUNT = Range(low=1, whole=True)


class Allowed(Protocol):
    """What a value may be: a check with its message, and the same as JSON Schema."""

    def complaint(self, value: object) -> str | None:
        """What is wrong with the value and what to write instead, or None."""

    def schema(self) -> dict[str, Any]:
        """JSON Schema."""


@dataclass(frozen=True, slots=True)
class AnAxis:
    """A number, or one for each axis that positions have; or one of some words."""

    each: Range
    words: tuple[str, ...] = ()

    def complaint(self, value: object) -> str | None:
        if self.words and isinstance(value, str):
            allowed = ", ".join(self.words)
            told = f"{quoted(value)} is no padding{hint(value, self.words)}; write {allowed} or {self.each.words}"
            return None if value in self.words else told
        if not isinstance(value, list | tuple):
            return self.each.complaint(value)
        if not 1 <= len(value) <= 3:
            return f"{len(value)} numbers; write one, or one an axis, such as [3, 3]"
        return next(filter(None, map(self.each.complaint, value)), None)

    def schema(self) -> dict[str, Any]:
        each = self.each.schema()
        words = [{"enum": list(self.words)}] if self.words else []
        return {"anyOf": [*words, each, {"type": "array", "items": each, "minItems": 1, "maxItems": 3}]}


RANGES: dict[str, Allowed] = {
    "count": COUNT,
    "repeat": Range(low=1, high=1_000, whole=True),
    "share": SHARE,
    "positive": POSITIVE,
    "sides": AnAxis(COUNT),
    "padding": AnAxis(Range(low=0, whole=True), ("valid", "same")),
}
"""By sort of a layer's key."""

PARAMETERS: dict[tuple[str, str], Range] = {
    ("initializer", "std"): NOT_NEGATIVE,
    ("initializer", "gain"): NOT_NEGATIVE,
    ("initializer", "scale"): POSITIVE,
    ("initializer", "factor"): POSITIVE,
    ("optimizer", "learning_rate"): POSITIVE,
    ("optimizer", "momentum"): SHARE,
    ("optimizer", "weight_decay"): NOT_NEGATIVE,
    ("optimizer", "clip_norm"): POSITIVE,
    ("optimizer", "beta_1"): SHARE,
    ("optimizer", "beta_2"): SHARE,
    ("optimizer", "alpha"): SHARE,
    ("optimizer", "eps"): NOT_NEGATIVE,
    ("optimizer", "lr_decay"): NOT_NEGATIVE,
    ("optimizer", "initial_accumulator_value"): NOT_NEGATIVE,
    ("normalisation", "eps"): POSITIVE,
    ("normalisation", "groups"): COUNT,
    ("data source", "samples"): Range(low=1, high=10_000_000, whole=True),
}
"""By kind and parameter; what is not here is any finite number."""
