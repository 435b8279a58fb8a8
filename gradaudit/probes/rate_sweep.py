"""The loss against the learning rate: one seed's short run at rates from far too small to far too large."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gradaudit.measurement import Descent, Trajectory
from gradaudit.nn.training import Outcome, Plan, train
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.descent import start_weights, trajectory
from gradaudit.probes.interface import Subject
from gradaudit.probes.threads import spread

AROUND = (1 / 100, 1 / 10, 1 / 3, 1.0, 3.0, 10.0, 100.0)
"""Factors of the configured rate."""
AT_THE_LIMIT = (1 / 20, 1 / 2, 5.0)
"""Factors of the stable limit, where that lies outside of what is tried around the configured rate."""
MOST_STEPS, FEWEST_STEPS = 120, 30
LOOKS = 16
SWEEP = 0.6
"""Of the budget for pictures."""


def measure(subject: Subject, descent: Descent, limit: float | None) -> tuple[Trajectory, ...]:
    """One run a rate, from the same weights over the same batches; none where a run has no rate, or is too dear.

    `limit` is the stable learning rate at the start, where curvature was measured.
    """
    rates = _rates(descent.configured.learning_rate, limit)
    steps = _affordable_steps(subject, descent, len(rates))
    if not rates or steps < min(FEWEST_STEPS, descent.configured.steps[-1]):
        return ()
    start = start_weights(subject)[:1]
    order = subject.settings.seed * 1000

    def run(rate: float) -> Outcome:
        plan = Plan(
            subject.spec.optimizer,
            np.array([[rate]]),
            descent.batch_size,
            steps,
            LOOKS,
            [order],
            framework=subject.spec.framework,
        )
        return train(subject.network, start, subject.X, subject.T, subject.batch, plan)

    outcomes = spread(run, rates)
    return tuple(
        trajectory(replace(outcome, second_moment=None), rate, descent.trivial_loss)
        for outcome, rate in zip(outcomes, rates, strict=True)
    )


def _rates(configured: float | None, limit: float | None) -> list[float]:
    """Rising, the configured one among them."""
    if configured is None or not configured > 0:
        return []
    rates = {configured * factor for factor in AROUND}
    if limit is not None and 0 < limit < math.inf and not AROUND[0] < limit / configured < AROUND[-1]:
        rates |= {limit * factor for factor in AT_THE_LIMIT}
    return sorted(rate for rate in rates if 0 < rate < math.inf)


def _affordable_steps(subject: Subject, descent: Descent, rates: int) -> int:
    """Steps of each run; the run that was configured has no more of them either."""
    a_step = pass_cost(subject.network, descent.batch_size, 1)
    fitting = int(SWEEP * subject.budget.pictures / (a_step * max(rates, 1)))
    return min(MOST_STEPS, fitting, descent.configured.steps[-1])
