"""From values to pixels, and the ticks that tell the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from gradaudit.text.numbers import number


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in pixels, and what is written there."""

    at: float
    label: str


_LARGEST = 1e300
"""A linear scale takes larger values for this one, and smaller ones than its inverse for 0."""


class Scale(Protocol):
    """A monotonic way from values to pixels."""

    def place(self, value: float) -> float:
        """The pixel of a value; values outside the scale fall on its ends."""

    def holds(self, value: float) -> bool:
        """Whether the value has a place of its own."""

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At most so many round values, in rising order."""


@dataclass(frozen=True, slots=True)
class LinearScale:
    """Equal steps."""

    low: float
    high: float
    start: float
    end: float
    form: Callable[[float], str] | None = None
    """How values are written; None: as `engineering` does."""

    def place(self, value: float) -> float:
        """The pixel of a value, NaN at the start."""
        share = (min(max(self.low, value), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether it lies between the ends."""
        return self.low <= value <= self.high

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At multiples of 1, 2, 2.5 or 5 times a power of ten."""
        unit = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        multiples = (self._multiples(m * unit) for m in (1, 2, 2.5, 5, 10, 20))
        shown = next(values for values in multiples if len(values) <= most)
        texts = [self.form(value) for value in shown] if self.form else engineering(shown)
        return tuple(
            Tick(self.place(value), text)
            for i, (value, text) in enumerate(zip(shown, texts, strict=True))
            if i == 0 or text != texts[i - 1]
        )

    def _multiples(self, step: float) -> tuple[float, ...]:
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple(k * step for k in range(first, last + 1))


@dataclass(frozen=True, slots=True)
class LogScale:
    """Equal factors; the ends are exponents of ten, so that nothing overflows."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float, *, least: float = 1.0) -> LogScale:
        """Wide enough for every positive finite value, and for `least` decades; one decade where there is none."""
        exponents = [math.log10(v) for v in values if v > 0 and math.isfinite(v)] or [0.0]
        low, high = min(exponents), max(exponents)
        slack = max(0.04 * (high - low), (least - (high - low)) / 2)
        return cls(low - slack, high + slack, start, end)

    def place(self, value: float) -> float:
        """The pixel of a value; zero is at the low end."""
        exponent = math.log10(value) if value > 0 else -math.inf
        return self._place(min(max(exponent, self.low), self.high))

    def holds(self, value: float) -> bool:
        """Whether it lies between the ends."""
        return value > 0 and self.low - 1e-9 <= math.log10(value) <= self.high + 1e-9

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At powers of ten, thinned; at 1, 2, 5 where there are hardly any."""
        decades = range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)
        if len(decades) < 3:
            return self._fine_ticks(most)
        step = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100, 200) if len(decades) / s <= most)
        shown = [e for e in decades if e % step == 0]
        plain = all(-3 <= e <= 4 for e in shown)
        return tuple(Tick(self._place(e), number(10.0**e) if plain else power(e)) for e in shown)

    def _fine_ticks(self, most: int) -> tuple[Tick, ...]:
        ticks: tuple[Tick, ...] = ()
        exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
        for mantissas in ((1, 2, 5), (1, 3), (1,)):
            values = [float(f"{m}e{e}") for e in exponents for m in mantissas]
            ticks = tuple(Tick(self.place(v), number(v)) for v in values if self.holds(v))
            if len(ticks) <= most:
                break
        return ticks

    def _place(self, exponent: float) -> float:
        return self.start + (exponent - self.low) / (self.high - self.low) * (self.end - self.start)


def linear_around(
    values: Iterable[float], start: float, end: float, form: Callable[[float], str] | None = None
) -> LinearScale:
    """A linear scale from 0, or from below the lowest value, to a little above the highest."""
    finite = [min(max(v, -_LARGEST), _LARGEST) for v in values if math.isfinite(v) and abs(v) > 1 / _LARGEST] or [0.0]
    low, high = min(0.0, *finite), max(0.0, *finite)
    slack = 0.04 * (high - low)
    return LinearScale(low - slack if low < 0 else low, high + slack if high > low else 1.0, start, end, form)


def linear_between(values: Iterable[float], start: float, end: float) -> LinearScale:
    """A linear scale from the lowest value to the highest, at least a millionth of its values wide."""
    finite = [min(max(v, -_LARGEST), _LARGEST) for v in values if math.isfinite(v)] or [-1.0, 1.0]
    low, high = min(finite), max(finite)
    slack = max(0.0, 1e-6 * max(-low, high, 1 / _LARGEST) - (high - low)) / 2
    return LinearScale(low - slack, high + slack, start, end)


def engineering(values: Sequence[float]) -> list[str]:
    """Evenly spaced values in plain digits; far from 1, all with one exponent, a multiple of 3: 0, 50e-9, 100e-9."""
    largest = max((abs(v) for v in values), default=0.0)
    plain = largest == 0 or 1e-3 <= largest < 99999.5
    exponent = 0 if plain else 3 * math.floor(math.log10(largest) / 3 + 1e-9)
    scaled = [v / 10.0**exponent for v in values]
    step = min((b - a for a, b in pairwise(scaled) if b > a), default=abs(scaled[0]) if scaled else 0.0)
    decimals = min(6, max(0, 1 - math.floor(math.log10(step)))) if step else 0
    digits = [f"{v:.{decimals}f}" for v in scaled]
    digits = [d.rstrip("0").rstrip(".") if "." in d else d for d in digits]
    return ["0" if d in {"0", "-0"} else f"{d}e{exponent}" if exponent else d for d in digits]


def power(exponent: int) -> str:
    """A power of ten by its exponent."""
    return "1" if exponent == 0 else f"1e{exponent}"
