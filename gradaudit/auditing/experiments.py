"""The same model with changes, measured again, same seeds, same data: first each factor alone, then fixes to be proven.

What clears a symptom when it is changed alone is its cause. What is to be recommended is run with enough seeds for a
sign test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import TypeAlias

from gradaudit import datasets, probes, remedies
from gradaudit.domain.findings import PAIRS, Finding, Fix, FixTrajectory, Severity, is_proven
from gradaudit.domain.measurements import Descent
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import apply, merged
from gradaudit.errors import GradauditError
from gradaudit.evidence.counterfactual import BEFORE_THE_RUN, OF_THE_RUN, better_seeds, clears, learns, numbers_of
from gradaudit.evidence.cures import cures
from gradaudit.evidence.regret import SLOW_WITH_SYMPTOM
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.through_time import time_factors
from gradaudit.nn.network import Network, build
from gradaudit.probes.budget import BUDGETS, Budget, pass_cost
from gradaudit.probes.descent import FEWEST_STEPS

ENOUGH_STEPS = 60
"""Steps of a run that are worth another seed: fewer say too little about learning."""
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
CURVATURE = 0.1
"""The share of a proof's budget that its stable learning rate may take."""


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
    fixes, budget = remedies.factors(case.spec, case.dense, findings), BUDGETS[settings.effort].trials
    if not fixes or not budget:
        return ()
    first = [fix for fix in fixes if fix.kind in time_factors(case)]
    told = _raced(case, first, settings, needs, prepare, THROUGH_TIME * budget) if first else ()
    found = cures(replace(case, trials=told))
    if any(cure.reach >= SLOW_WITH_SYMPTOM and cure.trial is not None for cure in found):  # not by a rate alone
        return told
    fixes = tuple(fix for fix in fixes if fix not in first)
    return told + _in_depth(case, fixes, settings, needs, prepare, budget)


def _in_depth(
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
            runners.append((fix, _subject(spec, dataset, settings)))
        except (GradauditError, KeyError):
            continue
    own = case.measurements.descent
    runs: list[Descent | None] = [None] * len(runners)
    if own is not None and "descent" in needs and runners:
        steps = min(own.configured.steps[-1], BUDGETS[settings.effort].most_steps)
        runs = probes.compare([subject for _, subject in runners], steps, budget, BUDGETS[settings.effort].race)
    measured = (probes.measure_trial(subject, needs - {"curvature", "descent"}) for _, subject in runners)
    return tuple(
        Counterfactual(fix, RuleContext(subject.spec, subject.network.rows, replace(seen, descent=run)))
        for (fix, subject), seen, run in zip(runners, measured, runs, strict=True)
    )


def _subject(spec: ModelSpec, dataset: datasets.Dataset, settings: Settings) -> probes.ProbeContext:
    subject = probes.ProbeContext(spec, build(spec), dataset.X, dataset.T, settings)
    subject.weights.update(probes.starting_weights(subject))
    return subject


def _pairs(fixes: Sequence[Fix], wanted: Sequence[tuple[str, str]]) -> list[Fix]:
    """Two factors changed together, of those that are known to hide one another."""
    by_kind = {fix.kind: fix for fix in reversed(fixes)}
    return [
        Fix(
            f"{by_kind[a].title} and {by_kind[b].title}",
            merged((*by_kind[a].changes, *by_kind[b].changes)),
            f"{by_kind[a].why}; {by_kind[b].why}",
            f"{a} + {b}",
        )
        for a, b in wanted
        if a in by_kind and b in by_kind
    ]


def _batch(spec: ModelSpec, dataset: datasets.Dataset) -> int:
    return min(spec.batch_size or len(dataset.X), len(dataset.X))


def _seen(
    spec: ModelSpec,
    dataset: datasets.Dataset,
    settings: Settings,
    budget: Budget,
    needs: frozenset[str],
) -> RuleContext:
    subject = _subject(spec, dataset, settings)
    subject.budget = budget
    return RuleContext(spec, subject.network.rows, probes.measure_trial(subject, needs))


@dataclass
class FixVerifier:
    """Where fixes are proven: eight seeds, every set of changes once, within the audit's budget for proofs."""

    case: RuleContext
    """The model as it is, with its trials judged."""
    found: Mapping[str, Severity]
    """The rules that find something on it, warnings and errors."""
    settings: Settings
    needs: frozenset[str]
    prepare: Prepare
    judge: Callable[[RuleContext], Mapping[str, Severity]]
    """Which rules find something on a changed model."""
    spent: float = 0.0
    proofs: dict[str, Counterfactual | None] = field(default_factory=dict)
    """What was run here, by `Fix.edit`; None where they make no model or cost too much."""

    def makes_a_model(self, fix: Fix) -> bool:
        """The changed spec can be audited: its losses, outputs and widths fit its data."""
        try:
            build(self.prepare(apply(self.case.spec, fix.changes))[0])
        except GradauditError:
            return False
        return True

    def seen(self, finding: Finding, fix: Fix) -> Fix:
        """The fix with what was measured of the very same changes so far; else as it is."""
        trial = self.trial(fix)
        return fix if trial is None else self.result(finding, fix, trial)

    def trial(self, fix: Fix) -> Counterfactual | None:
        """What was measured of the very same changes so far."""
        told = next((trial for trial in self.case.trials if trial.fix.changes == fix.changes), None)
        return self.proofs.get(fix.edit) or told

    def prove(self, finding: Finding, fix: Fix) -> Fix:
        """The fix with what eight seeds say of it; with less, or as it is, where that costs too much."""
        self._proof(fix)
        return self.seen(finding, fix)

    def result(self, finding: Finding, fix: Fix, trial: Counterfactual) -> Fix:
        """The fix with its trial's numbers beside those of the model as it is.

        Verified: the finding is gone, none of equal or higher severity came, the run is better in at least 7 of 8
        paired seeds, and it learns.
        """
        cleared, better = clears(self.case, trial, finding), self._pairs(trial.case)
        new = {rule: severity for rule, severity in trial.found.items() if rule not in self.found}
        no_worse = all(severity < finding.severity for severity in new.values())
        verified = cleared and no_worse and is_proven(sum(better), len(better)) and learns(trial.case)
        before, after, shown = numbers_of(self.case), numbers_of(trial.case), trial
        if not verified and _steps(trial.case) < _steps(self.case):  # a shorter run says nothing against a change
            before, after = ({k: v for k, v in each.items() if k not in OF_THE_RUN} for each in (before, after))
            before, after = {**before, **fix.before}, {**after, **fix.after}  # what a longer run of fewer seeds showed
            longer = (told for told in self.case.trials if told.fix.changes == fix.changes)
            shown = max((trial, *longer), key=lambda each: _steps(each.case))
        return replace(
            fix,
            clears=(finding.rule,) if cleared else (),
            introduces=tuple(sorted(new)),
            still_fails=not cleared and finding.rule in BEFORE_THE_RUN and finding.rule not in trial.found,
            verified=verified,
            better=(sum(better), len(better)),
            before=before,
            after=after,
            course=trajectory_of(shown.case),
        )

    def pairs(self, spec: ModelSpec, case: RuleContext) -> tuple[bool, ...]:
        """Per paired seed, whether a changed model's run is better; with fewer than eight it runs again."""
        if len(better_seeds(self.case, case)) >= PAIRS:
            return better_seeds(self.case, case)
        again = self._run(spec, at_any_cost=True)
        return self._pairs(case if again is None else again, at_any_cost=True)

    def _pairs(self, changed: RuleContext, *, at_any_cost: bool = False) -> tuple[bool, ...]:
        """The model itself runs again where it had fewer seeds than its changed copy."""
        pairs, ran = better_seeds(self.case, changed), changed.measurements.descent
        if len(pairs) >= PAIRS or ran is None or len(ran.configured.final.values) < PAIRS:
            return pairs
        base = self._proof(Fix("as it is", ()), at_any_cost=at_any_cost)
        return pairs if base is None else better_seeds(base.case, changed)

    def _proof(self, fix: Fix, *, at_any_cost: bool = False) -> Counterfactual | None:
        known = f"{fix.edit} at any cost" if at_any_cost else fix.edit
        if known not in self.proofs:
            case = self._run(apply(self.case.spec, fix.changes), at_any_cost=at_any_cost)
            self.proofs[known] = None if case is None else Counterfactual(fix, case, self.judge(case))
        return self.proofs[known]

    def _run(self, changed: ModelSpec, *, at_any_cost: bool = False) -> RuleContext | None:
        """The changed model with eight seeds; None where it is no model, or its run costs more than is left."""
        budget = BUDGETS[self.settings.effort]
        try:
            spec, dataset = self.prepare(changed)
            network = build(spec)
        except GradauditError:
            return None
        step = PAIRS * pass_cost(network, _batch(spec, dataset), 1)
        dearest = max(ENOUGH_STEPS * step, budget.run if at_any_cost else budget.proof)
        if not at_any_cost and self.spent + dearest > budget.proofs:
            dearest = FEWEST_STEPS * step  # a short run says less, and still more than none
            if self.spent + dearest > budget.proofs:
                return None
        proof = replace(budget, run=dearest, rates=0.0, curvature=CURVATURE * dearest, fewest_seeds=PAIRS)
        case = _seen(spec, dataset, replace(self.settings, seeds=PAIRS), proof, self.needs | {"descent"})
        self.spent += min(dearest, _spent(case, network, _batch(spec, dataset)))
        return case


def _spent(case: RuleContext, network: Network, batch: int) -> float:
    """Operations of the run, as the budget counts them."""
    run = case.measurements.descent
    return (
        0.0 if run is None else run.configured.steps[-1] * pass_cost(network, batch, len(run.configured.final.values))
    )


def _steps(case: RuleContext) -> int:
    run = case.measurements.descent
    return 0 if run is None else run.configured.steps[-1]


def trajectory_of(case: RuleContext) -> FixTrajectory:
    """The error signal's way back through the dense layers, and the run's loss, in the median over seeds."""
    stage = next((stage for _, stage in case.stages()), None)
    units = {row.index: row.values for row in case.dense}
    layers = stage.signal.layers if stage is not None and stage.signal is not None else ()
    norms = ((layer.error_signal_rms.median, sqrt(units[layer.index])) for layer in layers if layer.index in units)
    run = case.measurements.descent
    return FixTrajectory(
        error_signal=tuple(rms if rms is None else rms * width for rms, width in norms),
        steps=run.configured.steps if run is not None else (),
        loss=tuple(look.median for look in run.configured.loss) if run is not None else (),
    )
