from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.dead_units import DeadUnits

RULE = DeadUnits()


def relu(given, dead, progress=0.0, **options):
    """A ReLU network with these dead shares and this run."""
    descent = None if progress is None else given.descent(progress)
    return given.case(given.units(dead=dead), descent, activation="relu", **options)


def test_a_dead_layer_in_all_seeds_is_an_error(given):
    """The plain case: nothing passes row 1, and the run learns nothing."""
    finding = given.one(RULE, relu(given, {1: 1.0}, lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (1,)
    assert finding.path == "init"
    expected = {"measured": 1.0, "limit": 1.0, "worst_seed": 1.0, **given.counted("seeds_affected", 8)}
    assert finding.evidence == expected
    assert finding.message.startswith("a whole layer is dead before training in 8 of 8 seeds: up to 100% of layer 2")
    assert "relu" in finding.cause


def test_a_row_without_a_line_of_its_own_points_at_its_layer(given):
    """Where the spec writes no `init`, the layer's own entry is the place."""
    assert given.one(RULE, relu(given, {1: 1.0})).path == "layers[2]"


@pytest.mark.parametrize(
    ("dead", "severity"),
    [(0, None), (1, Severity.WARNING), (2, Severity.WARNING), (3, Severity.WARNING), (4, Severity.ERROR)],
)
def test_a_dead_layer_is_a_matter_of_the_seed(given, dead, severity):
    """From one seed in ten a warning, from half of them an error."""
    findings = given.all(RULE, relu(given, {1: (1.0,) * dead + (0.0,) * (8 - dead)}))
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert all(f"in {dead} of 8 seeds" in finding.message for finding in findings)


def test_layers_that_die_in_different_seeds_add_up(given):
    """Each seed is cut somewhere; the layer that dies most often is named."""
    dead = {0: (1.0, 1.0, 1.0, *(0.0,) * 5), 1: (*(0.0,) * 6, 1.0, 1.0)}
    finding = given.one(RULE, relu(given, dead))
    assert finding.evidence["seeds_affected"] == 5


@pytest.mark.parametrize(("share", "count"), [(0.5, 0), (0.51, 1), (0.99, 1)])
def test_most_of_a_layer_dead_is_a_warning_where_nothing_is_learnt(given, share, count):
    """Half of a layer is silent in many healthy networks; more, and a stuck run, is worth a word."""
    findings = given.all(RULE, relu(given, {1: share}))
    assert [finding.severity for finding in findings] == [Severity.WARNING] * count
    assert all(finding.evidence["limit"] == 0.5 for finding in findings)


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_a_run_that_learns_makes_it_no_finding(given, share):
    """A symptom without harm: silent units in a network that learns."""
    assert not given.all(RULE, relu(given, {1: share}, progress=0.8))


def test_only_the_seeds_that_learn_nothing_count(given):
    """Two dead layers of which one seed learns all the same leave one."""
    finding = given.one(RULE, relu(given, {1: (1.0, 1.0, *(0.0,) * 6)}, progress=(0.8, *(0.0,) * 7)))
    assert finding.evidence["seeds_affected"] == 1


@pytest.mark.parametrize("often", [0, 1])
def test_the_layer_that_dies_most_often_is_named(given, often):
    """Of two that are dead as a whole in some seeds each."""
    seldom, twice = (1.0, *(0.0,) * 7), (0.0, 1.0, 1.0, *(0.0,) * 5)
    finding = given.one(RULE, relu(given, {often: twice, 1 - often: seldom}))
    assert (finding.severity, finding.layers) == (Severity.WARNING, (often,))


@pytest.mark.parametrize(("count", "found"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide_where_most_of_a_layer_is_dead(given, count, found):
    """Fewer are bad luck."""
    assert len(given.all(RULE, relu(given, {1: (0.9,) * count + (0.2,) * (8 - count)}))) == found


@pytest.mark.parametrize(("stuck", "found"), [(3, 0), (4, 1)])
def test_half_of_the_runs_from_given_weights_decide(given, stuck, found):
    """They differ in the order of the batches."""
    progress = (0.0,) * stuck + (0.8,) * (8 - stuck)
    assert len(given.all(RULE, relu(given, {1: (1.0,)}, progress, name="fitted"))) == found


def test_without_a_run_the_symptom_speaks_for_itself(given):
    """A cut network needs no run to be known as such."""
    assert given.one(RULE, relu(given, {1: 1.0}, progress=None)).severity is Severity.ERROR


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "leaky_relu", "elu"])
def test_activations_that_cannot_die_are_passed_over(given, activation):
    """Their derivative is nowhere exactly 0 on a half-line."""
    assert not given.all(RULE, given.case(given.units(dead={1: 1.0}), given.descent(0.0), activation=activation))


def test_the_output_row_is_judged_by_its_own_activation(given):
    """Softmax has no dead units, whatever stands in its column."""
    assert not given.all(RULE, relu(given, {2: 1.0}))


def test_undefined_shares_are_no_dead_units(given):
    """What has no number is no finding."""
    assert not given.all(RULE, relu(given, {0: None, 1: None}))


def test_units_that_died_during_the_run_are_found_afterwards(given):
    """At stage trained, seeds that ended with finite numbers count."""
    finding = given.one(RULE, relu(given, {1: 1.0}, name="trained"))
    assert finding.stage == "trained"
    assert "after the trial run" in finding.message


def test_a_run_that_diverged_has_another_fault(given):
    """Weights that are NaN are not called dead."""
    assert not given.all(RULE, relu(given, {1: 1.0}, progress=inf, name="trained"))


def test_units_that_a_rate_kills_are_that_rates_finding(given):
    """Where a smaller one learns, they are its victims; a larger one, or a run that was ended early, shows nothing."""

    def found(*others):
        case = relu(given, {1: 1.0}, name="trained")
        descent = replace(case.measurements.descent, others=others)
        return given.all(RULE, replace(case, measurements=replace(case.measurements, descent=descent)))

    assert not found(given.run(0.8, rate=0.01))
    assert found(given.run(0.0, rate=0.01))
    assert found(given.run(0.8, rate=1.0))
    assert found(replace(given.run(0.8, rate=0.01), finished=False))


def test_one_seed_that_died_during_the_run_is_not_enough(given):
    """One restart in eight may be chance; two are said."""
    assert not given.all(RULE, relu(given, {1: (1.0, *(0.0,) * 7)}, name="trained"))
    assert given.one(RULE, relu(given, {1: (1.0, 1.0, *(0.0,) * 6)}, name="trained")).severity is Severity.WARNING


def test_fitted_weights_are_judged_by_the_share_of_runs(given):
    """One set of weights, run in eight orders."""
    finding = given.one(RULE, relu(given, {1: (1.0,)}, name="fitted"))
    assert finding.severity is Severity.ERROR
    assert "dead as fitted" in finding.message
    assert not given.all(RULE, relu(given, {1: (1.0,)}, progress=0.8, name="fitted"))


def test_the_share_of_seeds_is_the_persons_to_set(given):
    """Another seed_limit changes the verdict."""
    seldom = relu(given, {1: (1.0, *(0.0,) * 7)})
    assert len(given.all(RULE, seldom)) == 1
    assert not given.all(replace(RULE, seed_limit=0.2), seldom)


@pytest.mark.parametrize(("dead", "progress", "limit"), [(0.6, 0.0, 0.5), (0.95, 0.4, 0.9), (0.6, 0.4, None)])
def test_most_of_a_layer_is_dead_from_a_share_that_depends_on_what_is_learnt(given, dead, progress, limit):
    """Half where nothing is learnt, nearly all where little is; the sentence names the units once."""
    found = given.all(RULE, relu(given, {1: dead}, progress))
    assert [finding.evidence["limit"] for finding in found] == ([] if limit is None else [limit])
    assert all("whatever the input, these units stay where relu is flat" in finding.plainly for finding in found)
