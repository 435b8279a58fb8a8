"""What proofs cost: eight seeds on both sides, once, within the budget of the audit."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from gradaudit import datasets
from gradaudit.auditing import proofs
from gradaudit.domain.findings import Change, Fix, Severity
from gradaudit.domain.report import Settings
from gradaudit.nn.network import build
from gradaudit.probes.budget import BUDGETS, Budget, pass_cost
from gradaudit.probes.descent import FEWEST_STEPS
from tests.auditing.small import FINDING, SMALL, ran

FIX = Fix("he_normal", (Change("init", "zeros", "he_normal"),), kinds=("initializer",))


def verifier(own=(0.0,) * 8, judge=lambda case: {}, seeds=8):
    """A verifier for a model whose run ended so."""
    prepare = partial(datasets.prepare, seed=0, X=None, y=None)
    needs, found = frozenset({"signal", "units", "descent", "curvature"}), {"dead-units": Severity.ERROR}
    return proofs.FixVerifier(ran(*own), found, Settings(seeds=seeds, samples=64), needs, prepare, judge)


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


@pytest.mark.parametrize(("init", "learns"), [("he_normal", True), ("zeros", False)])
def test_other_seeds_than_those_of_the_proof_are_run_and_paid(monkeypatch, init, learns):
    """A thousand further on, eight of them, at the price of their run."""
    looked = []
    seen = proofs._seen  # noqa: SLF001
    monkeypatch.setattr(proofs, "_seen", lambda *given: looked.append(given[2]) or seen(*given))
    tested = verifier()
    wide = Change("layers[1]", 4, 64)  # 4 units would be a matter of the draw
    quick = Change("optimizer", None, {"name": "adam", "learning_rate": 0.05})
    changes = (wide, quick, Change("init", None, init))
    assert tested._learns_elsewhere(replace(FIX, changes=changes)) is learns  # noqa: SLF001
    (settings,) = looked
    assert (settings.seed, settings.seeds) == (1000, 8)
    assert tested.spent > 0


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
        monkeypatch.setattr(proofs.FixVerifier, "_learns_elsewhere", lambda self, fix: True)
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
