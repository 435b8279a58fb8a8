"""A training run, all seeds side by side: mini-batches, the optimizer's updates, and the loss at a few looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradaudit.domain.spec import Named
from gradaudit.functions.arrays import Array
from gradaudit.functions.optimizers import OPTIMIZERS, State
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import Network

Indices = npt.NDArray[np.int32 | np.int64]


@dataclass(frozen=True)
class TrainingPlan:
    """How a run goes: the optimizer, one rate a seed, the batch, the number of steps and the looks at the loss."""

    optimizer: Named
    rates: Array
    """Seeds × 1; ignored by lbfgs."""
    batch_size: int
    steps: int
    looks: int
    order_seeds: Sequence[int]
    """One a seed: equal numbers see the rows in the same order, so that runs can be compared in pairs."""
    framework: str | None = None
    """Where the model lives: its own form of the update, where that differs from PyTorch's."""
    dtype: npt.DTypeLike = np.float64
    """What is computed in: float32 takes half as long, where the person trains in that or less."""


@dataclass(frozen=True)
class TrainingOutcome:
    """Where a run went."""

    steps: tuple[int, ...]
    losses: Array
    """Looks × seeds: the data term on the probe batch; not finite where the run diverged."""
    theta: Array
    """Seeds × P at the end."""
    second_moment: Array | None
    """The adaptive optimizer's v̂ at the end, seeds × P."""


def look_steps(steps: int, looks: int) -> tuple[int, ...]:
    """0, the last step and evenly spaced ones between, at most `looks` of them."""
    return tuple(sorted({round(i * steps / max(looks - 1, 1)) for i in range(looks)}))


def batches(rows: int, size: int, order_seeds: Sequence[int]) -> Iterator[Indices | None]:
    """Row indices (one row an order seed × batch) without end, epoch after epoch; None for the whole data set."""
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


def train(
    network: Network, start: Array, X: Array, T: Array, probe: tuple[Array, Array], plan: TrainingPlan
) -> TrainingOutcome:
    """Run the plan from `start` (seeds × P) over the rows X, T; look at the loss on the probe batch."""
    if plan.optimizer.name == "lbfgs":
        return _train_lbfgs(network, start, X, T, probe, plan)
    return Runner(network, start, X, T, probe, plan).upto(plan.steps, plan.looks)


class Runner:
    """Runs side by side, step by step: one Backprop for each batch size, all sharing the same parameters."""

    def __init__(
        self, network: Network, start: Array, X: Array, T: Array, probe: tuple[Array, Array], plan: TrainingPlan
    ) -> None:
        self.network, self.plan = network, plan
        self.X, self.T, *look_at = (np.asarray(array, plan.dtype) for array in (X, T, *probe))
        self.probe = (look_at[0], look_at[1])
        order = sorted(set(plan.order_seeds))
        self.batches = batches(len(X), plan.batch_size, order)
        self.order = np.array([order.index(seed) for seed in plan.order_seeds], dtype=np.intp)
        self.row = OPTIMIZERS[plan.optimizer.name]
        self.arguments = {
            **self.row.arguments(plan.optimizer, plan.framework),
            "learning_rate": np.asarray(plan.rates, plan.dtype),
        }
        self.masks = [np.random.default_rng([seed, 4]) for seed in plan.order_seeds]
        self.state: State = {}
        self.t = 0
        self.seen: dict[int, Array] = {}
        """The losses at the looks so far, by their step."""
        self._begin(start)

    def _begin(self, theta: Array) -> None:
        """New buffers for these parameters, one row a run."""
        self.whole = Backprop(self.network, self.X[:1], self.T[:1], len(theta), dtype=self.plan.dtype)
        self.whole.theta[:] = theta
        self.watch = Backprop(self.network, *self.probe, len(theta), share=self.whole)
        self.passes: dict[int, Backprop] = {}

    def look(self) -> Array:
        """The data term on the probe batch, one number a run."""
        return self.watch.data_loss()

    def keep(self, runs: Indices) -> None:
        """Go on with these runs alone, by their place among the present ones."""
        self.order, self.masks = self.order[runs], [self.masks[run] for run in runs]
        self.arguments["learning_rate"] = self.arguments["learning_rate"][runs]
        self.state = {key: array[runs] for key, array in self.state.items()}
        self._begin(self.whole.theta[runs])

    def upto(self, steps: int, looks: int, ahead: int = 0) -> TrainingOutcome:
        """Where the run is after so many steps in all; the looks that it would have had at the start are those nearby.

        It is looked at on the way as a run of `ahead` steps is, where that is more. What was run already is not run
        again.
        """
        on_the_way = look_steps(max(steps, ahead), looks)
        for step in (each for each in on_the_way if self.t <= each <= steps and each not in self.seen):
            self.advance(step - self.t)
            self.seen[step] = self.look()
        asked = sorted({min(self.seen, key=lambda seen: abs(seen - step)) for step in look_steps(steps, looks)})
        losses = np.array([self.seen[step] for step in asked], np.float64)
        return TrainingOutcome(tuple(asked), losses, self.whole.theta.astype(np.float64), self.second_moment())

    def advance(self, steps: int) -> None:
        """So many steps of the optimizer."""
        for _ in range(steps):
            chosen = next(self.batches)
            size = len(self.X) if chosen is None else chosen.shape[1]
            bp = self.passes.get(size) or self.new_pass(size)
            if chosen is not None:
                rows = chosen[self.order]
                bp.X, bp.T = self.X[rows], self.T[rows]
            bp.fill_gradient()
            self.t += 1
            self.row.step(bp.theta, bp.g, self.state, self.t, **self.arguments)

    def new_pass(self, size: int) -> Backprop:
        X, T = self.X[:size], self.T[:size]
        self.passes[size] = Backprop(self.network, X, T, self.whole.seeds, share=self.whole, dropout=self.masks)
        return self.passes[size]

    def second_moment(self) -> Array | None:
        v = self.state.get("v")
        if v is not None and "beta_2" in self.arguments:
            return np.asarray(v / (1 - self.arguments["beta_2"] ** self.t), np.float64)
        return None if v is None else v.astype(np.float64)


def _train_lbfgs(
    network: Network, start: Array, X: Array, T: Array, probe: tuple[Array, Array], plan: TrainingPlan
) -> TrainingOutcome:
    """scikit-learn's lbfgs: SciPy's L-BFGS-B on all rows, `steps` iterations, seed by seed."""
    looks, losses, ends = look_steps(plan.steps, plan.looks), [], []
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
    return TrainingOutcome(looks, np.array(losses).T, np.array(ends), None)


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
