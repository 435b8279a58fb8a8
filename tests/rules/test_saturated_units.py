from __future__ import annotations

from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.saturated_units import SaturatedUnits

RULE = SaturatedUnits()


def saturated(given, shares, progress=0.0, others=None, **options):
    """A sigmoid network with these saturated shares and this run."""
    descent = None if progress is None else given.descent(progress, others)
    return given.case(given.units(saturated=shares), descent, **options)


def test_a_saturated_layer_and_a_stuck_run_are_an_error(given):
    """The plain case: the first layer sits on its plateaus."""
    finding = given.one(RULE, saturated(given, {0: 0.6, 1: 0.2}, lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (0,)
    assert finding.path == "init"
    assert finding.evidence == {"measured": 0.6, "limit": 0.15, **given.counted("seeds_above", 8)}
    assert finding.message.startswith("60% of layer 1's activations")
    assert "from -30 to 40: inputs or weights are too large" in finding.cause


def test_a_later_layer_is_not_blamed_on_the_inputs(given):
    """Only the first layer sees the inputs."""
    finding = given.one(RULE, saturated(given, {1: 0.6}))
    assert finding.layers == (1,)
    assert finding.cause.endswith(": weights are too large")


@pytest.mark.parametrize(("share", "count"), [(0.15, 0), (0.16, 1)])
def test_the_limit_itself_is_no_finding(given, share, count):
    """Only a share above the limit counts."""
    assert len(given.all(RULE, saturated(given, {0: share}))) == count


@pytest.mark.parametrize(("progress", "severities"), [(0.5, []), (0.49, [Severity.WARNING]), (0.0, [Severity.ERROR])])
def test_the_run_decides_how_bad_it_is(given, progress, severities):
    """Nothing where the run learns well, a warning where it learns badly, an error where it learns nothing."""
    findings = given.all(RULE, saturated(given, {0: 0.6}, progress))
    assert [finding.severity for finding in findings] == severities


def test_learning_at_a_smaller_rate_excuses_the_units(given):
    """There the rate was at fault, not the saturation; a larger rate that learns pushes through it."""
    assert not given.all(RULE, saturated(given, {0: 0.6}, 0.0, {0.01: 0.7}))
    assert len(given.all(RULE, saturated(given, {0: 0.6}, 0.0, {1.0: 0.7}))) == 1


def test_without_a_run_it_is_a_warning(given):
    """What could not be tried is not called an error."""
    assert given.one(RULE, saturated(given, {0: 0.6}, None)).severity is Severity.WARNING


def test_a_diverging_run_is_harm(given):
    """A run that ends nowhere learnt nothing."""
    finding = given.one(RULE, saturated(given, {0: 0.6}, inf))
    assert finding.severity is Severity.ERROR
    assert "training diverges" in finding.message


@pytest.mark.parametrize(("count", "found"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide(given, count, found):
    """A few saturated seeds are no finding; from half of them on, their number is said."""
    findings = given.all(RULE, saturated(given, {0: (0.6,) * count + (0.0,) * (8 - count)}))
    assert len(findings) == found
    assert all(f"in {count} of 8 seeds" in finding.message for finding in findings)


def test_an_output_may_saturate_once_it_has_learnt(given):
    """In given weights it is as it should be; before training it flattens the first gradients."""
    assert not given.all(RULE, saturated(given, {2: (0.9,)}, name="fitted"))
    assert given.one(RULE, saturated(given, {2: 0.9})).layers == (2,)


def test_what_does_not_saturate_has_no_number(given):
    """ReLU layers have no share, and undefined shares are no finding."""
    assert not given.all(RULE, given.case(given.units(dead={0: 0.9}), given.descent(0.0), activation="relu"))
    assert not given.all(RULE, saturated(given, {0: None, 1: None}))


def test_fitted_weights_are_judged_at_their_own_stage(given):
    """One set of weights has no seeds to count."""
    finding = given.one(RULE, saturated(given, {0: (0.6,)}, name="fitted"))
    assert finding.stage == "fitted"
    assert "with these weights" in finding.message
