"""The units of each dense row on the probe batch: dead, saturated, and where their z lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from gradaudit.domain.expanded import Row
from gradaudit.domain.measurements import LayerUnits, StageName, Units
from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.parameters import Key
from gradaudit.probes.interface import Columns, Subject, joined, per_seed

Array = npt.NDArray[np.float64]

SATURATED_BELOW = 0.05
"""A unit is saturated on a sample where |f′(z)| is under this share of its supremum (contract §5)."""
ALIKE = 1e-10
"""Sums along a random direction that differ by less than this share of the layer's largest are equal but for rounding;
of a thousand independent units, two come that close in one of ten thousand draws."""
BINS = 40
MOST_POINTS = 20_000
"""Of z in a histogram; a larger batch is thinned evenly."""


@dataclass(frozen=True)
class Look:
    """What one group of seeds showed of one row: its shares, and points of its z for the histogram."""

    shares: Columns
    points: Array


def measure(subject: Subject, stage: StageName) -> Units:
    """Dead and saturated shares and the histogram of z, row by row."""
    return table(subject, subject.observe(stage, partial(look, subject)))


def look(subject: Subject, bp: Backprop) -> dict[int, Look]:
    """The units in one pass."""
    most = max(1, MOST_POINTS * bp.seeds // subject.settings.seeds)
    last = subject.network.dense[-1].index
    return {
        row.index: Look(
            {**_shares(bp, row), "twins": per_seed(_twins(bp, row)) if row.index != last else None},
            _thinned(_z(bp, row), most),
        )
        for row in subject.network.dense
    }


def _twins(bp: Backprop, row: Row) -> Array:
    """Per seed, the share of units that have a copy: equal weights and bias, and equal gradients of both.

    Units with equal columns have equal sums along random directions; two sums that differ by rounding are equal.
    """
    marks = [_marks(bp.views.theta, row), _marks(bp.views.g, row)]
    order = np.argsort(marks[0], axis=-1)
    alike = np.ones((bp.seeds, row.units - 1), dtype=bool)
    for mark in marks:
        in_order = np.take_along_axis(mark, order, axis=-1)
        size = np.abs(in_order).max(axis=-1, keepdims=True)
        alike &= np.abs(np.diff(in_order, axis=-1)) <= ALIKE * size
    none = np.zeros((bp.seeds, 1), dtype=bool)
    has_twin = np.concatenate([alike, none], axis=-1) | np.concatenate([none, alike], axis=-1)
    return np.asarray(has_twin.mean(axis=-1))


def _marks(arrays: Mapping[Key, Array], row: Row) -> Array:
    """Each unit's weights and bias summed up along one random direction: seeds × units."""
    weight = arrays[row.index, "weight"]
    weight = weight.reshape(len(weight), -1, row.units)
    inputs = weight.shape[1]
    direction = np.random.default_rng(inputs).standard_normal(inputs + 1)
    sums = direction[:-1] @ weight
    bias = arrays.get((row.index, "bias"))
    return np.asarray(sums if bias is None else sums + direction[-1] * bias)


def table(subject: Subject, looks: list[dict[int, Look]]) -> Units:
    """All groups of seeds together."""
    return Units(tuple(_layer(row, [part[row.index] for part in looks]) for row in subject.network.dense))


def _layer(row: Row, looks: list[Look]) -> LayerUnits:
    shares = joined([part.shares for part in looks])
    counts, limits = _histogram(np.concatenate([part.points for part in looks]))
    slopes = _slopes(row, len(counts), limits)
    return LayerUnits(row.index, shares["dead"], shares["saturated"], counts, limits, shares["twins"], slopes)


def _slopes(row: Row, bins: int, limits: tuple[float, float]) -> tuple[float, ...]:
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
    """At most about `most` of all values, evenly chosen; a copy, since the pass's arrays are used again."""
    flat = z.reshape(-1)
    return flat[:: max(1, flat.size // most)].copy()


def _z(bp: Backprop, row: Row) -> Array:
    return bp.tap(row).z


def _shares(bp: Backprop, row: Row) -> Columns:
    """Both shares; None for an activation that has no elementwise derivative or does not saturate."""
    activation = row.activation or Named("identity")
    table, z = ACTIVATIONS[activation.name], _z(bp, row)
    if table.last_only:
        return {"dead": None, "saturated": None}
    functions, tap = table.bind(activation), bp.tap(row)
    h = tap.h
    df = np.abs(functions.df(z, h) if tap.df is None else tap.df)
    silent = (df == 0).all(axis=-2) & (h == h[..., :1, :]).all(axis=-2)
    bound = table.bound(activation)
    saturated = None
    if table.saturates and bound is not None:
        saturated = per_seed((df < SATURATED_BELOW * bound).mean(axis=(-2, -1)))
    return {"dead": per_seed(silent.mean(axis=-1)), "saturated": saturated}


def _histogram(points: Array) -> tuple[tuple[float, ...], tuple[float, float]]:
    """Shares of z in equal bins between the 0.1 % and 99.9 % quantiles, all seeds together."""
    finite = points[np.isfinite(points)]
    if not finite.size:
        return (), (0.0, 0.0)
    low, high = (float(q) for q in np.quantile(finite, (0.001, 0.999)))
    if not np.all(np.diff(np.linspace(low, high, BINS + 1)) > 0):  # one value, or a range too narrow or wide to divide
        return (1.0,), (low, high)
    counts, _ = np.histogram(finite, BINS, (low, high))
    return tuple(float(share) for share in counts / finite.size), (low, high)
