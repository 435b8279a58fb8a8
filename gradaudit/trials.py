"""One factor changed at a time and the probes run again, same seeds, same data: what clears a symptom is its cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from gradaudit import datasets, probes, remedies
from gradaudit.errors import GradauditError
from gradaudit.finding import Finding, Fix, is_proven
from gradaudit.nn.network import build
from gradaudit.probes.budget import BUDGETS, pass_cost
from gradaudit.probes.descent import FEWEST_STEPS
from gradaudit.probes.threads import spread
from gradaudit.remedies.edit import apply
from gradaudit.report import Settings
from gradaudit.rules import Case, Trial
from gradaudit.rules.counterfactual import better_seeds, clears, numbers
from gradaudit.spec import ModelSpec

ENOUGH_STEPS = 60
"""Steps of a run that are worth another seed: fewer say too little about learning."""
FEWEST_SEEDS = 2
"""Of a trial on a network that is dear; its run is left out where not even these can be afforded."""


Prepare: TypeAlias = Callable[[ModelSpec], tuple[ModelSpec, datasets.Dataset]]
"""What gives a spec its data: the complete spec, and the rows. Raises GradauditError where they do not fit."""


def makes_a_model(spec: ModelSpec, fix: Fix, prepare: Prepare) -> bool:
    """The changed spec can be audited: its losses, outputs and widths fit its data."""
    try:
        build(prepare(apply(spec, fix.changes))[0])
    except GradauditError:
        return False
    return True


def run(
    case: Case,
    findings: tuple[Finding, ...],
    settings: Settings,
    needs: frozenset[str],
    prepare: Prepare,
) -> tuple[Trial, ...]:
    """Every factor that may explain the findings, changed alone and measured; changes that make no model are left out.

    `prepare` gives a changed spec its data.
    """
    fixes = remedies.factors(case.spec, case.dense, findings) if case.spec.weights is None else ()
    if not fixes or not BUDGETS[settings.effort].trials:
        return ()

    def attempt(fix: Fix) -> Trial | None:
        try:
            spec, dataset = prepare(apply(case.spec, fix.changes))
            return Trial(fix, _measured(spec, dataset, settings, needs, len(fixes)))
        except GradauditError:
            return None

    return tuple(trial for trial in spread(attempt, fixes) if trial is not None)


def _measured(
    spec: ModelSpec, dataset: datasets.Dataset, settings: Settings, needs: frozenset[str], trials: int
) -> Case:
    """The changed model's measurements, on as many seeds as its share of the budget pays for, and no other rates."""
    network, budget = build(spec), BUDGETS[settings.effort]
    share, batch = budget.trials / trials, min(spec.batch_size or len(dataset.X), len(dataset.X))
    cost = pass_cost(network, batch, 1)
    seeds = max(FEWEST_SEEDS, min(settings.seeds, int(share / (ENOUGH_STEPS * cost))))
    subject = probes.Subject(spec, network, dataset.X, dataset.T, replace(settings, seeds=seeds))
    subject.budget = replace(budget, run=share, rates=0.0)
    subject.weights.update(probes.starting_weights(subject))
    affords_run = share >= FEWEST_SEEDS * FEWEST_STEPS * cost
    return Case(spec, network.rows, probes.measure_trial(subject, needs if affords_run else needs - {"descent"}))


def result(case: Case, found: frozenset[str], finding: Finding, fix: Fix) -> Fix:
    """The fix with what its trial measured, where the very same changes were tried; else as it is.

    `found` are the rules that find something on the model itself. Verified: the finding is gone, no other came, and
    the run is better in at least 7 of 8 paired seeds.
    """
    trial = next((trial for trial in case.trials if trial.fix.changes == fix.changes), None)
    if trial is None:
        return fix
    cleared, better = clears(case, trial, finding.rule), better_seeds(case, trial)
    introduces = tuple(sorted(trial.found - found))
    return replace(
        fix,
        clears=(finding.rule,) if cleared else (),
        introduces=introduces,
        still_fails=not cleared and finding.rule not in trial.found,
        verified=cleared and not introduces and is_proven(sum(better), len(better)),
        before=numbers(case),
        after=numbers(trial.case),
    )
