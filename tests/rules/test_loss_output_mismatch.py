from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.rules.loss_output_mismatch import RANGES, LossOutputMismatch

RULE = LossOutputMismatch()


def network(given, output, loss="mse", progress=0.0, after=None, *, widths=(4, 8, 1), facts=None, **options):
    """A network with this pair, its run, and the run with the loss's own output where that was tried."""
    trials = () if after is None else (given.trial("output", after, title="identity"),)
    data = given.data(**{"target_low": 0.0, "target_high": 1.0, "target_std": 0.5, **(facts or {})})
    pair = {"output": Named(output), "loss": Named(loss)}
    return given.case(None, given.descent(progress), widths=widths, data=data, trials=trials, **pair, **options)


def test_softmax_over_one_unit_is_an_error_whatever_the_run_does(given):
    """It is 1 for every input, and its gradient exactly zero."""
    finding = given.one(RULE, network(given, "softmax", "binary_cross_entropy", lines=("output",)))

    assert finding.severity is Severity.ERROR
    assert finding.layers == (1,)
    assert finding.path == "output"
    assert finding.evidence == {"measured": 1, "limit": 2}
    assert "softmax over one unit is 1 for every input" in finding.message


def test_softmax_over_two_units_is_healthy(given):
    """Two logits are one more than needed, and train."""
    assert not given.all(RULE, network(given, "softmax", "cross_entropy", 0.8, widths=(4, 8, 2)))


@pytest.mark.parametrize(
    ("output", "facts", "measured", "limit"),
    [
        ("relu", {"target_low": -1.2}, -1.2, 0.0),
        ("sigmoid", {"target_high": 346.0}, 346.0, 1.0),
        ("tanh", {"target_high": 1.5}, 1.5, 1.0),
        ("relu6", {"target_high": 7.0}, 7.0, 6.0),
    ],
)
def test_targets_that_the_output_cannot_give_are_named(given, output, facts, measured, limit):
    """No weights make a ReLU negative or a sigmoid larger than 1: an error where the run fails."""
    finding = given.one(RULE, network(given, output, facts=facts))
    assert finding.severity is Severity.ERROR
    assert (finding.evidence["measured"], finding.evidence["limit"]) == (measured, limit)
    assert f"the {output} output only from" in finding.message


def test_a_run_that_learns_what_it_can_reach_is_a_warning(given):
    """The targets out of reach cost a part of the loss."""
    assert given.one(RULE, network(given, "relu", progress=0.5, facts={"target_low": -1})).severity is Severity.WARNING


@pytest.mark.parametrize(("progress", "told"), [(0.0, True), (0.5, False), (None, False)])
def test_a_run_that_fails_is_told_in_the_plain_sentence(given, progress, told):
    """One that learns only in the message, and none where there was none."""
    case = network(given, "relu", progress=progress or 0.0, facts={"target_low": -1.0})
    if progress is None:
        case = replace(case, measurements=replace(case.measurements, descent=None))
    finding = given.one(RULE, case)
    assert (", and training" in finding.plainly) is told
    assert ("training " in finding.message) is (progress is not None)
    assert "go down to -1" in finding.plainly


@pytest.mark.parametrize("name", RANGES)
def test_a_range_is_that_of_the_activation(name):
    """From its own formula, over all inputs that matter."""
    z = np.linspace(-1e4, 700.0, 100_001)
    reached = ACTIVATIONS[name].bind(Named(name)).f(np.stack([z, 0 * z], axis=-1))  # softmax is over two units
    low, high = RANGES[name]
    assert reached.min() == pytest.approx(low, abs=2e-3)
    assert reached.max() > 500 if high == inf else reached.max() == pytest.approx(high, abs=2e-3)


def test_identity_reaches_everything(given):
    """So do ELU and its relatives, for all that matters: they are not in the table."""
    assert not given.all(RULE, network(given, "identity", facts={"target_low": -1e9, "target_high": 1e9}))
    assert RANGES.keys().isdisjoint({"identity", "leaky_relu", "elu", "gelu"})


def test_a_pair_that_learns_badly_where_the_losss_own_learns_is_the_cause(given):
    """The counterfactual: the same run with the loss's own output."""
    finding = given.one(RULE, network(given, "tanh", "binary_cross_entropy", 0.02, 0.8, lines=("output",)))
    assert finding.severity is Severity.ERROR
    assert finding.path == "output"
    assert finding.evidence == {
        "measured": pytest.approx(0.02),
        "limit": pytest.approx(0.8),
        "progress": pytest.approx(0.02),
        "progress_after": pytest.approx(0.8),
        **given.counted("seeds_better", 8),
    }
    assert finding.message.startswith("binary_cross_entropy over a tanh output: training hardly does better")
    assert finding.message.endswith("; if you identity, it learns")


def test_of_two_ways_to_pair_them_the_one_that_learns_is_named(given):
    """Another output or another loss: the first may not help where the second does."""
    case = network(given, "sigmoid", "mse", 0.02)
    ways = (given.trial("output", 0.0, title="identity"), given.trial("output", 0.8, title="another loss"))
    assert "if you another loss" in given.one(RULE, replace(case, trials=ways)).message


def test_an_unusual_pair_that_learns_is_healthy(given):
    """A sigmoid under a squared error solves XOR: rules that only compare names call it a mistake."""
    assert not given.all(RULE, network(given, "sigmoid", "mse", 0.9, 0.95))
    assert not given.all(RULE, network(given, "sigmoid", "mse", 0.9))


def test_a_pair_is_innocent_where_the_losss_own_learns_no_better(given):
    """Just short of the margin, or not tried at all: something else is the cause."""
    assert not given.all(RULE, network(given, "sigmoid", "mse", 0.02, 0.09))
    assert not given.all(RULE, network(given, "sigmoid", "mse", 0.02))


def test_without_data_only_what_needs_none_is_said(given):
    """Reach is a matter of the targets; softmax over one unit is not."""
    nothing = {"data": None}
    relu, lonely = network(given, "relu", facts={"target_low": -9}), network(given, "softmax")
    blind = [replace(case, measurements=replace(case.measurements, **nothing)) for case in (relu, lonely)]
    assert [len(given.all(RULE, case)) for case in blind] == [0, 1]


def test_an_output_through_which_the_loss_goes_twice_is_counted(given):
    """Once is due."""
    loss = Named.of("cross_entropy", from_logits=True)
    finding = given.one(RULE, given.case(None, given.descent(0.5), loss=loss))
    assert finding.severity is Severity.INFO
    assert finding.evidence == {"measured": 2, "limit": 1}
