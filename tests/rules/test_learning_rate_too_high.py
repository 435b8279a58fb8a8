from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.measurements import LearningRate, Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.rules.learning_rate_too_high import LearningRateTooHigh

RULE = LearningRateTooHigh()


def limits(*values):
    """A stage at which the stable limit was measured."""
    return Stage(learning_rate=LearningRate(0.1, PerSeed.of(values), PerSeed.of(values)))


def test_a_diverging_run_and_a_smaller_rate_that_learns_are_an_error(given):
    """The plain case: at a tenth of the rate the run learns."""
    finding = given.one(RULE, given.case(limits(0.02), given.descent(inf, {0.01: 0.8, 0.001: 0.3})))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.path == "optimizer.learning_rate"
    assert finding.layers == ()
    assert finding.evidence == {
        "measured": 0.1,
        "limit": 0.02,
        "progress": None,
        "better_rate": 0.01,
        "progress_at_better_rate": 0.8,
        **given.counted("seeds_worse", 8),
    }
    assert "at learning rate 0.1 training diverges, at 0.01 it learns" in finding.message
    assert "5 times the largest stable one" in finding.cause


def test_a_stuck_run_is_an_error_as_well(given):
    """Learning nothing is as bad as diverging, and its progress is in the evidence."""
    finding = given.one(RULE, given.case(limits(0.02), given.descent(0.05, {0.01: 0.8})))
    assert finding.severity is Severity.ERROR
    assert finding.evidence["progress"] == 0.05


@pytest.mark.parametrize(("there", "said"), [((0.6,) * 3, "learns"), ((0.6,) * 8, "learns in all of them")])
def test_where_the_median_learns_the_lost_seeds_are_counted(given, there, said):
    """Half of the seeds learn well, which no sentence may call a failure of all that were paired with another rate."""
    finding = given.one(RULE, given.case(limits(0.02), given.descent((*(0.0,) * 4, *(0.95,) * 4), {0.01: there})))
    assert finding.message == f"at learning rate 0.1 training fails in 4 of 8 seeds, at 0.01 it {said}"
    assert "fails in 4 of 8 seeds, while" in finding.plainly


def test_a_rate_under_the_limit_is_blamed_on_noise(given):
    """The stable limit is evidence, not the judge."""
    finding = given.one(RULE, given.case(limits(0.5), given.descent(inf, {0.01: 0.8})))
    assert "noise of small batches" in finding.cause


@pytest.mark.parametrize("stage", [None, limits(inf), limits(None), Stage()])
def test_without_a_stable_limit_the_runs_speak(given, stage):
    """Curvature that is missing, infinite or undefined leaves the evidence without a limit."""
    finding = given.one(RULE, given.case(stage, given.descent(inf, {0.01: 0.8})))
    assert finding.evidence["limit"] is None


def test_a_rate_above_the_limit_that_learns_is_no_finding(given):
    """A symptom without harm: curvature often gives way."""
    assert not given.all(RULE, given.case(limits(0.001), given.descent(0.8)))
    assert not given.all(RULE, given.case(limits(0.001), given.descent(0.8, {0.01: 0.85})))


@pytest.mark.parametrize(("there", "count"), [(0.3, 1), (0.29, 0)])
def test_the_smaller_rate_must_learn(given, there, count):
    """Where nothing learns at any rate, the rate is not the cause of a run that stays where it is."""
    assert len(given.all(RULE, given.case(None, given.descent(-0.5, {0.01: there})))) == count


def test_a_diverging_run_is_an_error_whatever_was_tried(given):
    """No smaller rate learns, or none was tried: a run that diverges is never healthy."""
    for others in ({0.01: 0.0}, {0.01: inf}, {}):
        finding = given.one(RULE, given.case(given.signal(0.5), given.descent(inf, others)))
        assert finding.severity is Severity.ERROR
        assert "diverges in 8 of 8 seeds" in finding.message


def test_a_penalty_is_named_where_there_is_one(given):
    """Scales at which no usual rate is stable are the data's, or the penalty's."""
    model = given.case(given.signal(0.5), given.descent(inf, {}))
    assert "with inputs or targets of this scale" in given.one(RULE, model).plainly
    penalised = replace(model, spec=replace(model.spec, l2=1e6))
    assert "with inputs, targets or a penalty of this scale" in given.one(RULE, penalised).plainly


def test_a_signal_that_explodes_is_not_the_rate_s_fault(given):
    """Where the error signal explodes before the first step, divergence is that rule's finding."""
    assert not given.all(RULE, given.case(given.signal(1e4), given.descent(inf, {0.01: inf})))


@pytest.mark.parametrize(("here", "count"), [(0.31, 1), (0.51, 0)])
def test_a_warning_needs_visible_overshooting(given, here, count):
    """A run that learns half as much as it could is slowed by its rate only where the loss jumps more than there."""
    wild = given.run(here, wild=0.5)
    findings = given.all(RULE, given.case(None, given.descent(wild, {0.01: 0.95})))
    assert [finding.severity for finding in findings] == [Severity.WARNING] * count
    assert not given.all(RULE, given.case(None, given.descent(given.run(here), {0.01: 0.95})))


@pytest.mark.parametrize(("broken", "severities"), [(1, []), (2, [Severity.WARNING]), (4, [Severity.ERROR])])
def test_half_of_the_seeds_decide(given, broken, severities):
    """One seed that diverges may be chance, some that learn at a smaller rate are a warning, half are an error."""
    here = (inf,) * broken + (0.75,) * (8 - broken)
    findings = given.all(RULE, given.case(None, given.descent(here, {0.01: 0.8})))
    assert [finding.severity for finding in findings] == severities
    assert all("at 0.01 it learns" in finding.message for finding in findings)


def test_fewer_seeds_at_the_smaller_rate_are_compared_in_pairs(given):
    """A run at another rate may make do with two seeds."""
    finding = given.one(RULE, given.case(None, given.descent(inf, {0.01: (0.8, 0.7)})))
    assert finding.evidence["seeds"] == 2


def test_larger_rates_do_not_count(given):
    """A larger rate that learns is the other rule's matter."""
    assert not given.all(RULE, given.case(None, given.descent(0.0, {1.0: 0.9})))


def test_without_runs_or_a_rate_nothing_is_said(given):
    """lbfgs has no rate, and without the run there is no harm to see."""
    assert not given.all(RULE, given.case(limits(0.001)))
    without = given.descent(given.run(inf, rate=None), {0.01: 0.9})
    assert not given.all(RULE, given.case(limits(0.001), without))


def test_an_undefined_progress_is_no_finding_of_its_own(given):
    """Where the trivial loss is 0, no run makes progress, at any rate."""
    assert not given.all(RULE, given.case(None, given.descent(None, {0.01: None})))


def test_a_rate_that_nobody_would_type_is_no_better_rate(given):
    """Where only 1e-9 learns, the scale of something is wrong, and the run simply diverges."""
    finding = given.one(RULE, given.case(given.signal(0.5), given.descent(inf, {1e-9: 0.9})))
    assert "better_rate" in finding.evidence
    assert finding.evidence["better_rate"] is None


def test_a_run_that_was_ended_early_proves_nothing(given):
    """It was given up: what it would have reached is not known."""
    descent = given.descent(inf, {0.01: 0.8})
    ended = replace(descent, others=tuple(replace(run, finished=False) for run in descent.others))
    assert "none of the 1 smaller rates" in given.one(RULE, given.case(given.signal(0.5), ended)).message


def test_the_limits_are_the_persons_to_set(given):
    """How many seeds may fail for a warning."""
    case = given.case(None, given.descent((0.0, 0.0, *(0.9,) * 6), {0.01: 0.92}))
    assert len(given.all(RULE, case)) == 1
    assert not given.all(replace(RULE, fewest=3), case)
