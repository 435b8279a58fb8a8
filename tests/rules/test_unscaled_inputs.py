from __future__ import annotations

from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.unscaled_inputs import UnscaledInputs

RULE = UnscaledInputs()


def network(given, progress=0.0, after=0.8, kind="standardised-inputs", **facts):
    """A run on data with these facts, and the same run on standardised inputs."""
    trials = () if after is None else (given.trial(kind, after),)
    return given.case(None, given.descent(progress), data=given.data(**facts), trials=trials)


def test_large_inputs_whose_scaling_makes_the_run_learn_are_an_error(given):
    """The plain case: values of hundreds, nothing learnt, and all of it learnt once they are scaled."""
    finding = given.one(RULE, network(given, input_rms=200.0))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (0,)
    assert finding.path == "data"
    assert finding.evidence == {
        "measured": 200.0,
        "limit": RULE.scale_limit,
        "input_rms": 200.0,
        "input_offset": 0.0,
        "input_spread": 1.0,
        "progress": pytest.approx(0.0),
        "progress_after": pytest.approx(0.8),
        **given.counted("seeds_better", 8),
    }
    assert finding.message == (
        "the inputs' root mean square is 200, and training does no better than a constant prediction; with "
        "standardised inputs it learns"
    )


def test_a_run_that_is_only_slowed_is_a_warning(given):
    """It learns, and learns by far more on scaled inputs."""
    assert given.one(RULE, network(given, 0.25, 0.8, input_rms=200.0)).severity is Severity.WARNING


def test_a_diverging_run_is_an_error_with_sound_evidence(given):
    """Progress without a number is none in the evidence."""
    finding = given.one(RULE, network(given, inf, input_rms=200.0))
    assert finding.severity is Severity.ERROR
    assert finding.evidence["progress"] is None


@pytest.mark.parametrize(
    ("facts", "said", "measured"),
    [
        ({"input_rms": 0.001}, "root mean square is 0.001", 1000.0),
        ({"input_offset": 50.0}, "mean is 50 standard deviations from 0", 50.0),
        ({"input_spread": 1e4}, "standard deviations differ by a factor of 10,000", 1e4),
        ({"input_rms": 4.0, "input_spread": 1e4}, "standard deviations differ by a factor of 10,000", 1e4),
    ],
)
def test_that_which_is_furthest_beyond_its_limit_is_named(given, facts, said, measured):
    """Small inputs, an offset, columns of different scale; of several, the most unusual."""
    finding = given.one(RULE, network(given, **facts))
    assert said in finding.message
    assert finding.evidence["measured"] == pytest.approx(measured)


def test_large_inputs_of_a_network_that_learns_are_healthy(given):
    """Raw pixels behind a batch norm train well: rules that look at the range of the data alone raise an alarm."""
    assert not given.all(RULE, network(given, 0.9, 0.95, input_rms=200.0, input_spread=1e4))


def test_scaling_that_does_not_help_proves_the_inputs_innocent(given):
    """The run is as stuck as before: something else is the cause."""
    assert not given.all(RULE, network(given, 0.0, 0.05, input_rms=200.0))


def test_one_lucky_seed_is_no_cure(given):
    """Most of the paired seeds must be better."""
    assert not given.all(RULE, network(given, 0.05, (0.9, *(0.02,) * 7), input_rms=200.0))


def test_what_was_not_tried_is_not_blamed(given):
    """No trial, or a trial of another factor, is no proof."""
    assert not given.all(RULE, network(given, after=None, input_rms=200.0))
    assert not given.all(RULE, network(given, kind="initializer", input_rms=200.0))


def test_inputs_that_are_all_zero_have_no_scale(given):
    """Nothing to divide by, and nothing to scale."""
    assert not given.all(RULE, network(given, input_rms=0.0))


def test_what_cures_only_together_with_the_targets_is_said_everywhere(given):
    """Message, cause and headline name both changes: the inputs alone were not seen to help."""
    finding = given.one(RULE, network(given, kind="standardised-inputs + standardised-targets", input_rms=200.0))
    both = "with standardised inputs and standardised targets it learns"

    assert both in finding.message
    assert finding.cause.endswith("standard deviation 1 and standardised targets")
    assert both in finding.plainly
    for text in (finding.message, finding.plainly):
        assert ", beside targets of standard deviation 1, and training" in text


def test_inputs_that_are_all_the_same_are_an_error_whatever_was_tried(given):
    """Nothing tells the samples apart."""
    finding = given.one(RULE, network(given, after=None, input_distinctness=0.0, constant_inputs=4))
    assert (finding.severity, finding.path) == (Severity.ERROR, "data")
    assert finding.evidence == {"measured": 4, "limit": 0}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"input_rms": 200.0}, "are as much too large as the inputs"),
        ({"input_rms": 0.001}, "are as much too small as the inputs"),
        ({"input_offset": 50.0}, "what all rows share outweighs what tells them apart"),
        ({"input_spread": 1e4}, "the inputs of largest scale limit the learning rate"),
    ],
)
def test_the_cause_says_what_such_inputs_do(given, facts, why):
    """And what was seen behind it."""
    cause = given.one(RULE, network(given, **facts)).cause
    assert why in cause.partition("; ")[0]
    assert cause.partition("; ")[2].startswith("the same network with the same weights and seeds learns with inputs of")
