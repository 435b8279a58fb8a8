"""The units of each row with weights on the probe batch: dead, saturated, and where their z lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.measurements import GateUnits, LayerUnits, StageName, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Tap
from gradaudit.nn.engine import Engine
from gradaudit.probes.interface import Columns, ProbeContext, joined, per_seed

SATURATED_BELOW = 0.05
"""A unit is saturated on a sample where |f′(z)| is under this share of its supremum."""
ALIKE = 1e-10
"""Sums along a random direction that differ by less than this share of the layer's largest are equal but for rounding;
of a thousand independent units, two come that close in one of ten thousand draws."""
BINS = 40
MOST_POINTS = 20_000
"""Of z in a histogram; a larger batch is thinned evenly."""


@dataclass(frozen=True)
class UnitsSample:
    """What one group of seeds showed of one row: its shares, and points of its z for the histogram."""

    shares: Columns
    points: Array
    gates: Mapping[str, Columns]
    """Of a row with several, by name."""


def measure(subject: ProbeContext, stage: StageName) -> Units:
    """Dead and saturated shares and the histogram of z, row by row."""
    return table(subject, subject.observe(stage, partial(observe, subject)))


def observe(subject: ProbeContext, bp: Engine) -> dict[int, UnitsSample]:
    """The units in one pass."""
    most = max(1, MOST_POINTS * bp.seeds // subject.settings.seeds)
    last = subject.network.weighted[-1].index
    return {
        row.index: UnitsSample(
            {**_shares(bp, row), "duplicates": per_seed(_duplicate_share(bp, row)) if row.index != last else None},
            _thinned(_main(bp, row).z, most),
            _gates(bp, row),
        )
        for row in subject.network.weighted
    }


def _main(bp: Engine, row: ExpandedLayer) -> Tap:
    """The tap with the row's own activation: of several gates, the candidate's."""
    taps = bp.taps(row)
    return next((tap for tap in taps if tap.is_candidate), taps[0])


def _gates(bp: Engine, row: ExpandedLayer) -> dict[str, Columns]:
    """Mean and saturated share of each gate, where there are several."""
    taps = bp.taps(row)
    return {tap.name: _gate(row, tap) for tap in taps} if len(taps) > 1 else {}


def _gate(row: ExpandedLayer, tap: Tap) -> Columns:
    activation = (row.activation if tap.is_candidate else None) or Named("sigmoid")
    return {"mean": per_seed(tap.h.mean(axis=(-2, -1))), "saturated_fraction": _saturated(activation, tap)}


def _duplicate_share(bp: Engine, row: ExpandedLayer) -> Array:
    """Per seed, the share of units that have a copy: equal weights and bias, and equal gradients of both.

    Units with equal columns have equal sums along random directions; two sums that differ by rounding are equal.
    """
    marks = [_marks(bp.parameters(row, "theta"), row), _marks(bp.parameters(row, "g"), row)]
    order = np.argsort(marks[0], axis=-1)
    alike = np.ones((bp.seeds, row.units - 1), dtype=bool)
    for mark in marks:
        in_order = np.take_along_axis(mark, order, axis=-1)
        size = np.abs(in_order).max(axis=-1, keepdims=True)
        alike &= np.abs(np.diff(in_order, axis=-1)) <= ALIKE * size
    none = np.zeros((bp.seeds, 1), dtype=bool)
    has_twin = np.concatenate([alike, none], axis=-1) | np.concatenate([none, alike], axis=-1)
    return np.asarray(has_twin.mean(axis=-1))


def _marks(arrays: Mapping[str, Array], row: ExpandedLayer) -> Array:
    """Each unit's weights and biases summed up along one random direction: seeds × units, the backward half's last."""
    halves = {
        parameter.name.partition("weight")[0] for parameter in row.parameters if parameter.name.endswith("weight")
    }
    width = row.units // len(halves)
    return np.concatenate([_marks_of(arrays, row, half, width) for half in sorted(halves)], axis=-1)


def _marks_of(arrays: Mapping[str, Array], row: ExpandedLayer, half: str, width: int) -> Array:
    """Of one direction: blocks side by side are further inputs of the same units."""
    own = [each for each in row.parameters if each.role in ("weight", "bias") and each.name.startswith(half)]
    parts = [arrays[each.name] for each in own if half or not each.name.startswith("reverse_")]
    rows = np.concatenate([part.reshape(len(part), -1, width) for part in parts], axis=1)
    return np.asarray(_direction(rows.shape[1]) @ rows)


@cache
def _direction(length: int) -> Array:
    """Always the same: to make a generator costs more than the sums of a small layer."""
    return np.random.default_rng(0).standard_normal(length)


def table(subject: ProbeContext, looks: list[dict[int, UnitsSample]]) -> Units:
    """All groups of seeds together."""
    return Units(tuple(_layer(row, [part[row.index] for part in looks]) for row in subject.network.weighted))


def _layer(row: ExpandedLayer, looks: list[UnitsSample]) -> LayerUnits:
    shares = joined([part.shares for part in looks])
    counts, limits = _histogram(np.concatenate([part.points for part in looks]))
    slopes = _slopes(row, len(counts), limits)
    columns = {name: joined([part.gates[name] for part in looks]) for name in looks[0].gates}
    gates = tuple(GateUnits(name, **found) for name, found in columns.items())  # type: ignore[arg-type]
    dead, saturated, duplicates = (shares[name] for name in ("dead", "saturated", "duplicates"))
    return LayerUnits(row.index, dead, saturated, counts, limits, duplicates, slopes, gates)


def _slopes(row: ExpandedLayer, bins: int, limits: tuple[float, float]) -> tuple[float, ...]:
    """f′ in the middle of each bin."""
    activation = row.activation or Named("identity")
    table = ACTIVATIONS[activation.name]
    if table.last_only or not bins:
        return ()
    edges = np.linspace(*limits, bins + 1)
    z = (edges[1:] + edges[:-1]) / 2
    functions = table.bind(activation)
    with np.errstate(all="ignore"):
        slopes = np.nan_to_num(functions.df(z, functions.f(z)), nan=0.0)
    return tuple(float(slope) for slope in slopes)


def _thinned(z: Array, most: int) -> Array:
    """At most `most` of all values, evenly chosen; a copy, since the pass's arrays are used again."""
    flat = z.reshape(-1)
    return flat[:: ceil(flat.size / most)].copy()


def _shares(bp: Engine, row: ExpandedLayer) -> Columns:
    """Both shares; None for an activation that has no elementwise derivative or does not saturate."""
    activation = row.activation or Named("identity")
    table = ACTIVATIONS[activation.name]
    if table.last_only:
        return {"dead": None, "saturated": None}
    tap = _main(bp, row)
    silent = (_slope_sizes(activation, tap) == 0).all(axis=-2) & (tap.h == tap.h[..., :1, :]).all(axis=-2)
    return {"dead": per_seed(silent.mean(axis=-1)), "saturated": _saturated(activation, tap)}


def _slope_sizes(activation: Named, tap: Tap) -> npt.NDArray[Any]:
    """|f′(z)|."""
    return np.abs(ACTIVATIONS[activation.name].bind(activation).df(tap.z, tap.h) if tap.df is None else tap.df)


def _saturated(activation: Named, tap: Tap) -> PerSeed | None:
    """The share of (unit, sample) pairs whose f′ is all but 0; None for an activation that does not saturate."""
    table = ACTIVATIONS[activation.name]
    bound = table.bound(activation)
    if not table.saturates or bound is None:
        return None
    return per_seed((_slope_sizes(activation, tap) < SATURATED_BELOW * bound).mean(axis=(-2, -1)))


def _histogram(points: Array) -> tuple[tuple[float, ...], tuple[float, float]]:
    """Shares of z in equal bins between the 0.1 % and 99.9 % quantiles, all seeds together."""
    finite = points[np.isfinite(points)]
    if not finite.size:
        return (), (0.0, 0.0)
    low, high = (_quantile(finite, q) for q in (0.001, 0.999))
    if not np.all(np.diff(np.linspace(low, high, BINS + 1)) > 0):  # one value, or a range too narrow or wide to divide
        return (1.0,), (low, high)
    counts, _ = np.histogram(finite, BINS, (low, high))
    return tuple(float(share) for share in counts / finite.size), (low, high)


def _quantile(points: Array, q: float) -> float:
    """Between two neighbours in the order of size, as np.quantile has it, which imports masked arrays for it."""
    place = q * (points.size - 1)
    neighbours = [floor(place), ceil(place)]
    low, high = np.partition(points, neighbours)[neighbours]
    return float(low + (high - low) * (place - floor(place)))
