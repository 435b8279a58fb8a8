from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.spec import Named
from gradaudit.rules.init_activation_mismatch import InitActivationMismatch

RULE = InitActivationMismatch()


def network(given, before, after, progress=0.0, progress_after=0.8, kind="initializer", activation="relu", **options):
    """A first pass and a run with the spec's initializer, and both with the activation's own."""
    trials = (given.trial(kind, progress_after, after),)
    init = Named.of("normal", std=0.05)
    return given.case(before, given.descent(progress), trials=trials, activation=activation, init=init, **options)


def test_a_signal_that_the_matching_weights_make_even_is_an_error(given):
    """The plain case: a millionth with the spec's weights, a half with He's, and only there the run learns."""
    finding = given.one(RULE, network(given, given.signal(1e-6), given.signal(0.5), lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (0, 1)
    assert finding.path == "init"
    assert finding.evidence == {
        "measured": 1e-6,
        "limit": None,
        "with_its_own_initializer": 0.5,
        "progress": pytest.approx(0.0),
        "progress_after": pytest.approx(0.8),
        **given.counted("seeds_better", 8),
    }
    assert (
        "does not fit relu: the gradient at the first layer over the last is 1e-6, and 0.5 with he_normal"
        in finding.message
    )


def test_a_run_that_is_only_slowed_is_a_warning(given):
    """It learns, and learns by far more with the activation's own weights."""
    case = network(given, given.signal(1e-6), given.signal(0.5), 0.25)
    assert given.one(RULE, case).severity is Severity.WARNING


def test_exploding_signals_are_a_misfit_as_well(given):
    """Too large is as far from 1 as too small."""
    assert len(given.all(RULE, network(given, given.signal(1e6), given.signal(0.5)))) == 1


def test_a_signal_that_fades_on_its_way_forward_shows_in_the_spread(given):
    """Small weights on the last hidden layer leave the way back as it was."""
    finding = given.one(RULE, network(given, given.signal(0.5, size=1e-4), given.signal(0.5)))
    assert "the standard deviation of the last hidden layer's output is 0.0001, and 1 with" in finding.message
    shallow = network(given, given.signal(0.5, size=1e-4, rows=2), given.signal(0.5, rows=2), widths=(4, 8, 3))
    shallow = replace(
        shallow,
        trials=(replace(shallow.trials[0], case=replace(shallow, measurements=shallow.trials[0].case.measurements)),),
    )
    assert len(given.all(RULE, shallow)) == 1


@pytest.mark.parametrize(
    ("column", "activation", "said"),
    [("saturated", "tanh", "the saturated share"), ("dead", "relu", "the dead share of a layer")],
)
def test_saturated_and_dead_units_are_symptoms_where_they_are_halved(given, column, activation, said):
    """Above the limit, and at most half of it with the activation's own weights."""

    def units(share):
        return given.units(**{column: {0: share}})

    case = network(given, units(0.6), units(0.1), activation=activation)
    assert f"{said} is 0.6, and 0.1 with" in given.one(RULE, case).message
    assert not given.all(RULE, network(given, units(0.6), units(0.4), activation=activation))


def test_odd_weights_of_a_network_that_learns_are_healthy(given):
    """N(0, 0.05²) with Adam learns all the same: rules that compare the variance with a table raise an alarm."""
    assert not given.all(RULE, network(given, given.signal(1e-4), given.signal(0.5), 0.9, 0.95))


def test_weights_that_make_no_difference_to_the_first_pass_are_innocent(given):
    """A lucky draw is no cause: the run learns, and no symptom went away."""
    assert not given.all(RULE, network(given, given.signal(0.5), given.signal(0.4)))


def test_weights_that_do_not_make_the_run_learn_are_innocent(given):
    """A symptom went away, and the run is as stuck as before."""
    assert not given.all(RULE, network(given, given.signal(1e-6), given.signal(0.5), 0.0, 0.05))


def test_what_was_not_tried_is_not_blamed(given):
    """No trial of an initializer, no verdict."""
    assert not given.all(RULE, network(given, given.signal(1e-6), given.signal(0.5), kind="activation"))


def test_a_cut_signal_has_no_end_to_its_distance(given):
    """All weights zero: ratio 0 is further from 1 than any number, and evidence stays sound."""
    assert given.one(RULE, network(given, given.signal(0.0), given.signal(0.5))).evidence["measured"] == 0.0
