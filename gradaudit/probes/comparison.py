"""Changed models side by side: each at its own rate and at a few others, the hopeless ended early."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.probes import descent
from gradaudit.probes.interface import ProbeContext
from gradaudit.probes.rates import Race, SweptModel

FACTORS = (1.0, 10.0, 0.1, 100.0, 0.01)
"""Of the configured rate: a change may need another rate to show."""
KEPT = (1 / 3, 1 / 6)
"""Shares of all runs that go on after the first and the second stage: a tournament ends more of them than a profile."""
FEWEST = 8
"""Runs that go on in any case."""


@np.errstate(all="ignore")
def compare(subjects: Sequence[ProbeContext], steps: int, budget: float, most: float = 0.0) -> list[Descent | None]:
    """Each model's run of so many steps with the runs at other rates; None where the budget pays for none.

    The fewest steps that say anything may cost up to `most`.
    """
    if any(subject.spec.optimizer.name == "lbfgs" for subject in subjects):
        return [_by_itself(subject, budget / len(subjects)) for subject in subjects]
    entries = [_entry(subject) for subject in subjects]
    runs = _affordable_runs(entries, steps, budget, most)
    return [_descent(entry, runs.get(id(entry), ())) for entry in entries]


def _affordable_runs(
    entries: list[SweptModel], steps: int, budget: float, most: float
) -> dict[int, tuple[Trajectory, ...]]:
    """Runs by entry; where those of all cannot be paid, the dearest stay out: a wide copy must not cost the others."""
    racing, seeds = list(entries), max(len(entry.start) for entry in entries)
    while True:
        found = Race(racing, KEPT, FEWEST).run(steps, budget, seeds, most)
        if any(found) or len(racing) == 1:
            return {id(entry): runs for entry, runs in zip(racing, found, strict=True)}
        racing.remove(max(racing, key=lambda entry: entry.cost(1, 1)))


def _by_itself(subject: ProbeContext, budget: float) -> Descent:
    """scikit-learn's lbfgs has no rate, and no steps to be interrupted at."""
    subject.budget = replace(subject.budget, run=budget, rates=0.0)
    return descent.measure(subject)


def _entry(subject: ProbeContext) -> SweptModel:
    size = min(subject.spec.batch_size or len(subject.X), len(subject.X))
    own = descent.configured_rate(subject) or 0.0
    trivial = subject.network.objective.trivial(subject.batch[1])
    rates = tuple(own * factor for factor in FACTORS)
    return SweptModel(subject, descent.start_weights(subject), size, trivial, rates, own)


def _descent(entry: SweptModel, runs: Sequence[Trajectory]) -> Descent | None:
    own = next((run for run in runs if run.learning_rate == entry.own), None)
    if own is None:
        return None
    others = tuple(run for run in runs if run is not own)
    floor = min((v for run in runs for v in run.best.finite), default=math.inf)
    plan = descent.planned(entry.subject, entry.batch_size)
    assumed = entry.subject.spec.epochs is None
    return Descent(entry.trivial, floor, plan, assumed, entry.batch_size, own, others)
