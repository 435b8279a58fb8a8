"""What probes look at: one complete model with its data, its weights at each stage, and how many seeds to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt

from gradaudit.measurement import PerSeed, StageName
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import Network, initial
from gradaudit.probes.threads import spread
from gradaudit.report import Settings
from gradaudit.spec import ModelSpec

Array = npt.NDArray[np.float64]

GROUP_BYTES = 256e6
"""Seeds are run side by side while all their arrays stay below this."""
CACHE_BYTES = 256e3
"""And while one layer's activations stay below this: beyond a core's cache, more seeds at once cost more than calls."""


@dataclass
class Subject:
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

    def __post_init__(self) -> None:
        self.rows_used = probe_rows(len(self.X), self.settings)
        self.batch = (self.X[self.rows_used], self.T[self.rows_used])
        self.latest: tuple[StageName, list[Backprop]] | None = None

    def passes(self, stage: StageName) -> list[Backprop]:
        """The probe batch's gradient pass at a stage, in groups of seeds; kept until another stage is asked for."""
        if self.latest is None or self.latest[0] != stage:
            theta = self.weights[stage]
            ranges = list(groups(self.network, len(self.batch[0]), len(theta)))
            self.latest = (stage, spread(lambda seeds: self.at(theta[slice(*seeds)]), ranges))
        return self.latest[1]

    def at(self, theta: Array) -> Backprop:
        """The probe batch's gradient pass at given parameters, seeds × P."""
        bp = Backprop(self.network, *self.batch, len(theta))
        bp.theta[:] = theta
        bp.gradient()
        return bp


def probe_rows(rows: int, settings: Settings) -> npt.NDArray[np.intp]:
    """All rows, or the first `samples` of a permutation seeded by `seed`, in ascending order (contract §1)."""
    if rows <= settings.samples:
        return np.arange(rows)
    return np.sort(np.random.default_rng(settings.seed).permutation(rows)[: settings.samples])


def draw_weights(network: Network, settings: Settings) -> Array:
    """The weights of stage `initialised`: one draw a seed, each from its own generator."""
    return np.stack([initial(network, np.random.default_rng([settings.seed, k])) for k in range(settings.seeds)])


def groups(network: Network, samples: int, seeds: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of seeds that are run side by side: small networks all at once, large ones one by one."""
    a_seed = 8.0 * (4 * network.layout.size + 6 * samples * sum(row.units for row in network.dense))
    a_layer = 8.0 * samples * max(row.units for row in network.dense)
    most = max(1, int(min(GROUP_BYTES / a_seed, CACHE_BYTES / a_layer)))
    size = ceil(seeds / ceil(seeds / most))  # groups of one size keep the cores equally busy
    for start in range(0, seeds, size):
        yield start, min(start + size, seeds)


def rms(array: Array) -> Array:
    """Root mean square over samples and units, one number a seed."""
    return np.asarray(np.sqrt(np.square(array).mean(axis=(-2, -1))))


def ratio(above: Array, below: Array) -> Array:
    """above/below; 0/0 is NaN, to be told from an overflow by `per_seed`."""
    with np.errstate(all="ignore"):
        return np.asarray(above / below)


def per_seed(values: Array, undefined: npt.NDArray[np.bool_] | None = None) -> PerSeed:
    """A column of numbers as the report keeps it; `undefined` marks 0/0."""
    if undefined is None:
        return PerSeed.of(float(v) for v in values)
    return PerSeed.of(None if gone else float(v) for v, gone in zip(values, undefined, strict=True))


def collect(
    passes: list[Backprop], look: Callable[[Backprop], Mapping[str, PerSeed | None]]
) -> dict[str, PerSeed | None]:
    """Look at each group of seeds and put the columns together again."""
    seen = [look(bp) for bp in passes]
    return {key: joined([part[key] for part in seen]) for key in seen[0]}


def joined(parts: list[PerSeed | None]) -> PerSeed | None:
    """The groups' columns one after the other; None where a row has no such number."""
    values = [v for part in parts if part is not None for v in part.values]
    return PerSeed(tuple(values)) if values else None
