"""Positive numbers as a few shades with round limits, and signs for what is no such number."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.labels import uncrowded
from gradaudit.formats.charts.scales import power
from gradaudit.formats.charts.shapes import ChartSize, Path, ShapeGroup, Words, box, polyline, triangle
from gradaudit.text.numbers import number

MOST = 6
"""Shades that can still be told apart."""
ZERO, INFINITE, UNDEFINED = "exactly zero", "not finite", "undefined"
UNSHADED = (ZERO, INFINITE, UNDEFINED)
LEAST = 2.0
"""Decades that the shades stand for at least."""
_STEPS = (1, 2, 3, 5, 10, 20, 50, 100, 200)
"""Decades a shade."""


@dataclass(frozen=True, slots=True)
class Shades:
    """The limits between the shades, as rising exponents of ten; empty where there is nothing to shade."""

    limits: tuple[float, ...]

    def kind(self, value: float | None) -> int | str:
        """The shade of a value, 0 … 5, or the word for what has none."""
        if value is None or value < 0 or math.isnan(value):
            return UNDEFINED
        if value == 0 or math.isinf(value):
            return INFINITE if value else ZERO
        return self._spread(bisect_right(self.limits[1:-1], math.log10(value)))

    def legend(self, size: ChartSize, *, y: float) -> tuple[ShapeGroup, ...]:
        """The shades side by side, with the numbers of their limits under them."""
        count = len(self.limits) - 1
        if count < 1:
            return ()
        inset = max(size.text_width(_written(e)) for e in (self.limits[0], self.limits[-1])) / 2
        step = min(56.0, (size.width - 2 * inset) / count)
        places = [inset + k * step for k in range(count + 1)]
        fields = tuple(
            ShapeGroup(palette.heat(self._spread(k)), (Path(box(places[k], y - 6, places[k + 1] - 1.5, y + 5)),))
            for k in range(count)
        )
        numbers = [_written(e) for e in self.limits]
        texts = tuple(
            Words(x, y + 1.25 * size.letters, text, "middle")
            for k, (x, text) in enumerate(zip(places, numbers, strict=True))
            if k == 0 or text != numbers[k - 1]
        )
        return (*fields, ShapeGroup(palette.TICK, words=uncrowded(texts, size)))

    def _spread(self, index: int) -> int:
        """The darkest shade for the highest values, also where there are fewer than six."""
        count = len(self.limits) - 1
        return MOST // 2 if count <= 1 else round(index * (MOST - 1) / (count - 1))


def shades_of(values: Iterable[float | None]) -> Shades:
    """Limits at powers of ten where the values span decades, else at equal factors."""
    exponents = [math.log10(v) for v in values if v is not None and 0 < v < math.inf]
    if not exponents:
        return Shades(())
    low, high = min(exponents), max(exponents)
    if (slack := LEAST - (high - low)) > 0:  # what is nearly level must not look like a slope
        low, high = low - slack / 2, high + slack / 2
    step = next(s for s in _STEPS if math.ceil(high / s) - math.floor(low / s) <= MOST)
    first, last = math.floor(low / step), math.ceil(high / step)
    if last - first >= 3:
        return Shades(tuple(float(k * step) for k in range(first, last + 1)))
    wide = high - low > 1e-6
    return Shades(tuple(low + (high - low) * k / MOST for k in range(MOST + 1)) if wide else (low, high))


def sign(kind: str) -> Callable[[float, float], str]:
    """The drawing that stands for a value without a shade: a dash, an open triangle, a cross."""
    return {ZERO: _dash, INFINITE: lambda x, y: triangle(x, y, 3.2), UNDEFINED: _cross}[kind]


def _dash(x: float, y: float) -> str:
    return polyline(((x - 4, y), (x + 4, y)))


def _cross(x: float, y: float) -> str:
    return f"{polyline(((x - 3, y - 3), (x + 3, y + 3)))} {polyline(((x - 3, y + 3), (x + 3, y - 3)))}"


def _written(exponent: float) -> str:
    whole = round(exponent)
    if abs(exponent - whole) < 1e-9 and not -3 <= whole <= 4:
        return power(whole)
    return number(10.0 ** min(exponent, 308.25))
