"""One factor changed and measured again: within the budget, in pairs, and nothing called verified that is not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from gradaudit import datasets
from gradaudit.auditing import experiments as trials
from gradaudit.auditing import proofs
from gradaudit.auditing.pipeline import audit
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import Descent, Measurements, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.editing.spec_changes import apply
from gradaudit.errors import InputError
from gradaudit.evidence.counterfactual import better_seeds
from gradaudit.evidence.cures import SLOW_WITH_SYMPTOM
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.nn.network import build
from gradaudit.probes.budget import BUDGETS, Budget, pass_cost
from gradaudit.probes.descent import FEWEST_STEPS

FINDING = Finding("dead-units", Severity.ERROR, "m", "c", {"measured": 1.0, "limit": 0.5}, "initialised")
SMALL = ModelSpec(
    "small",
    2,
    (DenseSpec(4), DenseSpec(1)),
    activation=Named("relu"),
    init=Named("zeros"),
    loss=Named("binary_cross_entropy"),
    output=Named("sigmoid"),
    data=Named("xor"),
    epochs=20,
)
NEEDS = frozenset({"data", "signal", "units", "curvature", "descent", "critical_point", "trials"})


def attempted(spec, *, prepare=None, needs=NEEDS, findings=(FINDING,), **settings):
    """The trials for a dead network."""
    own = Settings(**{"seeds": 8, "seed": 0, "samples": 64, "effort": "standard", **settings})
    prepare = prepare or partial(datasets.prepare, seed=own.seed, X=None, y=None)
    complete = datasets.prepare(spec, own.seed)[0]
    descent = ran(*(0.0,) * own.seeds, steps=20).measurements.descent
    case = RuleContext(complete, tuple(flatten(expand(complete))), Measurements(descent=descent))
    return trials.run(case, findings, own, needs, prepare)


def test_a_small_network_is_tried_with_all_seeds():
    """Every factor by itself, at its own rate and at others: its first pass and its runs, and nothing that is dear."""
    found = attempted(SMALL)
    kinds = [trial.fix.kind for trial in found]
    assert kinds[:4] == ["standardised-inputs", "initializer", "activation", "width"]
    for trial in found:
        descent = trial.case.measurements.descent
        assert descent.configured.learning_rate == 0.01
        assert len(descent.configured.final.values) == 8
        assert [run.learning_rate for run in descent.others] == pytest.approx([1e-4, 1e-3, 0.1, 1.0])
        stage = trial.case.measurements.stages["initialised"]
        assert (len(stage.signal.loss.values), stage.curvature, stage.critical_point) == (8, None, None)
        assert trial.found == {}  # judged later


def test_a_trial_is_the_changed_model_with_the_same_seeds():
    """What it saw first is what an audit of the changed spec sees."""
    for trial in attempted(SMALL, seed=3):
        audited = audit(apply(SMALL, trial.fix.changes), AuditOptions(seeds=8, seed=3, samples=64, effort="quick"))
        own = audited.report.measurements.stages["initialised"]
        assert trial.case.measurements.stages["initialised"].signal == own.signal


def test_only_what_the_rules_need_is_measured():
    """Without a rule that reads the run there is no run."""
    for trial in attempted(SMALL, needs=frozenset({"units"})):
        assert trial.case.measurements.descent is None
        assert trial.case.measurements.stages["initialised"].signal is None


def test_a_dear_networks_trial_has_no_run(monkeypatch):
    """Where not even the shortest run of a few seeds is paid for, the first pass still is."""
    monkeypatch.setitem(BUDGETS, "standard", replace(BUDGETS["standard"], trials=1e6, race=1e6))
    for trial in attempted(SMALL, needs=frozenset({"units", "descent"}), seeds=2):
        assert trial.case.measurements.descent is None
        assert len(trial.case.measurements.stages["initialised"].units.layers[0].dead_fraction.values) == 2


def test_what_cures_together_is_tried_where_nothing_cures_alone():
    """Pairs of the factors that hide one another, with both factors in their kind; none where one change learns."""
    linear = replace(SMALL, layers=(DenseSpec(1),))
    assert any(len(trial.kinds) > 1 for trial in attempted(linear))
    far = replace(
        SMALL, init=Named("he_normal"), data=Named.of("blobs", offset=100.0), layers=(DenseSpec(8), DenseSpec(1))
    )
    assert not any(
        len(trial.kinds) > 1 for trial in attempted(replace(far, optimizer=Named.of("sgd", learning_rate=0.1)))
    )


@pytest.mark.parametrize("reach", [SLOW_WITH_SYMPTOM, 0.0])
def test_single_changes_and_pairs_share_one_budget(reach, monkeypatch):
    """Pairs take what the single changes were not given, and nothing where one of those reaches far enough."""
    given = []
    monkeypatch.setattr(trials, "_raced", lambda *arguments: given.append(arguments[-1]) or ())
    monkeypatch.setattr(trials, "cures", lambda case: [SimpleNamespace(reach=reach, trial=None)])
    attempted(SMALL)
    budget = BUDGETS["standard"].trials
    assert given == pytest.approx([trials.SINGLE * budget] + [(1 - trials.SINGLE) * budget] * (not reach))


def test_changes_that_make_no_model_are_left_out():
    """A change whose data cannot be prepared is no trial; the others are."""

    def prepare(spec):
        if spec.activation != SMALL.activation:
            raise InputError("no such model")
        return datasets.prepare(spec, 0)

    kinds = [trial.fix.kind for trial in attempted(SMALL, prepare=prepare)]
    assert kinds[:3] == ["standardised-inputs", "initializer", "width"]
    assert not any("activation" in kind for kind in kinds)


def test_given_weights_are_tried_on_scaled_data_and_against_a_fresh_draw():
    """Another activation or width would not be the model that they belong to."""
    weights = Weights(({"weight": np.ones((2, 4))}, {"weight": np.ones((4, 1))}), "w.npz")
    kinds = {trial.fix.kind for trial in attempted(replace(SMALL, weights=weights))}
    assert kinds == {"standardised-inputs", "restart"}


def test_a_quick_audit_tries_nothing():
    """Its budget for trials is zero."""
    assert attempted(SMALL, effort="quick") == ()


FIX = Fix("he_normal", (Change("init", "zeros", "he_normal"),), kinds=("initializer",))


def ran(*progress: float, steps: int = 10) -> RuleContext:
    """A model whose run ended with these progresses, one a seed."""
    start, end = PerSeed((1.0,) * len(progress)), PerSeed(tuple(1 - p for p in progress))
    configured = Trajectory(0.1, (0, steps), (start, end), end, end, PerSeed(progress), PerSeed((0.0,) * len(progress)))
    return RuleContext(SMALL, (), Measurements(descent=Descent(1.0, 0.0, steps, False, 4, configured)))


def verifier(
    own=(0.0,) * 8,
    *trials: Counterfactual,
    before: tuple[str, ...] = ("dead-units",),
    judge=lambda case: {},
    **settings,
):
    """A verifier for a model whose run ended so, with what was tried already."""
    prepare = partial(datasets.prepare, seed=0, X=None, y=None)
    case = replace(ran(*own), trials=trials)
    found = dict.fromkeys(before, Severity.ERROR)
    given = Settings(**{"seeds": 8, "seed": 0, "samples": 64, "effort": "standard", **settings})
    return proofs.FixVerifier(
        case, found, given, frozenset({"signal", "units", "descent", "curvature"}), prepare, judge
    )


def verdict(
    after: RuleContext, *, found: dict[str, Severity] | None = None, own=(0.0,) * 8, before=("dead-units",)
) -> Fix:
    """What becomes of the fix when its trial showed this."""
    trial = Counterfactual(FIX, after, found or {})
    return verifier(own, trial, before=before).seen(FINDING, FIX)


def test_a_fix_that_helps_in_eight_pairs_is_verified():
    """The finding is gone, nothing came, every seed is better; and the numbers stand beside it."""
    fix = verdict(ran(*(0.8,) * 8))
    assert (fix.verified, fix.clears, fix.introduces, fix.better) == (True, ("dead-units",), (), (8, 8))
    assert fix.before["loss_after"] == 1.0
    assert fix.after == {"progress": pytest.approx(0.8), "loss_after": pytest.approx(0.2), "seeds_that_learn": 1.0}
    assert fix.course.steps == (0, 10)


@pytest.mark.parametrize(("worse", "verified"), [(1, True), (2, False)])
def test_seven_of_eight_pairs_must_be_better(worse, verified):
    """By chance that many agree in 3.5 of 100 cases; six of eight in 14."""
    fix = verdict(ran(*(0.0,) * worse, *(0.8,) * (8 - worse)))
    assert fix.clears == ("dead-units",)
    assert fix.better == (8 - worse, 8)
    assert fix.verified is verified


def test_a_fix_that_does_not_learn_is_not_verified():
    """From half of the baseline under it to the baseline is better in every seed, and no cure."""
    fix = verdict(ran(*(0.05,) * 8), own=(-0.5,) * 8)
    assert (fix.verified, fix.better) == (False, (8, 8))


def test_seven_pairs_verify_nothing():
    """All of them better is not enough for fewer than eight."""
    fix = verdict(ran(*(0.8,) * 7))
    assert (fix.clears, fix.verified) == (("dead-units",), False)
    assert fix.status == "tried: the finding is gone, better in 7 of 7 seeds"


@pytest.mark.parametrize(("severity", "verified"), [(Severity.ERROR, False), (Severity.WARNING, True)])
def test_a_fix_that_brings_as_bad_a_fault_is_not_verified(severity, verified):
    """Only what was not there before counts as new; a lesser fault is said, and the fix stands."""
    found = {"plateau": severity, "saturated-units": Severity.ERROR}
    fix = verdict(ran(*(0.8,) * 8), found=found, before=("dead-units", "saturated-units"))
    assert (fix.verified, fix.introduces) == (verified, ("plateau",))


def test_a_fix_that_leaves_the_finding_clears_nothing():
    """However well it learns."""
    fix = verdict(ran(*(0.8,) * 8), found={"dead-units": Severity.ERROR})
    assert (fix.verified, fix.clears) == (False, ())


def test_other_changes_than_those_tried_stay_as_they_are():
    """What a trial showed of one change says nothing about another."""
    tried = Counterfactual(FIX, ran(*(0.8,) * 8))
    other = replace(FIX, changes=(Change("init", "zeros", "glorot_normal"),))
    assert verifier((0.0,) * 8, tried).seen(FINDING, other) is other


def test_a_proof_runs_eight_seeds_whatever_the_audit_ran():
    """On both sides: the model itself runs again where it had fewer."""
    fix = verifier((0.0,) * 3, seeds=3).prove(FINDING, FIX)
    assert fix.better[1] == 8
    assert fix.after.keys() >= {"error_signal_ratio", "stable_limit", "loss_after"}


def test_a_proof_is_made_once():
    """Two findings may ask for the same changes."""
    calls = []
    tested = verifier(judge=lambda case: calls.append(case) or {})
    tested.prove(FINDING, FIX)
    tested.prove(replace(FINDING, rule="plateau"), FIX)
    assert len(calls) == 1


def test_a_plan_of_changes_that_were_proven_is_not_run_again():
    """The search asks for the pairs of what the audit has recommended; other changes are run."""
    calls = []
    tested = verifier(judge=lambda case: calls.append(case) or {})
    tested.prove(FINDING, FIX)
    assert len(tested.pairs(FIX, ran(0.8))) == 8
    assert len(calls) == 1
    tested.pairs(replace(FIX, changes=(Change("init", "zeros", "glorot_normal"),)), ran(0.8))
    assert len(calls) == 2


def test_what_costs_more_than_the_proofs_may_is_left_untried():
    """The fix stays a proposal."""
    dear = verifier()
    dear.spent = 1e99
    assert dear.prove(FINDING, FIX) is FIX


@pytest.fixture
def paid(monkeypatch):
    """What proofs on SMALL's four rows are given to spend, in steps of eight seeds; they end after that many steps."""

    def given(proof, *, left=1e9, steps=10, at_any_cost=False, run=0.0, own=(0.0,) * 8):
        cost = partial(pass_cost, build(SMALL), 4)
        step = 8 * cost(1)
        budget = replace(BUDGETS["standard"], proof=proof * step, run=run * step, proofs=1e9 * step)
        monkeypatch.setitem(BUDGETS, "standard", budget)
        seen = []

        def end(*arguments):
            (given,) = (each for each in arguments if isinstance(each, Budget))
            seen.append(given.run / step)
            assert given.curvature == pytest.approx(0.1 * given.run)  # its stable rate's share
            case = ran(*(0.8,) * 8)
            descent = case.measurements.descent
            configured = replace(descent.configured, steps=(0, 1, steps))
            return replace(
                case, measurements=replace(case.measurements, descent=replace(descent, configured=configured))
            )

        monkeypatch.setattr(proofs, "_seen", end)
        tested = verifier(own)
        tested.spent = before = budget.proofs - left * step
        tested.pairs(FIX, ran(0.8)) if at_any_cost else tested.prove(FINDING, FIX)
        return seen, (tested.spent - before) / step, steps * cost(8) / step

    return given


@pytest.mark.parametrize(
    ("proof", "left", "run"),
    [
        (1.0, 1e6, [60.0]),  # a run that says something
        (100.0, 1e6, [100.0]),
        (100.0, 100.0, [100.0]),
        (100.0, 99.99, [FEWEST_STEPS]),
        (100.0, FEWEST_STEPS + 0.01, [FEWEST_STEPS]),
        (100.0, FEWEST_STEPS - 0.01, []),
    ],
)
def test_a_proof_takes_what_is_left_for_it(paid, proof, left, run):
    """Its own budget, or enough steps for a verdict; else the shortest run, else none."""
    assert paid(proof, left=left)[0] == pytest.approx(run)


@pytest.mark.parametrize(("left", "run"), [(200.01, [100.0, 100.0]), (199.99, [])])
def test_nothing_is_proven_where_the_models_own_eight_seeds_cannot_be_paid(paid, left, run):
    """A changed model with eight seeds beside three of the model itself makes three pairs, as its trial did."""
    assert paid(100.0, left=left, own=(0.0,) * 3)[0] == pytest.approx(run)


def test_a_proof_is_charged_what_it_ran_and_never_more_than_it_was_given(paid):
    """A run that ends early leaves the rest to others."""
    _, spent, ran_ = paid(100.0, steps=10)
    assert spent == pytest.approx(ran_, rel=1e-4)
    _, spent, ran_ = paid(100.0, steps=10**6)
    assert spent == pytest.approx(100.0, rel=1e-4)
    assert ran_ > 100.0


def test_pairs_are_made_whatever_is_left(paid):
    """At the cost of the audit's own run, or of one that says something."""
    assert paid(1.0, left=0.0, at_any_cost=True, run=500.0)[0] == pytest.approx([500.0])
    assert paid(900.0, left=0.0, at_any_cost=True, run=5.0)[0] == pytest.approx([60.0])


def test_changes_that_make_no_model_prove_nothing():
    """Data of another width, say."""
    fix = replace(FIX, changes=(Change("data", "xor", "digits"),))
    assert not verifier().makes_a_model(fix)
    assert verifier().prove(FINDING, fix) is fix


def test_given_weights_are_one_run_beside_eight_drawn_ones():
    """They have no seeds, so that each drawn run is compared with the same one."""
    weights = Weights(({"weight": np.ones((2, 4))}, {"weight": np.ones((4, 1))}), "w.npz")
    before = replace(ran(0.0), spec=replace(SMALL, weights=weights))
    assert better_seeds(before, ran(*(0.8,) * 7, -0.1)) == (True,) * 7 + (False,)
    assert better_seeds(ran(0.0), ran(*(0.8,) * 8)) == (True,)
