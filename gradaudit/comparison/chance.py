"""Could chance have done it? One-sided tests on the seeds of two measurements, paired or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, erfc, isfinite, sqrt
from statistics import fmean, stdev

from gradaudit.domain.findings import PAIRS

ALPHA = 9 / 256
"""What 7 of 8 pairs reach by chance (sign test): the proof that a fix needs, too."""
NUMBERS = 8
UNPAIRED_ALPHA = ALPHA / NUMBERS
"""Of one of so many numbers. Equal models on equal seeds give equal numbers; on other seeds every number is another
chance to look different (Bonferroni)."""
_T = {3: 4.303, 4: 3.182}
"""Student's t at 2.5 %, n − 1 degrees of freedom: for so few pairs that no sign test can prove anything."""
_EXACT = 40
"""Values up to which ranks are counted out; beyond, their sum is normal enough."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Whether one side is above the other: +1, −1, or 0 where chance explains it."""

    sign: int
    evidence: str
    decidable: bool = True
    """Whether so many seeds could have shown anything."""


def paired(differences: Sequence[float]) -> Shift:
    """From after − before, seed by seed: a sign test, equal seeds left out (Dixon & Mood 1946).

    With three or four unequal seeds all must agree and Student's t decides; with fewer nothing is proven.
    """
    unequal = [d for d in differences if d != 0]
    up = sum(d > 0 for d in unequal)
    sign, agreeing, n = (1 if 2 * up >= len(unequal) else -1), max(up, len(unequal) - up), len(unequal)
    evidence = f"in {agreeing} of {len(differences)} paired seeds"
    if len(differences) < min(_T):
        return Shift(0, f"{len(differences)} paired seeds prove nothing", decidable=False)
    if n in _T and len(differences) < PAIRS:
        return Shift(sign * (agreeing == n and _exceeds(unequal)), evidence)
    return Shift(sign * (n > 0 and _tail(agreeing, n) <= ALPHA), evidence)


def _tail(hits: int, of: int) -> float:
    """The probability of at least so many heads."""
    return float(sum(comb(of, k) for k in range(hits, of + 1)) / 2**of)


def _exceeds(differences: Sequence[float]) -> bool:
    """Their mean lies further from 0 than t standard errors."""
    n = len(differences)
    return abs(fmean(differences)) * sqrt(n) > _T[n] * stdev(differences)


def unpaired(before: Sequence[float], after: Sequence[float]) -> Shift:
    """By the sum of ranks (Wilcoxon 1945; Mann & Whitney 1947), counted out with ties where the seeds are few."""
    n, m = len(before), len(after)
    if not n or not m or 1 / comb(n + m, n) > UNPAIRED_ALPHA:
        return Shift(0, f"{n} and {m} other seeds prove nothing", decidable=False)
    ranks = _doubled_ranks((*before, *after))
    low, high = _tails(ranks, m, sum(ranks[n:]))
    p = min(low, high)
    return Shift(
        (1 if high < low else -1) * (p <= UNPAIRED_ALPHA), f"by ranks of {n} and {m} other seeds (p = {p:.2g})"
    )


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the rank of each, equal values sharing the mean of theirs."""
    counts, ranks, below = Counter(values), dict[float, int](), 0
    for value in sorted(counts):
        ranks[value] = 2 * below + counts[value] + 1
        below += counts[value]
    return [ranks[value] for value in values]


def _tails(ranks: Sequence[int], m: int, seen: int) -> tuple[float, float]:
    """The chances that m of the ranks, drawn blindly, sum to at most and to at least what was seen."""
    if len(ranks) > _EXACT:
        return _normal_tails(ranks, m, seen)
    ways: list[Counter[int]] = [Counter({0: 1}), *(Counter[int]() for _ in range(m))]
    for rank in ranks:
        for taken in range(m, 0, -1):
            for total, count in ways[taken - 1].items():
                ways[taken][total + rank] += count
    every = comb(len(ranks), m)
    low, high = (sum(c for s, c in ways[m].items() if s * way <= seen * way) for way in (1, -1))
    return low / every, high / every


def _normal_tails(ranks: Sequence[int], m: int, seen: int) -> tuple[float, float]:
    """With the variance that ties leave."""
    size, mean = len(ranks), fmean(ranks)
    variance = m * (size - m) / (size - 1) * fmean((rank - mean) ** 2 for rank in ranks)
    z = (seen - m * mean) / sqrt(variance) if variance > 0 else 0.0
    return erfc(-z / sqrt(2)) / 2, erfc(z / sqrt(2)) / 2


def median_of_pairs(values: Sequence[float]) -> float:
    """The median; of an even number whose middle holds an infinity, that one."""
    ordered, half = sorted(values), len(values) // 2
    if len(values) % 2:
        return ordered[half]
    low, high = ordered[half - 1], ordered[half]
    return (low + high) / 2 if isfinite(low) and isfinite(high) else high if isfinite(low) else low
