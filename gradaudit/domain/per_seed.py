"""One number a seed, and what is said of all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerSeed:
    """One number a seed: finite, `inf` for anything that is not finite, None where undefined (0/0)."""

    values: tuple[float | None, ...]

    @classmethod
    def of(cls, values: Iterable[float | None]) -> PerSeed:
        """One number a seed, from raw ones; NaN and both infinities become `inf`."""
        return cls(tuple(None if v is None else float(v) if math.isfinite(v) else math.inf for v in values))

    @property
    def finite(self) -> tuple[float, ...]:
        """The finite values, in seed order."""
        return tuple(v for v in self.values if v is not None and math.isfinite(v))

    @property
    def non_finite(self) -> int:
        """How many seeds gave an infinity or NaN."""
        return sum(v is not None and not math.isfinite(v) for v in self.values)

    @property
    def median(self) -> float | None:
        """Of the finite values; None where there is none."""
        ranked = sorted(self.finite)
        middle = ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1]  # one number, or two
        return sum(middle) / len(middle) if middle else None

    @property
    def typical(self) -> float:
        """The median, infinite where no value is finite."""
        return math.inf if self.median is None else self.median

    @property
    def min(self) -> float | None:
        """Of the finite values; None where there is none."""
        return min(self.finite, default=None)

    @property
    def max(self) -> float | None:
        """Of the finite values; None where there is none."""
        return max(self.finite, default=None)
