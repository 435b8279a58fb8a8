from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Named
from gradaudit.rules.vanishing_gradient import VanishingGradient

RULE = VanishingGradient()


def test_a_small_ratio_and_a_stuck_run_are_an_error(given):
    """The plain case: the first layers get nothing and the run does no better than a constant output."""
    finding = given.one(RULE, given.case(given.signal(1e-6), given.descent(0.01), lines=("activation",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.evidence == {"measured": pytest.approx(1e-6), "limit": 1e-3, **given.counted("seeds_below", 8)}
    assert finding.layers == (0,)
    assert finding.path == "activation"
    assert "at layer 1 is 1e-6 of that at layer 3, under 0.001 in 8 of 8 seeds" in finding.message
    assert "hardly does better than a constant prediction" in finding.message
    assert "sigmoid (derivative at most 0.25)" in finding.cause


def test_every_row_under_the_limit_is_named(given):
    """The layers are those whose own error signal is under the limit, in forward order."""
    finding = given.one(RULE, given.case(given.signal(1e-8, rows=4), given.descent(0.0), widths=(4, 8, 8, 8, 3)))
    assert finding.layers == (0, 1)


def test_weights_that_are_too_small_are_the_cause_where_the_activation_passes_everything(given):
    """The cause follows from the chain: the link that shrinks most is named, and its line in the spec."""
    stage = given.signal(1e-6, activation_gain=0.9, weight_gain=1e-3)
    finding = given.one(RULE, given.case(stage, given.descent(0.0), activation="relu", lines=("activation", "init")))
    assert finding.cause.startswith("weights that are too small")
    assert finding.path == "init"


@pytest.mark.parametrize(("ratio", "count"), [(0.999e-3, 1), (1e-3, 0), (0.5, 0)])
def test_the_limit_itself_is_no_finding(given, ratio, count):
    """Only a ratio below the limit counts."""
    assert len(given.all(RULE, given.case(given.signal(ratio), given.descent(0.0)))) == count


def test_a_run_that_learns_makes_it_no_error(given):
    """A symptom without harm: where the first layer moves, nothing is said."""
    assert not given.all(RULE, given.case(given.signal(1e-6, update=1e-3), given.descent(0.8)))


def test_the_steps_that_are_compared_are_the_first_and_the_last_dense_layers(given):
    """Plain descent moves layer 1 a million times less than the last layer, whatever those between do."""
    stage = given.signal(1e-6, rows=4, update=1e-2)
    first, second, *rest = stage.signal.layers
    slow = PerSeed((1e-8,) * 8)
    layers = (replace(first, update_ratio=slow), replace(second, update_ratio=slow), *rest)
    case = given.case(
        replace(stage, signal=replace(stage.signal, layers=layers)),
        given.descent(0.0),
        widths=(4, 8, 8, 8, 3),
        optimizer=Named.of("sgd", learning_rate=0.1),
    )
    assert "1 million times smaller at layer 1" in given.one(RULE, case).plainly


@pytest.mark.parametrize(("progress", "severities"), [(0.05, [Severity.ERROR]), (0.4, [Severity.WARNING]), (0.5, [])])
def test_how_far_the_run_gets_decides(given, progress, severities):
    """Failing is an error; learning little is for the regret to weigh; learning well is no finding."""
    found = given.all(RULE, given.case(given.signal(1e-6), given.descent(progress)))
    assert [finding.severity for finding in found] == severities


def test_without_a_run_the_symptom_is_a_warning(given):
    """What could not be tried is not called an error, and the message is silent about the run."""
    finding = given.one(RULE, given.case(given.signal(1e-6)))
    assert finding.severity is Severity.WARNING
    assert "run" not in finding.message


@pytest.mark.parametrize(("small", "count"), [(3, 0), (4, 1), (8, 1)])
def test_half_of_the_seeds_decide(given, small, count):
    """A few unlucky seeds are no finding; from half of them on, their number is said."""
    ratio = (1e-6,) * small + (0.5,) * (8 - small)
    stage = given.signal(ratio)
    median = stage.signal.error_signal_norm_ratio.median
    findings = given.all(RULE, given.case(stage, given.descent(0.0)))
    assert len(findings) == count
    if findings:
        assert f"in {small} of 8 seeds" in findings[0].message
        assert findings[0].evidence["measured"] == median


@pytest.mark.parametrize("ratio", [None, 0.0, inf])
def test_undefined_cut_and_overflowing_signals_are_other_rules_findings(given, ratio):
    """0/0 is no number, exactly 0 is a dead layer's doing, and infinity did not vanish."""
    assert not given.all(RULE, given.case(given.signal(ratio), given.descent(0.0)))


def test_seeds_without_a_number_do_not_count_as_small(given):
    """Two undefined and two overflowing seeds of eight leave the verdict to the others."""
    finding = given.one(RULE, given.case(given.signal((None, None, inf, inf, *(1e-6,) * 4)), given.descent(0.0)))
    assert finding.evidence["seeds_below"] == 4


def test_a_layer_that_is_dead_as_a_whole_belongs_to_another_rule(given):
    """A cut network is dead-units' finding, not this one's."""
    stage = given.merged(given.signal(1e-6), given.units(dead={1: 1.0}))
    assert not given.all(RULE, given.case(stage, given.descent(0.0), activation="relu"))
    copies = given.merged(given.signal(1e-6), given.units(twins={1: 1.0}))
    assert not given.all(RULE, given.case(copies, given.descent(0.0)))
    most = given.merged(given.signal(1e-6), given.units(dead={1: 0.9}, twins={0: 0.9}))
    assert len(given.all(RULE, given.case(most, given.descent(0.0), activation="relu"))) == 1


def test_fitted_weights_of_a_run_that_learns_are_left_alone(given):
    """Near a minimum the signal cancels, as it should."""
    stage = given.signal(1e-6, update=1e-9)
    assert not given.all(RULE, given.case(stage, given.descent(0.8), name="fitted"))


def test_fitted_weights_of_a_stuck_run_are_an_error_at_that_stage(given):
    """One set of weights has no seeds to count."""
    finding = given.one(RULE, given.case(given.signal((1e-6,)), given.descent((0.0,)), name="fitted"))
    assert (finding.stage, finding.severity) == ("fitted", Severity.ERROR)
    assert "with these weights" in finding.message


def test_one_layer_has_no_way_back(given):
    """A linear model cannot lose its signal between layers."""
    assert not given.all(RULE, given.case(given.signal(1e-6, rows=1), given.descent(0.0), widths=(4, 3)))


@pytest.mark.parametrize(
    ("own", "other", "kind", "found"),
    [
        (0.015, 0.4, "activation", 1),
        (0.015625, 0.15625, "activation", 1),  # tenfold
        (0.015, 0.1, "activation", 0),  # hardly more gets through: something else cures it
        (0.2, 4.0, "activation", 0),  # enough gets through by itself
        (0.015, 0.4, "standardised-inputs", 0),  # the activation is not what was changed
    ],
)
def test_a_ratio_that_another_activation_lifts_tenfold_is_why_the_run_fails(given, own, other, kind, found):
    """No ratio is too small by itself: beside the network that learns it is."""
    case = given.case(given.signal(own), given.descent(0.0))
    findings = list(RULE.judge_beside(case, given.trial(kind, 0.9, given.signal(other))))
    assert len(findings) == found
    assert all(f.severity is Severity.ERROR and f.evidence["limit"] == 0.1 for f in findings)
