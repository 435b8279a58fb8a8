"""The same run at other learning rates, side by side: the hopeless are ended early (successive halving).

One measurement serves both rate rules, the recommended rate, the causes that show only together with another rate, and
the chart. Source: Jamieson & Talwalkar 2016 (arXiv:1502.07943), successive halving; Smith 2017 (arXiv:1506.01186),
learning against the rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradaudit.domain.measurements import Trajectory
from gradaudit.functions.arrays import Array
from gradaudit.nn.training import Runner, TrainingPlan, look_steps
from gradaudit.probes.budget import FEWEST_STEPS, pass_cost
from gradaudit.probes.interface import ProbeContext, groups
from gradaudit.probes.threads import spread
from gradaudit.probes.trajectory import trajectory

AROUND = (0.1, 10.0, 0.01, 100.0, 1 / 3, 3.0, 1e-3, 1e3, 1e-4, 1e4)
"""Factors of the configured rate, the most telling first: a dear network affords only the first ones."""
AT_THE_LIMIT = (1 / 2, 1 / 20)
"""Factors of the stable limit: half of it converges at once along the steepest direction."""
ALIKE = 1.3
"""Rates that differ by less than this factor are one."""
LOOKS = 17
"""At the loss, however dear: with nine, a rate at which an LSTM learns was not told from the configured one."""
STAGES = (1 / 8, 1 / 2, 1.0)
"""Shares of the run after which the worse runs end."""
ENOUGH_STEPS = 150
"""Of a whole run: rates and seeds give way before it gets shorter; below FEWEST_STEPS it says nothing."""
FEWEST_SEEDS, ENOUGH_SEEDS = 2, 3
FEWEST_RATES = 4
MOST_BYTES = 1e9
"""What all runs of a race may take together."""
VECTORS, ARRAYS = 7, 5
"""Of a run: vectors of all its parameters, and arrays of samples × units for each layer."""


def grid(rate: float, limit: float | None) -> tuple[float, ...]:
    """The rates worth a run beside the configured one, over eight decades, the most telling first.

    `limit` is the stable learning rate at the start, None where it is not known.
    """
    stable = () if limit is None or not 0 < limit < math.inf else tuple(limit * factor for factor in AT_THE_LIMIT)
    asked = [*(rate * factor for factor in AROUND[:2]), *stable[:1], *(rate * factor for factor in AROUND[2:])]
    found: list[float] = []
    for each in (*asked, *stable[1:]):
        if 0 < each < math.inf and all(_differ(each, other) for other in (rate, *found)):
            found.append(each)
    return tuple(found)


def _differ(a: float, b: float) -> bool:
    return max(a, b) >= ALIKE * min(a, b)


@dataclass(frozen=True)
class SweptModel:
    """One model, and the rates at which it takes part: from the same starts, over the same batches."""

    subject: ProbeContext
    start: Array
    """Seeds × P; the first ones are used."""
    batch_size: int
    trivial: float
    """The loss of the best constant prediction."""
    rates: tuple[float, ...]
    own: float | None = None
    """The rate that is run on while any other one of the entry is: what the change does by itself."""

    def cost(self, seeds: int, rates: int) -> float:
        """Operations of one step of all its runs."""
        return pass_cost(self.subject.network, self.batch_size, seeds * min(rates, len(self.rates)))


def bytes_of_a_run(subject: ProbeContext, batch_size: int) -> float:
    """Memory of one run: its parameters, gradient, direction and moments, and the arrays of one pass."""
    network, itemsize = subject.network, np.dtype(subject.run_dtype).itemsize
    return float(itemsize * (VECTORS * network.layout.size + ARRAYS * batch_size * network.values))


@dataclass(frozen=True)
class Race:
    """Runs of one or several models at several rates, side by side."""

    entries: Sequence[SweptModel]
    kept: tuple[float, float] = (1 / 2, 1 / 4)
    """Shares of the runs that go on after the first and the second stage."""
    fewest: int = 2
    """Runs that go on in any case."""
    fewest_rates: int = 1
    """Of each entry, before steps give way."""

    def run(self, steps: int, budget: float, most_seeds: int, most: float = 0.0) -> list[tuple[Trajectory, ...]]:
        """For each entry the runs that the budget pays for, in rising order of rate; ended ones have fewer steps.

        First go seeds, down to three, then rates, then steps, then the last seeds: `steps` is what a run should have.
        Where the budget is too small for the fewest steps, these may cost up to `most`.
        """
        seeds = min(most_seeds, *(len(entry.start) for entry in self.entries))
        count, seeds, steps = self._affordable(steps, budget, seeds, most)
        if not steps:
            return [() for _ in self.entries]
        looks = look_steps(steps, LOOKS)
        heats = [heat for entry in self.entries for heat in _heats(entry, entry.rates[:count], seeds, steps)]
        for stage, share in enumerate(STAGES):
            upto = [look for look in looks if look <= max(1, round(share * steps))]
            spread(lambda heat, upto=upto: heat.advance(upto), heats)  # type: ignore[misc]
            if stage < len(self.kept):
                self._end_the_worse(heats, self.kept[stage])
        return [tuple(_trajectories(entry, heats, looks)) for entry in self.entries]

    def _affordable(self, steps: int, budget: float, seeds: int, most: float) -> tuple[int, int, int]:
        """Rates of an entry, seeds and steps; no steps where not even the fewest can be paid."""
        rates = max(len(entry.rates) for entry in self.entries)
        enough, fewest_rates = min(steps, ENOUGH_STEPS), min(rates, self.fewest_rates)
        room = int(MOST_BYTES / sum(bytes_of_a_run(entry.subject, entry.batch_size) for entry in self.entries))

        def fitting(budget: float = budget) -> int:
            return 0 if rates * seeds > room else int(budget / (self._share(rates) * self._step(seeds, rates)))

        while seeds > ENOUGH_SEEDS and fitting() < steps:
            seeds -= 1
        while rates > fewest_rates and fitting() < enough:
            rates -= 1
        while seeds > FEWEST_SEEDS and fitting() < enough:
            seeds -= 1
        found, fewest = min(steps, fitting()), min(steps, FEWEST_STEPS)
        if found < fewest:
            found = min(fewest, fitting(most))
        return rates, seeds, found if found >= fewest else 0

    def _step(self, seeds: int, rates: int) -> float:
        return sum(entry.cost(seeds, rates) for entry in self.entries)

    def _share(self, rates: int) -> float:
        """The share of all runs' steps that is made, the ended ones' left out."""
        runs = rates * len(self.entries)
        first, second = (min(1.0, max(share, self.fewest / runs)) for share in self.kept)
        return STAGES[0] + first * (STAGES[1] - STAGES[0]) + second * (STAGES[2] - STAGES[1])

    def _end_the_worse(self, heats: Sequence[_Heat], share: float) -> None:
        """Only the best runs go on, by median progress, and with them their entry's own rate."""
        of: dict[tuple[int, float], list[float]] = {}
        for heat in heats:
            for lane in heat.going:
                key = (id(heat.entry), lane.rate)
                of.setdefault(key, []).append(_progress(lane.losses[-1], heat.entry.trivial))
        ranked = sorted((key for key in of if _median(of[key]) > -math.inf), key=lambda key: -_median(of[key]))
        best = ranked[: max(self.fewest, math.ceil(share * len(of)))]
        own = {(id(heat.entry), heat.entry.own) for heat in heats}
        going = {*best, *((of_entry, rate) for of_entry, rate in own if of_entry in {key for key, _ in best})}
        for heat in heats:
            heat.keep(frozenset(rate for of_entry, rate in going if of_entry == id(heat.entry) and rate is not None))


@dataclass
class _Lane:
    """One seed's run at one rate."""

    rate: float
    seed: int

    def __post_init__(self) -> None:
        self.losses: list[float] = []


def _heats(entry: SweptModel, rates: Sequence[float], seeds: int, steps: int) -> list[_Heat]:
    """The entry's lanes, in groups whose arrays fit a core's cache together."""
    lanes = [_Lane(rate, seed) for rate in rates for seed in range(seeds)]
    parts = groups(entry.subject.network, entry.batch_size, len(lanes))
    return [_Heat(entry, lanes[begin:end], steps) for begin, end in parts]


def _trajectories(entry: SweptModel, heats: Sequence[_Heat], looks: tuple[int, ...]) -> Iterator[Trajectory]:
    lanes = [lane for heat in heats if heat.entry is entry for lane in heat.lanes]
    for rate in sorted({lane.rate for lane in lanes}):
        own = sorted((lane for lane in lanes if lane.rate == rate), key=lambda lane: lane.seed)
        losses = np.array([lane.losses for lane in own]).T
        finished = len(losses) == len(looks)
        yield trajectory(losses, looks[: len(losses)], rate, entry.trivial, finished=finished)


class _Heat:
    """Lanes of one entry that are advanced together."""

    def __init__(self, entry: SweptModel, lanes: list[_Lane], steps: int) -> None:
        subject = entry.subject
        self.entry, self.lanes, self.going = entry, lanes, list(lanes)
        rates = np.array([[lane.rate] for lane in lanes])
        orders = [subject.settings.seed * 1000 + lane.seed for lane in lanes]
        spec, dtype = subject.spec, subject.run_dtype
        plan = TrainingPlan(
            spec.optimizer, rates, entry.batch_size, steps, LOOKS, orders, framework=spec.framework, dtype=dtype
        )
        start = entry.start[[lane.seed for lane in lanes]]
        self.runner = Runner(subject.network, start, subject.X, subject.T, subject.batch, plan)
        self.at = 0

    def advance(self, looks: list[int]) -> None:
        """Go on to each of these steps that is still ahead, and look at the loss there."""
        for step in looks:
            if not self.going or (step <= self.at and self.going[0].losses):
                continue
            self.runner.advance(step - self.at)
            self.at = step
            for lane, loss in zip(self.going, self.runner.look(), strict=True):
                lane.losses.append(float(loss))

    def keep(self, rates: frozenset[float]) -> None:
        """End the lanes of all other rates."""
        places = [place for place, lane in enumerate(self.going) if lane.rate in rates]
        if len(places) == len(self.going):
            return
        self.going = [self.going[place] for place in places]
        if places:
            self.runner.keep(np.array(places, dtype=np.intp))


def _progress(loss: float, trivial: float) -> float:
    return 1 - loss / trivial if trivial > 0 and math.isfinite(loss) else -loss if math.isfinite(loss) else -math.inf


def _median(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]  # the lower middle: a rate must learn in most of its seeds
