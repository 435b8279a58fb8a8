from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.learning_rate_too_low import LearningRateTooLow

RULE = LearningRateTooLow()


def test_a_run_that_hardly_moves_beside_one_that_learns_is_an_error(given):
    """The plain case, against planned epochs."""
    finding = given.one(RULE, given.case(given.signal(0.5), given.descent(0.02, {1.0: 0.7, 10.0: 0.4})))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.path == "optimizer.learning_rate"
    assert finding.layers == ()
    assert finding.evidence == {
        "measured": 0.1,
        "limit": 1.0,
        "progress": pytest.approx(0.02),
        "progress_at_better_rate": 0.7,
        "planned_steps": 100,
        **given.counted("seeds_slow", 8),
    }
    assert "at learning rate 0.1 training hardly does better" in finding.message
    assert "at 1 it learns" in finding.message


def test_a_short_run_that_rests_above_the_baseline_is_moved_by_a_larger_rate(given):
    """It need not learn in so few steps: that it leaves the place is enough."""
    resting = given.run(-1.99, start=3.0, steps=30)
    moved = replace(given.descent(resting, planned=600), others=(given.run(-0.05, rate=1.0, start=3.0, steps=30),))
    finding = given.one(RULE, given.case(given.signal(0.5), moved))
    assert finding.severity is Severity.ERROR
    assert "stays at 299% of the constant-prediction baseline after 30 steps, while at 1 it goes down to 105%" in (
        finding.plainly
    )
    at_once = replace(moved, others=(given.run(-0.05, rate=1.0, start=3.0, steps=1),))
    assert " in 1 step, at 1 it " in given.one(RULE, given.case(given.signal(0.5), at_once)).message
    stays = replace(moved, others=(given.run(-1.5, rate=1.0, start=3.0, steps=30),))
    assert not given.all(RULE, given.case(given.signal(0.5), stays))
    assert not given.all(RULE, given.case(given.signal(0.5), replace(moved, planned_steps=60)))


def test_without_planned_epochs_it_is_a_warning(given):
    """The audit's own budget is no promise of the person's."""
    descent = given.descent(0.02, {1.0: 0.7}, assumed=True)
    assert given.one(RULE, given.case(given.signal(0.5), descent)).severity is Severity.WARNING


@pytest.mark.parametrize(
    ("others", "severity"),
    [
        ({0.2: 0.02, 5.0: 0.7}, Severity.ERROR),
        ({0.2: 0.02, 1.5: 0.3, 5.0: 0.7}, Severity.ERROR),  # more than ten times the rate
        ({0.2: 0.02, 1.0: 0.3, 5.0: 0.7}, Severity.WARNING),
        ({0.2: 0.1, 5.0: 0.7}, Severity.WARNING),  # a tenth of the loss is not nothing
        ({5.0: 0.7}, Severity.WARNING),  # nobody looked
    ],
)
def test_without_planned_epochs_nothing_must_be_learnt_on_the_way(given, others, severity):
    """A rate that learns far away, and one of up to ten times this that does not, is an error whatever the plan."""
    descent = given.descent(0.02, others, assumed=True)
    assert given.one(RULE, given.case(given.signal(0.5), descent)).severity is severity


def test_a_long_plan_forgives_a_small_rate(given):
    """A run that falls steadily is carried on to the planned end."""
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent(0.05, {1.0: 0.7}, planned=1000)))
    assert len(given.all(RULE, given.case(given.signal(0.5), given.descent(0.05, {1.0: 0.7}, planned=110)))) == 1


@pytest.mark.parametrize(
    ("here", "there", "severities"),
    [
        (0.09, 0.9, [Severity.ERROR]),
        (0.1, 0.65, [Severity.WARNING]),
        (0.14, 0.9, [Severity.ERROR]),  # hardly more, where most there is could be had
        (0.29, 0.9, [Severity.WARNING]),
        (0.2, 0.45, []),  # slow, and nothing is much faster
        (0.3, 0.99, []),
        (0.6, 0.99, []),
    ],
)
def test_a_run_that_learns_little_is_a_warning_where_a_larger_rate_learns_far_more(given, here, there, severities):
    """Almost nothing is an error; from 0.3 on a run is not slow, whatever it could reach."""
    found = given.all(RULE, given.case(given.signal(0.5), given.descent(here, {1.0: there})))
    assert [finding.severity for finding in found] == severities


@pytest.mark.parametrize(("there", "count"), [(0.3, 1), (0.25, 0), (inf, 0)])
def test_the_larger_rate_must_learn_more(given, there, count):
    """Where a larger rate does no better, or diverges, the rate is not the cause."""
    assert len(given.all(RULE, given.case(given.signal(0.5), given.descent(0.0, {1.0: there})))) == count


def test_a_vanishing_signal_is_the_other_rules_finding(given):
    """Under the limit the signal, not the rate, is too small."""
    assert not given.all(RULE, given.case(given.signal(1e-4), given.descent(0.0, {1.0: 0.7})))


@pytest.mark.parametrize("ratio", [None, inf])
def test_a_ratio_without_a_number_does_not_vanish(given, ratio):
    """Undefined and infinite ratios leave the runs to speak."""
    assert len(given.all(RULE, given.case(given.signal(ratio), given.descent(0.0, {1.0: 0.7})))) == 1


def test_a_run_that_climbs_has_another_fault(given):
    """A run that is too slow still falls."""
    climbs = given.run(-0.2)
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent(climbs, {1.0: 0.7})))


@pytest.mark.parametrize(("slow", "count"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide(given, slow, count):
    """Half of the seeds that fail are an error of the plan; fewer are a matter of the seed."""
    here = (0.0,) * slow + (0.6,) * (8 - slow)
    findings = given.all(RULE, given.case(given.signal(0.5), given.descent(here, {1.0: 0.8})))
    assert len(findings) == count
    assert all("at 1 it learns" in finding.message for finding in findings)


def test_smaller_rates_do_not_count(given):
    """A smaller rate that learns is the other rule's matter."""
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent(0.0, {0.01: 0.9})))


def test_without_runs_or_a_rate_nothing_is_said(given):
    """lbfgs has no rate, and without other runs there is nothing to compare."""
    assert not given.all(RULE, given.case(given.signal(0.5)))
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent(0.0)))
    without = given.descent(given.run(0.0, rate=None), {1.0: 0.9})
    assert not given.all(RULE, given.case(given.signal(0.5), without))


def test_an_undefined_progress_is_no_finding(given):
    """Where the trivial loss is 0, nothing can be learnt faster."""
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent(None, {1.0: None})))


def test_the_limits_are_the_persons_to_set(given):
    """Another vanished limit changes the verdict."""
    case = given.case(given.signal(0.5), given.descent(0.0, {1.0: 0.5}))
    assert len(given.all(RULE, case)) == 1
    assert not given.all(replace(RULE, vanished=0.9), case)
