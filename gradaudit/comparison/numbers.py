"""One number on both sides: did it move, by more than chance, and which way?"""

from __future__ import annotations

from gradaudit.comparison.chance import Shift, median_of_pairs, paired, unpaired
from gradaudit.comparison.interface import NumberChange, Outcome
from gradaudit.comparison.readings import Measure, Reading
from gradaudit.domain.findings import Severity
from gradaudit.evidence.learning_outcome import ALMOST_NOTHING

_EXACT = "exactly: nothing in it is drawn"


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
        return Shift((size > 0) - (size < 0), _EXACT), size
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
