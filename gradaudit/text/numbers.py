"""Numbers as people read them: three significant digits, and a dash where there is no number."""

from __future__ import annotations

import math

from gradaudit.domain.per_seed import PerSeed

NOTHING = "–"
_LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def number(x: float | None) -> str:
    """0.236, 0.00042, 12.3, 21,134, 1.9e-7; whole numbers to 99,999 in full; `–` for None, `∞`, `NaN`."""
    if x is None:
        return NOTHING
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else "∞" if x > 0 else "-∞"
    if x == 0:
        return "0"
    if 1e-4 <= abs(x) < 99999.5:  # where Python itself begins to write an exponent
        return _fixed(x)
    mantissa, exponent = f"{x:.2e}".split("e")
    return f"{_stripped(mantissa)}e{int(exponent)}"


def percent(share: float | None) -> str:
    """98.4%, 0.3%, from a share of one; rounds to 100%, or from above to 0%, only what is exactly that."""
    if share is None or not math.isfinite(share):
        return number(share)
    if 0 < abs(share) < 5e-4:
        return "<0.1%" if share > 0 else "≈0%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{number(round(100 * share, 1) if abs(share) < 0.1 else 100 * share)}%"


def times(factor: float | None) -> str:
    """0.236×, a factor; `–` for None."""
    return number(factor) if factor is None else f"{number(factor)}×"


def of_baseline(progress: float, baseline: str = "the baseline") -> str:
    """27% of the baseline, 70.2 times the baseline: a run's loss, from the share of the baseline that it takes away."""
    share = share_left(progress)
    if not math.isfinite(progress):
        return share
    return f"{share} {baseline}" if share.endswith("times") else f"{share} of {baseline}"


def share_left(progress: float) -> str:
    """27%, under 1%, 70.2 times, diverges: what is left of the baseline's loss."""
    if not math.isfinite(progress):
        return "diverges"
    rest = max(1 - progress, 0.0)
    if rest >= 10:
        return f"{number(rest)} times"
    return "under 1%" if 0 < rest < 0.0095 else f"{rest:.0%}"


def count(n: int) -> str:
    """164,106: a count, its thousands marked."""
    return f"{n:,}"


def large(x: float) -> str:
    """5.3 million, for a sentence; in `number`'s form below a million and from 1e15."""
    for unit, word in _LARGE:
        if unit <= abs(x) < 1e15:
            return f"{float(f'{x / unit:.2g}'):g} {word}"
    return count(round(x)) if 1000 <= abs(x) < 1e6 else number(x)


def median_of(values: PerSeed | None) -> str:
    """The median over the seeds, or a word where no seed gave a finite number."""
    if values is None or not values.values:
        return NOTHING
    if values.median is None:
        return "not finite" if values.non_finite else NOTHING
    return number(values.median)


def range_of(values: PerSeed | None) -> str:
    """0.1 to 0.3: the extremes over the seeds; empty where all seeds agree or none is finite."""
    if values is None or values.min is None or values.min == values.max:
        return ""
    low, high = number(values.min), number(values.max)
    return f"{low} to {high}" if low != high else ""


def _fixed(x: float) -> str:
    """Three significant digits without an exponent; digits before the point are never dropped."""
    decimals = max(0, 2 - math.floor(math.log10(abs(x))))
    return _stripped(f"{x:,.{decimals}f}")


def _stripped(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
