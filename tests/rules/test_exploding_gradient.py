from __future__ import annotations

from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.exploding_gradient import ExplodingGradient

RULE = ExplodingGradient()


def test_a_large_ratio_and_a_diverging_run_are_an_error(given):
    """The plain case: the signal grows and the run is lost."""
    stage = given.signal(1e4, activation_gain=0.7, weight_gain=90.0)
    finding = given.one(RULE, given.case(stage, given.descent(inf), activation="relu", lines=("init", "activation")))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.evidence == {"measured": pytest.approx(1e4), "limit": 100.0, **given.counted("seeds_above", 8)}
    assert finding.layers == (0,)
    assert finding.path == "init"
    assert "training diverges" in finding.message
    assert "at layer 1 is 10,000 times that at layer 3" in finding.message
    assert finding.cause.startswith("weights that are too large")


def test_every_row_over_the_limit_is_named(given):
    """The layers are those whose own error signal is over the limit."""
    finding = given.one(RULE, given.case(given.signal(1e5, rows=4), given.descent(inf), widths=(4, 8, 8, 8, 3)))
    assert finding.layers == (0, 1)


@pytest.mark.parametrize(("ratio", "count"), [(100.1, 1), (100.0, 0), (1.0, 0)])
def test_the_limit_itself_is_no_finding(given, ratio, count):
    """Only a ratio above the limit counts."""
    assert len(given.all(RULE, given.case(given.signal(ratio), given.descent(inf)))) == count


def test_a_run_that_learns_makes_it_no_finding(given):
    """A symptom without harm: clipping or an adaptive optimizer may have bounded the steps."""
    assert not given.all(RULE, given.case(given.signal(1e4), given.descent(0.8)))


def test_a_stuck_run_is_harm_enough(given):
    """The run need not diverge: doing no better than a constant output will do."""
    assert given.one(RULE, given.case(given.signal(1e4), given.descent(0.0))).severity is Severity.ERROR


def test_without_a_run_the_symptom_is_a_warning(given):
    """What could not be tried is not called an error."""
    assert given.one(RULE, given.case(given.signal(1e4))).severity is Severity.WARNING


@pytest.mark.parametrize(("large", "count"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide(given, large, count):
    """A few unlucky seeds are no finding; from half of them on, their number is said."""
    stage = given.signal((1e4,) * large + (1.0,) * (8 - large))
    findings = given.all(RULE, given.case(stage, given.descent(inf)))
    assert len(findings) == count
    assert all(f"in {large} of 8 seeds" in finding.message for finding in findings)


def test_an_overflow_counts_where_the_forward_pass_had_grown(given):
    """A ratio that is not finite is this rule's where activations of more than a million came before it."""
    stage = given.signal(inf, size=1e30, activation_gain=None, weight_gain=None)
    finding = given.one(RULE, given.case(stage, given.descent(inf)))
    assert finding.evidence["measured"] is None
    assert "beyond the range of numbers" in finding.message


@pytest.mark.parametrize("ratio", [None, inf])
def test_undefined_ratios_and_overflows_from_small_values_are_no_finding(given, ratio):
    """0/0 is no number, and a division by zero is no explosion."""
    assert not given.all(RULE, given.case(given.signal(ratio, size=1.0), given.descent(inf)))


def test_one_layer_has_no_way_back(given):
    """A linear model cannot grow its signal between layers."""
    assert not given.all(RULE, given.case(given.signal(1e4, rows=1), given.descent(inf), widths=(4, 3)))


def test_fitted_weights_are_judged_at_their_own_stage(given):
    """One set of weights has no seeds to count."""
    finding = given.one(RULE, given.case(given.signal((1e4,)), given.descent((inf,)), name="fitted"))
    assert finding.stage == "fitted"
    assert "with these weights" in finding.message
