from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.evidence.short_runs import SHORT_PLAN
from gradaudit.rules.no_learning import NoLearning

RULE = NoLearning()


def test_a_whole_plan_that_teaches_nothing_is_an_error(given):
    """Whatever the reason is; the best of all that was tried is named."""
    case = given.case(None, given.descent(0.02), trials=(given.trial("depth", 0.1, title="3 layers"),))
    finding = given.one(RULE, case)
    assert finding.severity is Severity.ERROR
    assert finding.evidence["best_of_all_tried"] == "3 layers"
    assert finding.evidence["progress_of_the_best"] == 0.1
    assert "(100 of 100 planned steps)" in finding.message


def test_what_was_followed_in_part_or_has_no_plan_is_a_warning(given):
    """The rest of the plan might teach it."""
    part = given.descent(given.run(0.02, start=0.98), planned=300)
    assert given.one(RULE, given.case(None, part)).severity is Severity.WARNING
    assert given.one(RULE, given.case(None, given.descent(0.02, assumed=True))).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("steps", "start", "planned", "speaks"),
    [(30, 1.2, 600, False), (30, 1.2, 100, True), (100, 1.2, 2000, True), (30, 3.0, 600, True)],
)
def test_a_run_that_has_hardly_begun_says_nothing_unless_it_rests(given, steps, start, planned, speaks):
    """Few steps and a small share of the plan; far above the baseline and hardly moving, it never will learn."""
    end = -0.05 if start < 2 else -1.99
    descent = given.descent(given.run(end, start=start, steps=steps, wild=1.0), planned=planned)
    assert bool(given.all(RULE, given.case(None, descent))) is speaks


def test_it_names_the_change_that_makes_the_network_learn(given):
    """With the path that the change is about, and the rate where that is another too."""
    trial = given.trial("activation", 0.05, title="relu")
    run = replace(trial.case.measurements.descent, others=(given.run(0.9, rate=0.01),))
    changed = replace(trial.case, measurements=replace(trial.case.measurements, descent=run))
    case = given.case(None, given.descent(0.0), trials=(replace(trial, case=changed),))
    finding = given.one(RULE, case)
    assert "if you relu and set the learning rate to 0.01, it learns" in finding.plainly
    assert finding.path == "activation"


@pytest.mark.parametrize(
    ("own", "there", "severities"),
    [(0.2, 0.9, [Severity.WARNING]), (0.2, 0.45, []), (0.35, 0.99, []), (0.0, 0.0, [Severity.ERROR])],
)
def test_a_slow_run_is_a_warning_where_a_change_gets_far_further(given, own, there, severities):
    """Slow by itself is no harm: something must get further."""
    found = given.all(RULE, given.case(None, given.descent(own), trials=(given.trial("width", there),)))
    assert [finding.severity for finding in found] == severities


@pytest.mark.parametrize(
    ("planned", "assumed", "short"), [(100, False, True), (SHORT_PLAN + 1, False, False), (100, True, False)]
)
def test_a_short_plan_is_said_to_be_one(given, planned, assumed, short):
    """With the rate at which the network got furthest; what is assumed is no plan of the person's."""
    descent = given.descent(given.run(0.02, steps=planned), planned=planned, assumed=assumed)
    further = given.run(0.08, steps=planned, rate=0.3)
    finding = given.one(RULE, given.case(None, replace(descent, others=(further,))))
    assert ("in so few steps" in finding.plainly) is short
    assert finding.evidence["plan_is_short"] is short
    assert finding.evidence["best_rate"] == 0.3


def test_a_rate_that_gets_no_further_is_not_named(given):
    """The person's own stays."""
    descent = replace(given.descent(0.02), others=(given.run(0.01, rate=0.3),))
    assert given.one(RULE, given.case(None, descent)).evidence["best_rate"] is None


def test_where_there_is_nothing_to_learn_it_is_silent(given):
    """All targets are equal, or no run was made."""
    assert not given.all(RULE, given.case(None))
    assert not given.all(RULE, given.case(None, replace(given.descent(None), trivial_loss=0.0)))


def test_a_run_that_diverges_learns_nothing(given):
    """Progress without a number stays out of the evidence."""
    assert given.one(RULE, given.case(None, given.descent(inf))).severity is Severity.ERROR
