"""A fix is verified where the finding is gone, nothing as grave came, and the run learns, better in 7 of 8 pairs."""

from __future__ import annotations

from dataclasses import replace
from math import inf, sqrt

import pytest

from gradaudit.auditing.proofs import FixVerifier, trajectory_of
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.report import Settings
from gradaudit.errors import InputError

FIX = Fix("another bias", (Change("bias", "normal", "zeros"),))


def refuse(changed, *seed):
    """Data that no changed model fits."""
    raise InputError("no such data")


def verifier(case, found=("spy",), prepare=refuse):
    """One that may run nothing."""
    return FixVerifier(case, dict.fromkeys(found, Severity.ERROR), Settings(), frozenset(), prepare, lambda case: {})


def finding(severity=Severity.ERROR, rule="spy"):
    """What the fix is to clear."""
    return Finding(rule, severity, "m", "c", {"measured": 0, "limit": 0})


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    """What became of eight other seeds: they learn, unless a test says otherwise; who was asked for."""
    asked, learns = [], [True]
    monkeypatch.setattr(FixVerifier, "_learns_elsewhere", lambda self, fix: asked.append(fix) or learns[0])
    return asked, learns


@pytest.mark.parametrize("learns", [True, False])
def test_a_fix_holds_with_seeds_that_did_not_choose_it(given, elsewhere, learns):
    """They are asked once, however many findings it is to clear."""
    asked, elsewhere_learns = elsewhere
    elsewhere_learns[0] = learns
    proving = verifier(given.case(None, given.descent(0.0)))
    for rule in ("spy", "mole"):
        result = proving.result(finding(rule=rule), FIX, given.trial("bias", 0.9))
        assert (result.verified, result.better) == (learns, (8, 8))
    assert len(asked) == 1


def test_of_a_run_that_followed_a_part_of_its_plan_other_seeds_are_not_asked(given, elsewhere):
    """It is dear, and would say little of them."""
    trial = given.trial("bias", 0.9)
    longer = replace(trial.case.descent, planned_steps=1000)
    trial = replace(trial, case=replace(trial.case, measurements=replace(trial.case.measurements, descent=longer)))
    assert verifier(given.case(None, given.descent(0.0))).result(finding(), FIX, trial).verified
    assert not elsewhere[0]


@pytest.mark.parametrize(
    ("there", "found", "verified"),
    [
        (0.9, {}, True),
        ((0.9,) * 7 + (-0.1,), {}, True),
        ((0.9,) * 6 + (-0.1,) * 2, {}, False),
        (0.9, {"spy": Severity.ERROR}, False),
        (0.9, {"mole": Severity.WARNING}, True),
        (0.9, {"mole": Severity.ERROR}, False),
        (0.9, {"old": Severity.ERROR}, True),
        (0.25, {}, False),
        ((0.9,) * 7, {}, False),
    ],
)
def test_a_verified_fix_clears_brings_nothing_as_grave_and_learns(given, there, found, verified):
    """What is not verified is told with its numbers all the same."""
    case = given.case(None, given.descent(0.0))
    trial = replace(given.trial("bias", there), found=found)

    result = verifier(case, ("spy", "old")).result(finding(), FIX, trial)

    assert result.verified is verified
    assert result.introduces == tuple(found.keys() - {"spy", "old"})
    assert result.better[1] == len(trial.case.descent.configured.progress.values)
    assert result.before["progress"] == 0.0
    assert result.after["progress"] == pytest.approx(trial.case.descent.configured.progress.median)


def test_a_longer_run_s_numbers_stay_where_the_proof_is_short(given):
    """A shorter run says nothing against a change that was seen to help in a longer one."""
    told = given.trial("bias", 0.8, changes=FIX.changes)
    case = given.case(None, given.descent(0.0), trials=(told,))
    short = replace(told, case=given.case(None, given.descent(given.run(0.1, steps=20))))
    seen = replace(FIX, before={"progress": 0.0}, after={"progress": 0.8})

    result = verifier(case).result(finding(), seen, short)

    assert not result.verified
    assert result.after["progress"] == 0.8
    assert result.course == trajectory_of(told.case)


@pytest.mark.parametrize(
    ("rule", "own", "there", "is_step"),
    [
        ("dead-units", 0.0, 0.0, True),
        ("plateau", 0.0, 0.0, False),
        ("plateau", -inf, 0.05, True),
    ],
)
def test_a_first_step_mends_what_is_wrong_before_the_run_or_calms_it(given, rule, own, there, is_step):
    """The finding is gone and the run still learns nothing: another fault is left."""
    case = given.case(None, given.descent(given.run(own, steps=20), planned=1000))
    changed = given.case(None, given.descent(given.run(there, steps=20), planned=1000))

    result = verifier(case).result(finding(rule=rule), FIX, replace(given.trial("bias"), case=changed))

    assert result.still_fails is is_step


def test_what_makes_no_model_is_neither_offered_nor_proven(given):
    """Its data are asked for once; the fix comes back as it is."""
    case = given.case(None, given.descent(0.0))
    proving = verifier(case)

    assert not proving.makes_a_model(FIX)
    assert proving.prove(finding(), FIX) is FIX
    assert proving.proofs == {FIX.edit: None}


@pytest.mark.parametrize(("seeds", "again"), [(8, False), (7, True)])
def test_only_with_fewer_than_eight_pairs_a_model_is_run_again(given, seeds, again):
    """Where that makes no model, what there is stays."""
    asked = []

    def prepare(changed, *seed):
        asked.append(changed)
        raise InputError("no such data")

    changed = given.case(None, given.descent((0.9,) * seeds))
    proving = verifier(given.case(None, given.descent(0.0)), prepare=prepare)

    assert proving.pairs(FIX, changed) == (True,) * seeds
    assert bool(asked) is again


def test_what_was_told_of_the_same_changes_is_known(given):
    """A trial that told the cause need not be run again to say what it showed."""
    told = given.trial("bias", 0.9, changes=FIX.changes)
    case = given.case(None, given.descent(0.0), trials=(told,))

    assert verifier(case).seen(finding(), FIX).verified
    assert verifier(case).seen(finding(), replace(FIX, changes=())).after == {}


def test_a_trajectory_is_the_signal_s_size_and_the_loss(given):
    """Norms over units, in the median over seeds; nothing where nothing was measured."""
    case = given.case(given.signal(0.01), given.descent(0.5), widths=(4, 16, 16, 3))
    found = trajectory_of(case)

    assert found.error_signal == pytest.approx((0.01 * 0.01 * 4, 0.01 * 0.1 * 4, 0.01 * sqrt(3)))
    assert (found.steps[0], found.steps[-1], len(found.loss)) == (0, 100, len(found.steps))
    assert trajectory_of(given.case()).loss == ()
