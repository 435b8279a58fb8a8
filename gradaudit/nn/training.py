"""A training run, all seeds side by side: mini-batches, the optimizer's updates, and the loss at a few looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import Network
from gradaudit.nn.optimizers import OPTIMIZERS, State
from gradaudit.spec import Named

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32 | np.int64]


@dataclass(frozen=True)
class Plan:
    """How a run goes: the optimizer, one rate a seed, the batch, the number of steps and the looks at the loss."""

    optimizer: Named
    rates: Array
    """Seeds × 1; ignored by lbfgs."""
    batch_size: int
    steps: int
    looks: int
    order_seeds: Sequence[int]
    """One a seed: equal numbers see the rows in the same order, so that runs can be compared in pairs."""
    traced: bool = False
    """Whether to keep the parameters at each look."""
    framework: str | None = None
    """Where the model lives: its own form of the update, where that differs from PyTorch's."""


@dataclass(frozen=True)
class Outcome:
    """Where a run went."""

    steps: tuple[int, ...]
    losses: Array
    """Looks × seeds: the data term on the probe batch; not finite where the run diverged."""
    theta: Array
    """Seeds × P at the end."""
    second_moment: Array | None
    """The adaptive optimizer's v̂ at the end, seeds × P."""
    path: tuple[Array, ...] = ()
    """Seeds × P at each look, where the plan is traced."""


def look_steps(steps: int, looks: int) -> tuple[int, ...]:
    """0, the last step and evenly spaced ones between, at most `looks` of them."""
    return tuple(sorted({round(i * steps / max(looks - 1, 1)) for i in range(looks)}))


def batches(rows: int, size: int, order_seeds: Sequence[int]) -> Iterator[Indices | None]:
    """Row indices (seeds × batch) without end, epoch after epoch; None for the whole data set."""
    if size >= rows:
        while True:
            yield None
    generators = {seed: np.random.default_rng([seed, 1]) for seed in order_seeds}
    lanes = [list(generators).index(seed) for seed in order_seeds]
    narrow = np.int32 if rows < 2**31 else np.int64  # half as much memory, where there may be millions of rows
    orders = np.empty((len(generators), rows), narrow)
    while True:
        for row, rng in zip(orders, generators.values(), strict=True):
            row[:] = rng.permutation(rows)
        for start in range(0, rows, size):
            yield orders[lanes, start : start + size]


def train(network: Network, start: Array, X: Array, T: Array, probe: tuple[Array, Array], plan: Plan) -> Outcome:
    """Run the plan from `start` (seeds × P) over the rows X, T; look at the loss on the probe batch."""
    if plan.optimizer.name == "lbfgs":
        return _train_lbfgs(network, start, X, T, probe, plan)
    runner = _Runner(network, start, X, T, plan)
    watch = Backprop(network, *probe, len(start), share=runner.whole)
    looks = look_steps(plan.steps, plan.looks)
    losses, path = [watch.data_loss()], [start] if plan.traced else []
    for before, after in pairwise(looks):
        runner.advance(after - before)
        losses.append(watch.data_loss())
        path += [runner.whole.theta.copy()] if plan.traced else []
    return Outcome(looks, np.array(losses), runner.whole.theta, runner.second_moment(), tuple(path))


class _Runner:
    """Steps through the batches, one Backprop for each batch size, all sharing the same parameters."""

    def __init__(self, network: Network, start: Array, X: Array, T: Array, plan: Plan) -> None:
        self.network, self.X, self.T, self.plan = network, X, T, plan
        self.batches = batches(len(X), plan.batch_size, plan.order_seeds)
        self.whole = Backprop(network, X[:1], T[:1], len(start))
        self.whole.theta[:] = start
        self.passes: dict[int, Backprop] = {}
        self.row = OPTIMIZERS[plan.optimizer.name]
        self.arguments = {**self.row.arguments(plan.optimizer, plan.framework), "learning_rate": plan.rates}
        self.masks = [np.random.default_rng([seed, 4]) for seed in plan.order_seeds]
        self.state: State = {}
        self.t = 0

    def advance(self, steps: int) -> None:
        for _ in range(steps):
            chosen = next(self.batches)
            size = len(self.X) if chosen is None else chosen.shape[1]
            bp = self.passes.get(size) or self.new_pass(size)
            if chosen is not None:
                bp.X, bp.T = self.X[chosen], self.T[chosen]
            bp.gradient()
            self.t += 1
            self.row.step(bp.theta, bp.g, self.state, self.t, **self.arguments)

    def new_pass(self, size: int) -> Backprop:
        X, T = self.X[:size], self.T[:size]
        self.passes[size] = Backprop(self.network, X, T, self.whole.seeds, share=self.whole, dropout=self.masks)
        return self.passes[size]

    def second_moment(self) -> Array | None:
        v = self.state.get("v")
        if v is not None and "beta_2" in self.arguments:
            return np.asarray(v / (1 - self.arguments["beta_2"] ** self.t))
        return v


def _train_lbfgs(network: Network, start: Array, X: Array, T: Array, probe: tuple[Array, Array], plan: Plan) -> Outcome:
    """scikit-learn's lbfgs: SciPy's L-BFGS-B on all rows, `steps` iterations, seed by seed."""
    looks, losses, ends, ways = look_steps(plan.steps, plan.looks), [], [], []
    for theta in start:
        bp = Backprop(network, X, T, 1)
        watch = Backprop(network, *probe, 1, share=bp)
        path = _minimise(bp, theta, plan.steps)
        seen = []
        for step in looks:
            bp.theta[0] = path[min(step, len(path) - 1)]
            seen.append(float(watch.data_loss()[0]))
        losses.append(seen)
        ends.append(path[-1])
        ways.append([path[min(step, len(path) - 1)] for step in looks] if plan.traced else [])
    traced = tuple(np.array(at_look) for at_look in zip(*ways, strict=True))
    return Outcome(looks, np.array(losses).T, np.array(ends), None, traced)


def _minimise(bp: Backprop, theta: Array, iterations: int) -> list[Array]:
    """The parameters after each iteration, the start included."""
    from scipy.optimize import minimize

    def objective(flat: Array) -> tuple[float, Array]:
        bp.theta[0] = flat
        loss = bp.gradient() + bp.penalty()
        return float(loss[0]), bp.g[0].copy()

    path = [theta.copy()]
    minimize(
        objective,
        theta,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations},
        callback=lambda flat: path.append(np.array(flat)),
    )
    return path
