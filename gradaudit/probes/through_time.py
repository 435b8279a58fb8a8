"""The error signal back through time: what each recurrent row passes on, step by step, and how far that reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.measurements import ThroughTime
from gradaudit.domain.per_seed import PerSeed
from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Reach
from gradaudit.nn.engine import Engine
from gradaudit.nn.mean_field_time import gain_through_time
from gradaudit.probes.interface import Columns, ProbeContext, joined, norm, per_seed, ratio

POINTS = 17
"""Of a profile."""
SQUARINGS = 10
"""Of the recurrent weight: its power 2^10 tells its spectral radius to about 1 % for a thousand units (Gelfand)."""


@dataclass(frozen=True)
class Look:
    """What one group of seeds showed of one direction."""

    name: str
    steps: int
    columns: Columns
    profile: Mapping[str, PerSeed]
    """Step → RMS."""


def look(bp: Engine, row: ExpandedLayer) -> tuple[Look, ...]:
    """Each direction of a recurrent row in one pass; none of other rows."""
    return tuple(_direction(bp, reach) for reach in bp.reaches(row))


def _direction(bp: Engine, reach: Reach) -> Look:
    profile, steps = reach.profile, reach.profile.shape[1]
    per_sample = bp.network.objective.per_sample(bp.samples)
    kept = ratio(profile[:, 0], profile[:, -1])
    gain = kept ** (1 / max(steps - 1, 1))
    undefined = (profile[:, 0] == 0) & (profile[:, -1] == 0)
    memory = -1 / np.log(gain, where=gain > 0, out=np.full_like(gain, -np.inf))
    columns = {
        "ratio": per_seed(kept, undefined),
        "gain": per_seed(gain, undefined | (steps == 1)),
        "memory": per_seed(memory, undefined | ~(gain < 1)),
        "spectral_radius": per_seed(np.max([_radius(part) for part in _square(reach.recurrent)], axis=0)),
    }
    at = points(steps)
    return Look(reach.name, steps, columns, {str(t): per_seed(profile[:, t] * per_sample) for t in at})


def points(steps: int) -> tuple[int, ...]:
    """At most POINTS steps, the first and the last among them."""
    return tuple(sorted({int(t) for t in np.linspace(0, steps - 1, min(POINTS, steps)).round()}))


def _square(recurrent: Array) -> list[Array]:
    """The recurrent weight gate by gate."""
    units = recurrent.shape[1]
    return [recurrent[..., start : start + units] for start in range(0, recurrent.shape[-1], units)]


def _radius(matrix: Array) -> Array:
    """|λ| of the largest eigenvalue, one number a seed: ‖Aᵏ‖^(1/k) by repeated squaring."""
    power, log_size = matrix, np.zeros(len(matrix))
    for squaring in range(SQUARINGS):
        power, log_size = _unit(power, log_size, 2**squaring)
        power = power @ power
    return np.asarray(np.exp(_unit(power, log_size, 2**SQUARINGS)[1]))


def _unit(power: Array, log_size: Array, exponent: int) -> tuple[Array, Array]:
    """The power divided by its norm, whose logarithm is added for one factor of it."""
    size = norm(power)
    log_size = log_size + np.log(size, where=size > 0, out=np.full_like(size, -np.inf)) / exponent
    return power / np.where(size > 0, size, 1.0)[:, None, None], log_size


def tables(
    subject: ProbeContext, looks: Sequence[Mapping[int, tuple[Look, ...]]]
) -> dict[int, tuple[ThroughTime, ...]]:
    """All groups of seeds together, row by row."""
    return {row.index: _row(subject, row, [part[row.index] for part in looks]) for row in subject.network.weighted}


def _row(subject: ProbeContext, row: ExpandedLayer, looks: list[tuple[Look, ...]]) -> tuple[ThroughTime, ...]:
    predicted = _predicted(subject, row) if looks[0] else None
    return tuple(_table([part[half] for part in looks], predicted) for half in range(len(looks[0])))


def _table(looks: list[Look], predicted: float | None) -> ThroughTime:
    first = looks[0]
    return ThroughTime(
        direction="reverse" if first.name else "forward",
        steps=first.steps,
        at=tuple(int(t) for t in first.profile),
        profile=tuple(joined([part.profile for part in looks]).values()),  # type: ignore[arg-type]
        predicted=predicted,
        **joined([part.columns for part in looks]),  # type: ignore[arg-type]
    )


def _predicted(subject: ProbeContext, row: ExpandedLayer) -> float | None:
    """Where the row reads the data themselves; behind other layers, as if what comes in had variance 1."""
    is_first = row is subject.network.weighted[0] and row.input_shape == subject.network.input_shape
    moment = float(np.square(subject.batch[0]).mean()) if is_first else 1.0
    return gain_through_time(row, subject.network.hidden, sqrt(moment))
