"""One number on both sides: did it move, by more than chance, and which way? One-sided tests on the seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, erfc, isfinite, sqrt
from statistics import fmean, stdev

from gradaudit.comparison.interface import NumberChange, Outcome
from gradaudit.comparison.readings import Measure, Reading
from gradaudit.domain.findings import PAIRS, Severity
from gradaudit.evidence.learning_outcome import ALMOST_NOTHING

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
    """Which side is above, from after − before, seed by seed: a sign test without equal seeds (Dixon & Mood 1946).

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
    """Which side is above, by the sum of ranks (Wilcoxon 1945; Mann & Whitney 1947), counted out where few."""
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


_NOT_DRAWN = "exactly: nothing in it is drawn"


def number_change(before: Reading, after: Reading, *, is_paired: bool) -> NumberChange:
    """Beyond chance is what a test over the seeds shows and what is large enough to be told of."""
    measure = after.measure
    pairs = _pairs(before, after) if is_paired else ()
    old, new = (_defined(pairs, k, reading) for k, reading in enumerate((before, after)))
    shift, size = _shift(measure, before, after, pairs, old, new)
    least = measure.least * (1 if is_paired else 2)
    outcome = _outcome(measure, shift, size, least, same=before.values == after.values)
    decides = measure.matters is not None and abs(size) >= measure.matters * (1 if is_paired else 2)
    return NumberChange(
        key=measure.key,
        label=measure.label,
        before=_shown(measure, before),
        after=_shown(measure, after),
        outcome=outcome,
        evidence=shift.evidence if outcome != "same" else "",
        harm=_harm(measure, after) if outcome == "worse" and decides else None,
        helps=outcome == "better" and decides,
    )


def _pairs(before: Reading, after: Reading) -> tuple[tuple[float, float], ...]:
    """Seeds with a value on both sides."""
    both = zip(before.values, after.values, strict=False)
    return tuple((b, a) for b, a in both if b is not None and a is not None)


def _defined(pairs: tuple[tuple[float, float], ...], side: int, reading: Reading) -> list[float]:
    values = [pair[side] for pair in pairs] or [value for value in reading.values if value is not None]
    return [reading.measure.scaled(value) for value in values]


def _shift(
    measure: Measure,
    before: Reading,
    after: Reading,
    pairs: tuple[tuple[float, float], ...],
    old: list[float],
    new: list[float],
) -> tuple[Shift, float]:
    """Which way it moved, and how far on the measure's own scale: paired seeds by their differences."""
    if before.exact and after.exact:
        size = new[0] - old[0]
        return Shift((size > 0) - (size < 0), _NOT_DRAWN), size
    if before.exact != after.exact or not pairs:
        return unpaired(old, new), _typical(measure, new) - _typical(measure, old)
    differences = [b - a for a, b in zip(old, new, strict=True)]
    return paired(differences), _typical(measure, differences)


def _typical(measure: Measure, values: list[float]) -> float:
    """The median; of bits, their share."""
    return sum(values) / len(values) if measure.key == "seeds_that_learn" else median_of_pairs(values)


def _outcome(measure: Measure, shift: Shift, size: float, least: float, *, same: bool) -> Outcome:
    if same or (size == 0 and not shift.sign and "in 0 of" in shift.evidence):
        return "same"
    if not shift.decidable:
        return "unclear"
    if not shift.sign or abs(size) < least or (size > 0) != (shift.sign > 0):
        return "noise"
    if measure.good == "neither":
        return "changed"
    return "better" if (size > 0) == (measure.good == "high") else "worse"


def _shown(measure: Measure, reading: Reading) -> float | None:
    values = [value for value in reading.values if value is not None]
    return _typical(measure, values) if values else None


def _harm(measure: Measure, after: Reading) -> Severity:
    """An error where the network learns almost nothing any more."""
    progress = _shown(measure, after) or 0.0
    limit = ALMOST_NOTHING if measure.key == "progress" else 0.5
    return Severity.ERROR if progress < limit else Severity.WARNING
