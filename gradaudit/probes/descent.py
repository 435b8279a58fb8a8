"""The short training run: the configured optimizer on the spec's data, and the same run at other rates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradaudit.domain.measurements import Descent, StageName, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.nn.training import Runner, TrainingOutcome, TrainingPlan, look_steps, train
from gradaudit.probes import rates
from gradaudit.probes.budget import FEWEST_STEPS, UNPLANNED_STEPS, pass_cost
from gradaudit.probes.interface import ProbeContext, groups
from gradaudit.probes.threads import spread
from gradaudit.probes.trajectory import affordable_looks, trajectory

Array = npt.NDArray[np.float64]

LONGER = 5
"""How many times as long a run that leaves doubt may be made again."""
ASKED = 4
"""How often a run is asked while it is made twice as long: one loss that jumped at the last look is soon past."""
LEARNT = 0.5
"""A run that has taken this share of the trivial loss away is not asked again at other rates."""
STUCK = 0.1
"""A run that has not even taken this share away has learnt almost nothing."""
CLOSE = 0.05
"""Difference in progress that is no reason to recommend another rate."""


def measure(
    subject: ProbeContext,
    limit: float | None = None,
    *,
    profile: bool = False,
) -> Descent:
    """Run, look, and where the run learns badly run again at smaller and larger rates. Adds stage `trained`.

    `limit` is the stable learning rate at the start, where curvature was measured; `profile` asks for the other rates
    whatever the run shows.
    """
    start = start_weights(subject)
    size = min(subject.spec.batch_size or len(subject.X), len(subject.X))
    plan = planned(subject, size)
    trivial = subject.network.objective.trivial(subject.batch[1])
    outcome = _followed(subject, start, size, plan, trivial)
    subject.weights["trained"] = outcome.theta
    if outcome.second_moment is not None:
        subject.second_moments["trained"] = outcome.second_moment
    configured = _configured(subject, outcome, trivial)
    asked = profile or doubtful(configured)
    others = _other_rates(subject, start, size, configured, trivial, limit) if asked else ()
    floor = min((v for run in (configured, *others) for v in run.best.finite), default=math.inf)
    return Descent(trivial, floor, plan, subject.spec.epochs is None, size, configured, others)


def _followed(subject: ProbeContext, start: Array, size: int, plan: int, trivial: float) -> TrainingOutcome:
    """The configured run, as far as the budget follows the plan; further where a short one leaves doubt.

    A longer run ends as soon as every seed has learnt.
    """
    steps, seeds = affordable(subject, size, len(start), subject.budget.run, plan, subject.budget.fewest_seeds)
    run = _Run(subject, start[:seeds], size)
    outcome = run.upto(steps)
    paid = int(subject.budget.in_doubt * subject.budget.run / pass_cost(subject.network, size, seeds))
    longest = min(plan, LONGER * steps, paid)
    if longest < min(plan, 2 * steps) or not doubtful(_configured(subject, outcome, trivial)):
        return outcome
    for end, ahead in _ends(subject, size, steps, longest) if run.begun else [(longest, longest)]:
        if _worst_first(_configured(subject, outcome, trivial).progress)[0] >= LEARNT:
            break
        outcome = run.upto(end, ahead)
    return outcome


def _ends(subject: ProbeContext, size: int, steps: int, longest: int) -> Iterator[tuple[int, int]]:
    """Where a run that grows beyond `steps` is asked, each with the length that it then has in view, up to `longest`.

    It is asked at looks that it has anyway, so that one that never learns is looked at as if it had not been asked.
    """
    while steps < longest:
        ahead = min(longest, 2 * steps)
        looks = [each for each in look_steps(ahead, affordable_looks(subject, size, ahead)) if each > steps]
        ends = {looks[math.ceil(part * len(looks) / ASKED) - 1] for part in range(1, ASKED + 1)}
        yield from ((end, ahead) for end in sorted(ends))
        steps = ahead


def _configured(subject: ProbeContext, outcome: TrainingOutcome, trivial: float) -> Trajectory:
    return trajectory(outcome.losses, outcome.steps, configured_rate(subject), trivial)


def recommended(descent: Descent, limit: PerSeed | None) -> PerSeed | None:
    """The rate to take: the configured one where its run learns as well as any, else the best that was tried.

    Where no run learns the word is the curvature's: half the stable limit, at which the steepest direction converges
    at once (LeCun et al. 1998, section 5).
    """
    runs = [run for run in (descent.configured, *descent.others) if run.learning_rate is not None and run.finished]
    best = max(runs, key=_typical, default=None)
    if best is None or limit is None:
        return None
    if _typical(best) < STUCK:
        return PerSeed.of(None if v is None else v / 2 for v in limit.values)
    rate = descent.configured if _typical(descent.configured) > _typical(best) - CLOSE else best
    return PerSeed.of([rate.learning_rate] * len(limit.values))


def _typical(run: Trajectory) -> float:
    """The median progress, runs that diverged included; of two seeds the worse, since a rate must suit both."""
    ordered = _worst_first(run.progress)
    return ordered[(len(ordered) - 1) // 2]


def start_stage(subject: ProbeContext) -> StageName:
    """Where the run starts: at given weights, where training would go on, else at the initialisation."""
    goes_on = "fitted" in subject.weights and not subject.spec.trains_anew
    return "fitted" if goes_on or "initialised" not in subject.weights else "initialised"


def start_weights(subject: ProbeContext) -> Array:
    """Seeds × P; fixed weights are repeated where the order of mini-batches makes runs differ."""
    theta = subject.weights[start_stage(subject)]
    shuffles = subject.spec.batch_size is not None and subject.spec.batch_size < len(subject.X)
    if len(theta) == 1 and shuffles:
        return np.repeat(theta, subject.settings.seeds, axis=0)
    return theta


def planned(subject: ProbeContext, batch_size: int) -> int:
    """Optimizer steps in the person's planned epochs, or the audit's own plan."""
    if subject.spec.epochs is None:
        return UNPLANNED_STEPS
    rows = subject.rows_in_all or len(subject.X)
    in_a_step = min(subject.spec.batch_size or rows, rows)
    a_pass = 1 if subject.spec.optimizer.name == "lbfgs" else math.ceil(rows / in_a_step)
    return subject.spec.epochs * a_pass


def affordable(
    subject: ProbeContext, batch_size: int, seeds: int, budget: float, wanted: int, fewest: int
) -> tuple[int, int]:
    """Steps and seeds that fit the budget: seeds give way before the run gets too short to say anything."""
    steps = min(wanted, subject.budget.most_steps)
    while True:
        fitting = int(budget / pass_cost(subject.network, batch_size, seeds))
        if fitting >= min(steps, 5 * FEWEST_STEPS) or seeds <= fewest:
            return max(1, min(steps, max(fitting, subject.budget.fewest_steps))), seeds
        seeds -= 1


def configured_rate(subject: ProbeContext) -> float | None:
    """The optimizer's learning rate; None for scikit-learn's lbfgs."""
    optimizer = subject.spec.optimizer
    if optimizer.name not in OPTIMIZERS:
        return None
    return float(OPTIMIZERS[optimizer.name].arguments(optimizer)["learning_rate"])


@dataclass(frozen=True)
class _Run:
    """The configured run, in groups of seeds whose arrays fit a core's cache; it can be made longer."""

    subject: ProbeContext
    start: Array
    batch_size: int
    begun: dict[tuple[int, int], Runner] = field(default_factory=dict)
    """By the group's seeds, as far as they fit memory together; what does not is begun anew."""

    def upto(self, steps: int, ahead: int = 0) -> TrainingOutcome:
        """Where it is after so many steps in all, looked at on the way as a run of `ahead` steps where that is more."""
        ahead = max(steps, ahead)
        looks = affordable_looks(self.subject, self.batch_size, ahead)
        parts = spread(
            lambda seeds: self._part(seeds, steps, looks, ahead),
            list(groups(self.subject.network, self.batch_size, len(self.start))),
        )
        moments = [part.second_moment for part in parts if part.second_moment is not None]
        return TrainingOutcome(
            parts[0].steps,
            np.concatenate([part.losses for part in parts], axis=1),
            np.concatenate([part.theta for part in parts]),
            np.concatenate(moments) if moments else None,
        )

    def _part(self, seeds: tuple[int, int], steps: int, looks: int, ahead: int) -> TrainingOutcome:
        subject = self.subject
        given = subject.network, self.start[slice(*seeds)], subject.X, subject.T, subject.batch
        plan = self._plan(range(*seeds), steps, looks)
        if plan.optimizer.name not in OPTIMIZERS:
            return train(*given, plan)
        runner = self.begun.get(seeds) or Runner(*given, plan)
        if rates.bytes_of_a_run(subject, self.batch_size) * len(self.start) <= rates.MOST_BYTES:
            self.begun[seeds] = runner
        return runner.upto(steps, looks, ahead)

    def _plan(self, seeds: range, steps: int, looks: int) -> TrainingPlan:
        subject = self.subject
        return TrainingPlan(
            subject.spec.optimizer,
            np.full((len(seeds), 1), configured_rate(subject) or 0.0),
            self.batch_size,
            steps,
            looks,
            [subject.settings.seed * 1000 + k for k in seeds],
            framework=subject.spec.framework,
            dtype=subject.run_dtype,
        )


def doubtful(configured: Trajectory) -> bool:
    """Whether the run learnt so little, or so differently from seed to seed, that other rates are worth a look."""
    worst = _worst_first(configured.progress)
    return worst[len(worst) // 2] < LEARNT or worst[0] < STUCK


def _other_rates(
    subject: ProbeContext,
    start: Array,
    size: int,
    configured: Trajectory,
    trivial: float,
    limit: float | None,
) -> tuple[Trajectory, ...]:
    rate, budget = configured.learning_rate, subject.budget.rates
    if rate is None or not budget:
        return ()
    worst = _worst_first(configured.progress)
    split = worst[0] < STUCK < worst[-1] - STUCK  # a matter of the seed: few of them would show nothing
    seeds = len(configured.final.values) if split else rates.ENOUGH_SEEDS
    entry = rates.SweptModel(subject, start, size, trivial, rates.grid(rate, limit))
    steps = min(configured.steps[-1], subject.budget.most_steps)
    return rates.Race([entry], fewest_rates=rates.FEWEST_RATES).run(steps, budget, seeds, subject.budget.race)[0]


def _worst_first(progress: PerSeed) -> list[float]:
    return sorted(-math.inf if v is None or math.isinf(v) else v for v in progress.values)
