from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.plateau import SAME_NETWORK, Plateau

RULE = Plateau()


def resting(given, kinds="plateau", loss=1.0, descent=None, *, name="trained", **options):
    """A run that rests at this loss; its trivial loss is 1, and at ten times the rate it reaches 0.2."""
    descent = given.descent(0.0, {1.0: 0.8}) if descent is None else descent
    return given.case(given.point(kinds, loss=loss, escape=None, lowest=-1e-6), descent, name=name, **options)


def test_flat_ground_far_above_what_another_rate_reaches_is_an_error(given):
    """The plain case: no way down, nothing learnt, and the same network reaches a fifth of that loss."""
    finding = given.one(RULE, resting(given, lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "trained"
    assert finding.layers == (0, 1, 2)
    assert finding.path == "init"
    assert finding.evidence == {
        "measured": 1.0,
        "limit": pytest.approx(0.2),
        "lambda_max": 1.0,
        "lambda_min": -1e-6,
        **given.counted("seeds_resting", 8),
    }
    assert "stops on a plateau at loss 1 in 8 of 8 seeds, while this network reaches 0.2" in finding.message


def test_a_run_that_has_learnt_something_is_a_warning(given):
    """It rests halfway down, above what the network reaches."""
    descent = given.descent(0.3, {1.0: 0.9})
    assert given.one(RULE, resting(given, loss=0.7, descent=descent)).severity is Severity.WARNING


@pytest.mark.parametrize(("share", "count"), [(0.9, 0), (1.1, 1)])
def test_the_height_must_be_more_than_a_spread_of_runs(given, share, count):
    """Just short of the limit nothing is said; just above it is."""
    assert len(given.all(RULE, resting(given, loss=0.2 + RULE.height * share))) == count


@pytest.mark.parametrize("kind", [kind for kinds in SAME_NETWORK for kind in kinds])
def test_what_the_same_network_reaches_from_elsewhere_counts(given, kind):
    """Other weights, biases or a scaled input leave the network what it is."""
    trials = (given.trial(kind, 0.8),)
    assert len(given.all(RULE, resting(given, descent=given.descent(0.0), trials=trials))) == 1


@pytest.mark.parametrize("kind", ["activation", "output", "depth", "standardised-targets"])
def test_what_another_network_reaches_does_not(given, kind):
    """Another activation, depth or loss has other functions and another scale."""
    trials = (given.trial(kind, 0.8),)
    assert not given.all(RULE, resting(given, descent=given.descent(0.0), trials=trials))


def test_a_minimum_that_is_as_low_as_the_network_goes_is_healthy(given):
    """A linear model on XOR rests at the trivial loss for good: rules that look at a flat loss curve call it stuck."""
    assert not given.all(RULE, resting(given, "minimum", descent=given.descent(0.0, {1.0: 0.0})))


def test_a_minimum_far_above_what_the_network_reaches_is_a_plateau_all_the_same(given):
    """Curved or flat, it is a place that descent does not leave."""
    assert len(given.all(RULE, resting(given, "minimum"))) == 1


@pytest.mark.parametrize("kind", ["strict", "degenerate", "not critical"])
def test_a_way_down_is_another_rules_finding(given, kind):
    """A saddle is left by a walk, and what is not critical by the gradient."""
    assert not given.all(RULE, resting(given, kind))


def test_seeds_that_were_not_examined_do_not_count(given):
    """Two examined seeds of eight decide."""
    kinds = ("plateau", "not critical", *("not examined",) * 6)
    finding = given.one(RULE, resting(given, kinds))
    assert (finding.evidence["seeds_resting"], finding.evidence["seeds"]) == (1, 2)
    assert not given.all(RULE, resting(given, ("not examined",) * 8))


def test_fitted_weights_come_first_and_are_one_finding(given):
    """Resting weights rest after the run as well; they are said once."""
    point = given.point("plateau", escape=None)
    finding = given.one(RULE, resting(given, name="fitted", trained=point))
    assert (finding.stage, finding.path) == ("fitted", "weights")


def test_without_a_run_or_with_nothing_to_learn_it_is_silent(given):
    """A height needs a scale."""
    point = given.point("plateau", escape=None)
    assert not given.all(RULE, given.case(point, None, name="trained"))
    assert not given.all(RULE, resting(given, descent=replace(given.descent(0.0), trivial_loss=0.0)))


def test_the_limit_is_the_persons_to_set(given):
    """Another height changes the verdict."""
    assert not given.all(replace(RULE, height=0.9), resting(given))
