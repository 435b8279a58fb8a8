"""The short training run: the configured optimizer on the spec's data, and the same run at other rates."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from gradaudit.measurement import Descent, PerSeed, StageName, Trajectory
from gradaudit.nn.optimizers import OPTIMIZERS
from gradaudit.nn.training import Outcome, Plan, train
from gradaudit.probes.budget import UNPLANNED_STEPS, pass_cost
from gradaudit.probes.interface import Subject, groups
from gradaudit.probes.threads import spread

Array = npt.NDArray[np.float64]

MOST_LOOKS, FEWEST_LOOKS = 40, 9
LOOKING = 0.2
"""The share of a run's cost that looking at its loss may add."""
SMALLER = (1 / 10, 1 / 100, 1 / 3)
MUCH_SMALLER = (1e-4, 1e-3)
"""Tried as well where the run ends far above the trivial loss: the curvature where it began may have hidden a wall."""
FAR_OFF = -1.0
LARGER = (10.0, 100.0, 3.0)
"""Factors of the configured rate, the most telling first: a costly network affords only the first ones."""
MUCH_LARGER = (100.0, 1e4, 10.0)
"""Instead of LARGER, where the run stands still: a bound on the gradient's norm may have to be outweighed."""
MOTIONLESS = 1e-2
"""A run stands still whose loss changes by less than this share of the trivial loss in every seed."""
ROSE = 1.05
"""A run overshoots when its loss climbs to this many times what it began with."""
FAR_ABOVE = 1.5
"""A run may also have jumped when it began this many times above the trivial loss and ends where nothing is learnt."""
LEARNT = 0.5
"""A run that has taken this share of the trivial loss away is not asked again at other rates."""
STUCK = 0.1
"""A run that has not even taken this share away is also tried at larger rates."""
CLOSE = 0.05
"""Difference in progress that is no reason to recommend another rate."""
FEWEST_STEPS = 30
FEWEST_PAIRS = 2
"""Seeds of a run at another rate; those of the configured run are the budget's word."""


def measure(subject: Subject, limit: float | None = None) -> Descent:
    """Run, look, and where the run learns badly run again at smaller and larger rates. Adds stage `trained`.

    `limit` is the stable learning rate at the start, where curvature was measured.
    """
    start = start_weights(subject)
    size = min(subject.spec.batch_size or len(subject.X), len(subject.X))
    plan = planned(subject, size)
    steps, seeds = affordable(subject, size, len(start), subject.budget.run, plan, subject.budget.fewest_seeds)
    outcome = _run(subject, start[:seeds], size, steps, 1.0)
    subject.weights["trained"] = outcome.theta
    if outcome.second_moment is not None:
        subject.second_moments["trained"] = outcome.second_moment
    trivial = subject.network.objective.trivial(subject.batch[1])
    configured = trajectory(outcome, _rate(subject), trivial)
    others = _other_rates(subject, start, size, steps, configured, trivial, limit)
    floor = min((v for run in (configured, *others) for v in run.best.finite), default=math.inf)
    return Descent(trivial, floor, plan, subject.spec.epochs is None, size, configured, others)


def recommended(descent: Descent, limit: PerSeed | None) -> PerSeed | None:
    """The rate to take: the configured one where its run learns as well as any, else the best that was tried.

    Where no run learns the word is the curvature's: half the stable limit, at which the steepest direction converges
    at once (LeCun et al. 1998, section 5).
    """
    runs = [run for run in (descent.configured, *descent.others) if run.learning_rate is not None]
    best = max(runs, key=_typical, default=None)
    if best is None or limit is None:
        return None
    if _typical(best) < STUCK:
        return PerSeed.of(None if v is None else v / 2 for v in limit.values)
    rate = descent.configured if _typical(descent.configured) > _typical(best) - CLOSE else best
    return PerSeed.of([rate.learning_rate] * len(limit.values))


def _typical(run: Trajectory) -> float:
    """The median progress, runs that diverged included."""
    ordered = _worst_first(run.progress)
    return ordered[len(ordered) // 2]


def start_stage(subject: Subject) -> StageName:
    """Where the run starts: at given weights, where training would go on, else at the initialisation."""
    goes_on = "fitted" in subject.weights and not subject.spec.trains_anew
    return "fitted" if goes_on or "initialised" not in subject.weights else "initialised"


def start_weights(subject: Subject) -> Array:
    """Seeds × P; fixed weights are repeated where the order of mini-batches makes runs differ."""
    theta = subject.weights[start_stage(subject)]
    shuffles = subject.spec.batch_size is not None and subject.spec.batch_size < len(subject.X)
    if len(theta) == 1 and shuffles:
        return np.repeat(theta, subject.settings.seeds, axis=0)
    return theta


def planned(subject: Subject, batch_size: int) -> int:
    """Optimizer steps in the person's planned epochs, or the audit's own plan."""
    if subject.spec.epochs is None:
        return UNPLANNED_STEPS
    rows = subject.rows_in_all or len(subject.X)
    in_a_step = min(subject.spec.batch_size or rows, rows)
    a_pass = 1 if subject.spec.optimizer.name == "lbfgs" else math.ceil(rows / in_a_step)
    return subject.spec.epochs * a_pass


def affordable(
    subject: Subject, batch_size: int, seeds: int, budget: float, wanted: int, fewest: int
) -> tuple[int, int]:
    """Steps and seeds that fit the budget: seeds give way before the run gets too short to say anything."""
    steps = min(wanted, subject.budget.most_steps)
    while True:
        fitting = int(budget / pass_cost(subject.network, batch_size, seeds))
        if fitting >= min(steps, 5 * FEWEST_STEPS) or seeds <= fewest:
            return max(1, min(steps, max(fitting, subject.budget.fewest_steps))), seeds
        seeds -= 1


def affordable_looks(subject: Subject, batch_size: int, steps: int) -> int:
    """How often the loss is looked at: a look is a forward pass over the probe batch, a third of a gradient pass."""
    step, look = pass_cost(subject.network, batch_size, 1), pass_cost(subject.network, len(subject.batch[0]), 1) / 3
    return max(FEWEST_LOOKS, min(MOST_LOOKS, int(LOOKING * steps * step / look)))


def _rate(subject: Subject) -> float | None:
    optimizer = subject.spec.optimizer
    if optimizer.name not in OPTIMIZERS:
        return None
    return float(OPTIMIZERS[optimizer.name].arguments(optimizer)["learning_rate"])


def _run(subject: Subject, start: Array, size: int, steps: int, factor: float) -> Outcome:
    """One run at `factor` times the configured rate, in groups of seeds that fit memory."""
    rate = (_rate(subject) or 0.0) * factor
    looks = affordable_looks(subject, size, steps)

    def run(seeds: tuple[int, int]) -> Outcome:
        orders = [subject.settings.seed * 1000 + k for k in range(*seeds)]
        rates = np.full((len(orders), 1), rate)
        plan = Plan(subject.spec.optimizer, rates, size, steps, looks, orders, framework=subject.spec.framework)
        return train(subject.network, start[slice(*seeds)], subject.X, subject.T, subject.batch, plan)

    parts = spread(run, list(groups(subject.network, size, len(start))))
    moments = [part.second_moment for part in parts if part.second_moment is not None]
    return Outcome(
        parts[0].steps,
        np.concatenate([part.losses for part in parts], axis=1),
        np.concatenate([part.theta for part in parts]),
        np.concatenate(moments) if moments else None,
    )


def _other_rates(
    subject: Subject, start: Array, size: int, steps: int, configured: Trajectory, trivial: float, limit: float | None
) -> tuple[Trajectory, ...]:
    rate, budget = configured.learning_rate, subject.budget.rates
    factors = _factors(configured, trivial, limit)
    if rate is None or not budget or not factors:
        return ()
    shortest = min(steps, FEWEST_STEPS) * pass_cost(subject.network, size, FEWEST_PAIRS)
    factors = factors[: max(1, int(budget / shortest))]
    steps, seeds = affordable(subject, size, len(start), budget / len(factors), steps, FEWEST_PAIRS)
    runs = spread(lambda factor: _run(subject, start[:seeds], size, steps, factor), factors)
    found = [trajectory(out, rate * factor, trivial) for out, factor in zip(runs, factors, strict=True)]
    return tuple(sorted(found, key=lambda run: run.learning_rate or 0.0))


def _factors(configured: Trajectory, trivial: float, limit: float | None) -> tuple[float, ...]:
    """Which other rates are worth a run, as factors of the configured one.

    None for a run that learns; smaller ones, half the stable limit among them, for one that overshoots or could learn
    more; larger ones for one that is stuck without ever having climbed.
    """
    worst = _worst_first(configured.progress)
    middle = worst[len(worst) // 2]
    if middle >= LEARNT and worst[0] >= STUCK:
        return ()
    rate = configured.learning_rate or 1.0
    half = limit / 2 / rate if limit is not None and 0 < limit < math.inf else None
    stable = () if half is None or math.isinf(half) else (half,)
    larger = _larger(configured, trivial, stable) if middle < STUCK else ()
    if larger and not _overshot(configured, trivial):
        return larger
    if middle < FAR_OFF:  # the curvature at the start may be far from what the run meets
        smaller = (*stable, *(f / 10 for f in stable), *MUCH_SMALLER)
        return (*(f for f in smaller if f < min(SMALLER)), *SMALLER)
    return (*(f for f in stable if f < min(SMALLER)), *SMALLER, *larger)


def _larger(run: Trajectory, trivial: float, stable: tuple[float, ...]) -> tuple[float, ...]:
    """Larger factors for a run that is stuck, half the stable limit among them where it lies beyond all others."""
    moved = [abs(a - b) for a, b in zip(run.loss[0].finite, run.final.finite, strict=False)]
    factors = MUCH_LARGER if moved and max(moved) < MOTIONLESS * trivial else LARGER
    return factors + tuple(f for f in stable if f > max(factors))


def _overshot(run: Trajectory, trivial: float) -> bool:
    """In some seed the loss climbed, or fell from far above the trivial loss to where nothing is learnt."""
    for seed, start in enumerate(run.loss[0].values):
        course = [look.values[seed] for look in run.loss]
        if start is None or any(v is None or not v <= ROSE * start for v in course):
            return True
        fell = course[-1] is not None and course[-1] < (start + trivial) / 2
        if start > FAR_ABOVE * trivial and fell:
            return True
    return False


def _worst_first(progress: PerSeed) -> list[float]:
    return sorted(-math.inf if v is None or math.isinf(v) else v for v in progress.values)


def trajectory(outcome: Outcome, rate: float | None, trivial: float) -> Trajectory:
    """What is kept of a run, for a network whose best constant output has the loss `trivial`."""
    losses = np.where(np.isfinite(outcome.losses), outcome.losses, np.inf)
    final = losses[-1]
    progress = [1 - loss / trivial if trivial > 0 and math.isfinite(loss) else loss for loss in final]
    undefined = not trivial > 0
    return Trajectory(
        rate,
        outcome.steps,
        tuple(PerSeed.of(row) for row in losses),
        PerSeed.of(losses.min(axis=0)),
        PerSeed.of(final),
        PerSeed.of([None] * len(final) if undefined else progress),
        PerSeed.of(_oscillation(losses, trivial)),
    )


def _oscillation(losses: Array, trivial: float) -> list[float]:
    """How far the loss climbed, all its ups together, in the second half of the run, in units of the trivial loss."""
    half = losses[len(losses) // 2 :]
    with np.errstate(all="ignore"):
        ups = np.maximum(np.diff(half, axis=0), 0.0).sum(axis=0)
    scale = trivial if trivial > 0 else 1.0
    return [float(up / scale) if math.isfinite(up) else math.inf for up in ups]
