"""The units of each dense row on the probe batch: dead, saturated, and where their z lie."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from gradaudit.measurement import LayerUnits, PerSeed, StageName, Units
from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.nn.backprop import Backprop
from gradaudit.probes.interface import Subject, collect, per_seed
from gradaudit.rows import Row
from gradaudit.spec import Named

Array = npt.NDArray[np.float64]

SATURATED_BELOW = 0.05
"""A unit is saturated on a sample where |f′(z)| is under this share of its supremum (contract §5)."""
BINS = 40
MOST_POINTS = 20_000
"""Of z in a histogram; a larger batch is thinned evenly."""


def measure(subject: Subject, stage: StageName) -> Units:
    """Dead and saturated shares and the histogram of z, row by row."""
    passes = subject.passes(stage)
    return Units(tuple(_layer(passes, row) for row in subject.network.dense))


def _layer(passes: list[Backprop], row: Row) -> LayerUnits:
    shares = collect(passes, partial(_shares, row=row))
    counts, limits = _histogram(np.concatenate([_z(bp, row) for bp in passes]))
    return LayerUnits(row.index, shares["dead"], shares["saturated"], counts, limits)


def _z(bp: Backprop, row: Row) -> Array:
    return bp.activate[row.index].z if row.index in bp.activate else bp.z


def _shares(bp: Backprop, row: Row) -> Mapping[str, PerSeed | None]:
    """Both shares; None for an activation that has no elementwise derivative or does not saturate."""
    activation = row.activation or Named("identity")
    table, z = ACTIVATIONS[activation.name], _z(bp, row)
    if table.last_only:
        return {"dead": None, "saturated": None}
    functions = table.bind(activation)
    h = functions.f(z)
    df = np.abs(functions.df(z, h))
    silent = (df == 0).all(axis=-2) & (h == h[..., :1, :]).all(axis=-2)
    bound = table.bound(activation)
    saturated = None
    if table.saturates and bound is not None:
        saturated = per_seed((df < SATURATED_BELOW * bound).mean(axis=(-2, -1)))
    return {"dead": per_seed(silent.mean(axis=-1)), "saturated": saturated}


def _histogram(z: Array) -> tuple[tuple[float, ...], tuple[float, float]]:
    """Shares of z in equal bins between the 0.1 % and 99.9 % quantiles, all seeds together."""
    flat = z.reshape(-1)
    flat = flat[:: max(1, flat.size // MOST_POINTS)]
    finite = flat[np.isfinite(flat)]
    if not finite.size:
        return (), (0.0, 0.0)
    low, high = (float(q) for q in np.quantile(finite, (0.001, 0.999)))
    if not np.all(np.diff(np.linspace(low, high, BINS + 1)) > 0):  # one value, or a range too narrow or wide to divide
        return (1.0,), (low, high)
    counts, _ = np.histogram(finite, BINS, (low, high))
    return tuple(float(share) for share in counts / finite.size), (low, high)
