"""The same model with one factor changed, measured again, same seeds, same data: what clears a symptom is its cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from gradaudit import datasets, probes, remedies
from gradaudit.domain.findings import Finding, Fix
from gradaudit.domain.measurements import Descent
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import apply, as_one
from gradaudit.errors import GradauditError
from gradaudit.evidence.cures import SLOW_WITH_SYMPTOM, cures
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.through_time import time_factors
from gradaudit.nn.network import build
from gradaudit.probes.budget import BUDGETS

SINGLE = 0.7
"""The share of the trials' budget for factors changed alone; the rest is for pairs, where none of those cures."""
PAIRED = (
    ("standardised-inputs", "standardised-targets"),
    ("initializer", "standardised-inputs"),
    ("initializer", "output"),
    ("activation", "standardised-inputs"),
    ("output", "standardised-inputs"),
)
"""Factors of which each may fail alone: raw inputs with raw targets, weights with what they are multiplied by."""
THROUGH_TIME = 2.0
"""What changes of how far a recurrent layer's error signal reaches back may cost, in budgets of all other trials: each
step of such a network is dear, and these come first where that signal shrinks or grows through time."""
LOOKING = 1 / 12
"""The share of the trials' budget that the look at one changed model before its run may take."""

Prepare: TypeAlias = Callable[[ModelSpec], tuple[ModelSpec, datasets.Dataset]]
"""What gives a spec its data: the complete spec, and the rows. Raises GradauditError where they do not fit."""


def run(
    case: RuleContext,
    findings: tuple[Finding, ...],
    settings: Settings,
    needs: frozenset[str],
    prepare: Prepare,
) -> tuple[Counterfactual, ...]:
    """Every factor that may explain the findings, changed alone and measured; where none cures, pairs of them.

    All are run side by side, each at other rates too, since many faults need two changes; the hopeless are ended early.
    `prepare` gives a changed spec its data; changes that make no model are left out.
    """
    fixes, budget = remedies.factors(case.spec, case.linear_maps, findings), BUDGETS[settings.effort].trials
    if not fixes or not budget:
        return ()
    first = [fix for fix in fixes if time_factors(case).issuperset(fix.kinds)]
    told = _raced(case, first, settings, needs, prepare, THROUGH_TIME * budget) if first else ()
    found = cures(replace(case, trials=told))
    if any(cure.reach >= SLOW_WITH_SYMPTOM and cure.trial is not None for cure in found):  # not by a rate alone
        return told
    fixes = tuple(fix for fix in fixes if fix not in first)
    return told + _others_then_pairs(case, fixes, settings, needs, prepare, budget)


def _others_then_pairs(
    case: RuleContext, fixes: Sequence[Fix], settings: Settings, needs: frozenset[str], prepare: Prepare, budget: float
) -> tuple[Counterfactual, ...]:
    """Every other factor alone, then pairs of them."""
    scales = _pairs(fixes, PAIRED[:1])  # raw data on both sides hide one another, and a rate may hide both
    single = _raced(case, (*fixes, *scales), settings, needs, prepare, SINGLE * budget)
    if any(cure.reach >= SLOW_WITH_SYMPTOM for cure in cures(replace(case, trials=single))):
        return single
    return single + _raced(case, _pairs(fixes, PAIRED[1:]), settings, needs, prepare, (1 - SINGLE) * budget)


def _raced(
    case: RuleContext, fixes: Sequence[Fix], settings: Settings, needs: frozenset[str], prepare: Prepare, budget: float
) -> tuple[Counterfactual, ...]:
    """The changed models, measured before the run and in one race."""
    runners = []
    for fix in fixes:
        try:
            spec, dataset = prepare(apply(case.spec, fix.changes))
            runners.append((fix, subject_of(spec, dataset, settings)))
        except (GradauditError, KeyError):
            continue
    own = case.descent
    runs: list[Descent | None] = [None] * len(runners)
    if own is not None and "descent" in needs and runners:
        steps = min(own.configured.steps[-1], BUDGETS[settings.effort].most_steps)
        runs = probes.compare([subject for _, subject in runners], steps, budget, BUDGETS[settings.effort].race)
    looking, rest = LOOKING * BUDGETS[settings.effort].trials, needs - {"curvature", "descent"}
    measured = (probes.measure_trial(subject, rest, looking) for _, subject in runners)
    return tuple(
        Counterfactual(fix, RuleContext(subject.spec, subject.network.rows, replace(seen, descent=run)))
        for (fix, subject), seen, run in zip(runners, measured, runs, strict=True)
    )


def subject_of(spec: ModelSpec, dataset: datasets.Dataset, settings: Settings) -> probes.ProbeContext:
    """A changed model with its data and starting weights."""
    subject = probes.ProbeContext(spec, build(spec), dataset.X, dataset.T, settings)
    subject.weights.update(probes.starting_weights(subject))
    return subject


def _pairs(fixes: Sequence[Fix], wanted: Sequence[tuple[str, str]]) -> list[Fix]:
    """Two factors changed together, of those that are known to hide one another."""
    by_kinds = {fix.kinds: fix for fix in reversed(fixes)}
    return [as_one((by_kinds[a,], by_kinds[b,])) for a, b in wanted if (a,) in by_kinds and (b,) in by_kinds]
