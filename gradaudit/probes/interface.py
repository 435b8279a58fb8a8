"""What probes look at: one complete model with its data, its weights at each stage, and how many seeds to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from math import ceil
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from gradaudit.domain.measurements import StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.functions.arrays import Array
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.engine import Engine
from gradaudit.nn.network import Network, initial
from gradaudit.probes.budget import BUDGETS
from gradaudit.probes.threads import spread

Seen = TypeVar("Seen")

GROUP_BYTES = 256e6
"""Seeds are run side by side while all their arrays stay below this."""
CACHE_BYTES = 256e3
"""And while one layer's activations stay below this: beyond a core's cache, more seeds at once cost more than calls."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a network a look at a stage sees."""

    seeds: int
    """The first so many."""
    rows: int
    """Of the probe batch."""


@dataclass
class ProbeContext:
    """The model under audit. Probes read it; the training run adds the stage `trained`."""

    spec: ModelSpec
    network: Network
    X: Array
    T: Array
    settings: Settings
    weights: dict[StageName, Array] = field(default_factory=dict)
    """Parameters at each stage, seeds × P; one row where they are fixed."""
    second_moments: dict[StageName, Array] = field(default_factory=dict)
    """The adaptive optimizer's v̂, where the run left one."""
    rows_in_all: int = 0
    """Of the data, where X holds only some of them; 0: it holds all."""
    sight: Sight | None = None
    """What a stage is looked at with, where all seeds and rows of the batch are too dear."""

    def __post_init__(self) -> None:
        self.rows_used = probe_rows(len(self.X), self.settings)
        self.batch = (self.X[self.rows_used], self.T[self.rows_used])
        self.budget = BUDGETS[self.settings.effort]
        self._idle: dict[tuple[int, int], list[Backprop]] = {}

    @property
    def run_dtype(self) -> npt.DTypeLike:
        """What runs that are only compared with one another are computed in."""
        return np.float64 if self.spec.precision == "float64" else np.float32

    def observe(self, stage: StageName, look: Callable[[Engine], Seen]) -> list[Seen]:
        """What `look` sees of the probe batch's gradient pass at a stage, group of seeds by group of seeds.

        The next group is written into the same buffers, so `look` must not keep arrays of the pass; those of the
        direction and of the Hessian product are free for it to use.
        """
        theta, rows = self.weights[stage], len(self.batch[0])
        if self.sight is not None:
            theta, rows = theta[: self.sight.seeds], min(rows, self.sight.rows)

        def at(seeds: tuple[int, int]) -> Seen:
            with self.passing(theta[slice(*seeds)], rows) as bp:
                return look(bp)

        return spread(at, list(groups(self.network, rows, len(theta))))

    @contextmanager
    def passing(self, theta: Array, rows: int | None = None) -> Iterator[Engine]:
        """The probe batch's gradient pass at θ (seeds × P), in buffers that lay idle where there are any.

        On `rows` of the batch, evenly chosen; None: on all of them.
        """
        X, T = self.batch
        if rows is not None and rows < len(X):
            chosen = np.linspace(0, len(X) - 1, rows).round().astype(np.intp)
            X, T = X[chosen], T[chosen]
        idle = self._idle.setdefault((len(theta), len(X)), [])
        bp = idle.pop() if idle else Backprop(self.network, X, T, len(theta))
        bp.theta[:] = theta
        bp.gradient()
        try:
            yield bp
        finally:
            idle.append(bp)

    def let_go(self) -> None:
        """Forget the idle buffers, where others need the memory."""
        self._idle.clear()

    def at(self, theta: Array) -> Engine:
        """The probe batch's gradient pass at given parameters, seeds × P."""
        bp = Backprop(self.network, *self.batch, len(theta))
        bp.theta[:] = theta
        bp.gradient()
        return bp


def probe_rows(rows: int, settings: Settings) -> npt.NDArray[np.intp]:
    """All row numbers, or the first `samples` of a permutation seeded by `seed`, in ascending order."""
    if rows <= settings.samples:
        return np.arange(rows)
    return np.sort(np.random.default_rng(settings.seed).permutation(rows)[: settings.samples])


def draw_weights(network: Network, settings: Settings, random_state: int | None = None) -> Array:
    """The weights of stage `initialised`, seeds × P: one draw a seed, each from its own generator.

    `random_state` is scikit-learn's, whose generator then draws: with seed 0 the very weights that `fit` starts from,
    and after them those of the whole numbers that follow.
    """
    seeds = range(settings.seed, settings.seed + settings.seeds)
    if random_state is not None:
        return np.stack([initial(network, np.random.RandomState((random_state + k) % 2**32)) for k in seeds])
    drawn = np.empty((settings.seeds, network.layout.size))
    for k in range(settings.seeds):
        drawn[k] = initial(network, np.random.default_rng([settings.seed, k]))
    return drawn


def groups(network: Network, samples: int, seeds: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of seeds that are run side by side: small networks all at once, large ones one by one."""
    a_seed = 8.0 * (4 * network.layout.size + 6 * samples * network.values)
    a_layer = 8.0 * samples * max(row.kept // row.rounds for row in network.weighted)
    most = max(1, int(min(GROUP_BYTES / a_seed, CACHE_BYTES / a_layer)))
    size = ceil(seeds / ceil(seeds / most))  # groups of one size keep the cores equally busy
    for start in range(0, seeds, size):
        yield start, min(start + size, seeds)


def norm(array: Array) -> Array:
    """Frobenius norm of seeds × …, one number a seed: a dot product, so that no array of squares is made."""
    flat = array.reshape(len(array), -1)
    return np.asarray(np.sqrt((flat[:, None, :] @ flat[:, :, None])[:, 0, 0]))


def rms(array: Array) -> Array:
    """Root mean square of seeds × …, one number a seed."""
    return np.asarray(norm(array) / np.sqrt(array[0].size))


def distinctness(output: Array) -> Array:
    """‖h − mean over samples‖/‖h‖ of seeds × samples × units, one number a seed: what tells inputs apart."""
    return ratio(norm(output - output.mean(axis=-2, keepdims=True)), norm(output))


def ratio(above: Array, below: Array) -> Array:
    """above/below, entry by entry; 0/0 is NaN, to be told from an overflow by `per_seed`."""
    with np.errstate(all="ignore"):
        return np.asarray(above / below)


def per_seed(values: Array, undefined: npt.NDArray[np.bool_] | None = None) -> PerSeed:
    """A column of numbers, seeds long, as the report keeps it: what is not finite is `inf`.

    `undefined`, seeds long, marks 0/0, which is None.
    """
    column = np.where(np.isfinite(values), values, np.inf).tolist()
    if undefined is None or not undefined.any():
        return PerSeed(tuple(column))
    return PerSeed(tuple(None if gone else v for v, gone in zip(column, undefined.tolist(), strict=True)))


Columns: TypeAlias = Mapping[str, PerSeed | None]


def joined(parts: Sequence[Columns]) -> dict[str, PerSeed | None]:
    """The columns of each group of seeds, one after the other; None where a row has no such number."""
    return {key: _end_to_end([part[key] for part in parts]) for key in parts[0]}


def _end_to_end(parts: Sequence[PerSeed | None]) -> PerSeed | None:
    values = tuple(chain.from_iterable(part.values for part in parts if part is not None))
    return PerSeed(values) if values else None
