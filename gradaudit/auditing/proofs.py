"""Fixes proven: what is to be recommended is run with enough seeds for a sign test, same seeds, same data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt

from gradaudit import datasets, probes
from gradaudit.auditing.experiments import Prepare, subject_of
from gradaudit.domain.findings import PAIRS, Finding, Fix, FixTrajectory, Severity, is_proven
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.errors import GradauditError
from gradaudit.evidence.cures import calms
from gradaudit.evidence.effects import (
    BEFORE_THE_RUN,
    OF_THE_RUN,
    better_seeds,
    clears,
    learns,
    numbers_of,
    numbers_with,
)
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.nn.network import Network, build
from gradaudit.probes.budget import BUDGETS, FEWEST_STEPS, Budget, pass_cost

ENOUGH_STEPS = 60
"""Steps of a run that are worth another seed: fewer say too little about learning."""
AS_IT_IS = Fix("as it is", ())
CURVATURE = 0.1
"""The share of a proof's budget that its stable learning rate may take."""
OTHER_SEEDS = (1000, 2000)
"""What is added to the first seed for seeds that had no part in choosing a fix: a proof asks one such draw, a search
both."""


def _batch(spec: ModelSpec, dataset: datasets.Dataset) -> int:
    return min(spec.batch_size or len(dataset.X), len(dataset.X))


def _seen(
    spec: ModelSpec,
    dataset: datasets.Dataset,
    settings: Settings,
    budget: Budget,
    needs: frozenset[str],
) -> RuleContext:
    subject = subject_of(spec, dataset, settings)
    subject.budget = budget
    return RuleContext(spec, subject.network.rows, probes.measure_trial(subject, needs, budget.run))


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
    held: dict[str, bool] = field(default_factory=dict)
    """Of what was proven, by `Fix.edit`: whether it learns with other seeds too."""

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

    def is_too_dear(self, fix: Fix) -> bool:
        """It was to be proven, and the budget did not pay for that."""
        return fix.edit in self.proofs and self.proofs[fix.edit] is None

    def prove(self, finding: Finding, fix: Fix) -> Fix:
        """The fix with what eight seeds say of it; with less, or as it is, where that costs too much."""
        self._proof(fix)
        return self.seen(finding, fix)

    def result(self, finding: Finding, fix: Fix, trial: Counterfactual) -> Fix:
        """The fix with its trial's numbers beside those of the model as it is.

        Verified: the finding is gone, none of equal or higher severity came, the run is better in at least 7 of 8
        paired seeds, and it learns, with other seeds too.
        """
        cleared, better = clears(self.case, trial, finding), self._pairs(trial.case)
        new = {rule: severity for rule, severity in trial.found.items() if rule not in self.found}
        no_worse = all(severity < finding.severity for severity in new.values())
        verified = cleared and no_worse and is_proven(sum(better), len(better)) and self._learns(fix, trial)
        before, after, shown = numbers_of(self.case), numbers_with(trial.case), trial
        if not verified and _steps(trial.case) < _steps(self.case):  # a shorter run says nothing against a change
            before, after = ({k: v for k, v in each.items() if k not in OF_THE_RUN} for each in (before, after))
            before, after = {**before, **fix.before}, {**after, **fix.after}  # what a longer run of fewer seeds showed
            longer = (told for told in self.case.trials if told.fix.changes == fix.changes)
            shown = max((trial, *longer), key=lambda each: _steps(each.case))
        return replace(
            fix,
            clears=(finding.rule,) if cleared else (),
            introduces=tuple(sorted(new)),
            still_fails=not cleared and finding.rule not in trial.found and self._is_a_step(finding, trial),
            verified=verified,
            better=(sum(better), len(better)),
            before=before,
            after=after,
            course=trajectory_of(shown.case),
        )

    def _learns(self, fix: Fix, trial: Counterfactual) -> bool:
        """In eight seeds and, where a run of its whole plan is cheap, in eight others: the first ones chose the fix."""
        if not learns(trial.case):
            return False
        if fix.edit not in self.held:
            self.held[fix.edit] = not _ran_its_plan(trial.case) or self._learns_elsewhere(fix)
        return self.held[fix.edit]

    def _learns_elsewhere(self, fix: Fix) -> bool:
        """The changed model learns with seeds that nothing was chosen by."""
        spec, dataset = self.prepare(apply(self.case.spec, fix.changes))
        settings = replace(self.settings, seeds=PAIRS, seed=self.settings.seed + OTHER_SEEDS[0])
        budget = BUDGETS[self.settings.effort]
        budget = replace(budget, run=budget.proofs, rates=0.0, fewest_seeds=PAIRS, in_doubt=1.0)
        case = _seen(spec, dataset, settings, budget, frozenset({"descent"}))
        self.spent += _spent(case, build(spec), _batch(spec, dataset))
        return learns(case)

    def _is_a_step(self, finding: Finding, trial: Counterfactual) -> bool:
        """It mends what is wrong before the run, or keeps the run from diverging."""
        return finding.rule in BEFORE_THE_RUN or calms(self.case, trial)

    def pairs(self, fix: Fix, case: RuleContext) -> tuple[bool, ...]:
        """Per paired seed, whether the fixed model's run is better; with fewer than eight it runs again."""
        if len(better_seeds(self.case, case)) >= PAIRS:
            return better_seeds(self.case, case)
        proof = self._proof(fix, at_any_cost=True)
        return self._pairs(case if proof is None else proof.case, at_any_cost=True)

    def _pairs(self, changed: RuleContext, *, at_any_cost: bool = False) -> tuple[bool, ...]:
        """The model itself runs again where it had fewer seeds than its changed copy."""
        pairs, ran = better_seeds(self.case, changed), changed.descent
        if len(pairs) >= PAIRS or ran is None or len(ran.configured.final.values) < PAIRS:
            return pairs
        base = self._proof(AS_IT_IS, at_any_cost=at_any_cost)
        return pairs if base is None else better_seeds(base.case, changed)

    def _proof(self, fix: Fix, *, at_any_cost: bool = False) -> Counterfactual | None:
        """What is known of the fix, or a run of it; where cost is no matter, one that says enough."""
        known = self.proofs.get(fix.edit)
        if fix.edit not in self.proofs or (at_any_cost and (known is None or _says_little(known.case))):
            case = self._run(apply(self.case.spec, fix.changes), at_any_cost=at_any_cost)
            self.proofs[fix.edit] = None if case is None else Counterfactual(fix, case, self.judge(case))
        return self.proofs[fix.edit]

    def _run(self, changed: ModelSpec, *, at_any_cost: bool = False) -> RuleContext | None:
        """The changed model with eight seeds; None where it is no model, or its run costs more than is left.

        Nor is it run where the model itself has too few seeds to be paired, and its eight could not be paid as well.
        Of the model itself the run alone is needed, and no longer one: the rest is known already.
        """
        budget = BUDGETS[self.settings.effort]
        try:
            spec, dataset = self.prepare(changed)
            network = build(spec)
        except GradauditError:
            return None
        step = PAIRS * pass_cost(network, _batch(spec, dataset), 1)
        dearest = max(ENOUGH_STEPS * step, budget.run if at_any_cost else budget.proof)
        is_base = changed == self.case.spec
        if not (at_any_cost or is_base or self._has_pairs) and self.spent + 2 * dearest > budget.proofs:
            return None
        if not at_any_cost and self.spent + dearest > budget.proofs:
            dearest = FEWEST_STEPS * step  # a short run says less, and still more than none
            if self.spent + dearest > budget.proofs:
                return None
        proof = replace(budget, run=dearest, rates=0.0, curvature=CURVATURE * dearest, fewest_seeds=PAIRS)
        proof = replace(proof, in_doubt=1.0) if is_base else proof
        needs = frozenset({"descent"}) if is_base else self.needs | {"descent"}
        case = _seen(spec, dataset, replace(self.settings, seeds=PAIRS), proof, needs)
        self.spent += min(dearest, _spent(case, network, _batch(spec, dataset)))
        return case

    @property
    def _has_pairs(self) -> bool:
        """The model itself has run with eight seeds, or with given weights, whatever the seed."""
        own = self.case.descent
        seeds = 0 if own is None else len(own.configured.final.values)
        given = seeds == 1 and self.case.spec.weights is not None
        return seeds >= PAIRS or given or self.proofs.get(AS_IT_IS.edit) is not None


def _spent(case: RuleContext, network: Network, batch: int) -> float:
    """Operations of the run, as the budget counts them."""
    run = case.descent
    return (
        0.0 if run is None else run.configured.steps[-1] * pass_cost(network, batch, len(run.configured.final.values))
    )


def _says_little(case: RuleContext) -> bool:
    """Its run is neither as long as the plan nor long enough."""
    return not _ran_its_plan(case) and _steps(case) < ENOUGH_STEPS


def _ran_its_plan(case: RuleContext) -> bool:
    return case.descent is not None and _steps(case) >= case.descent.planned_steps


def _steps(case: RuleContext) -> int:
    run = case.descent
    return 0 if run is None else run.configured.steps[-1]


def trajectory_of(case: RuleContext) -> FixTrajectory:
    """The error signal's way back through the layers with weights, and the run's loss, in the median over seeds."""
    stage = next((stage for _, stage in case.stages()), None)
    units = {row.index: row.values for row in case.weighted}
    layers = stage.signal.layers if stage is not None and stage.signal is not None else ()
    norms = ((layer.error_signal_rms.median, sqrt(units[layer.index])) for layer in layers if layer.index in units)
    run = case.descent
    return FixTrajectory(
        error_signal=tuple(rms if rms is None else rms * width for rms, width in norms),
        steps=run.configured.steps if run is not None else (),
        loss=tuple(look.median for look in run.configured.loss) if run is not None else (),
    )
