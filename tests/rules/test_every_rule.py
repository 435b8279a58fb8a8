"""What holds of every rule: its limits are those that its manual promises, and what it names is what it means."""

from __future__ import annotations

from dataclasses import fields, replace
from math import inf

import pytest

from gradaudit.domain.spec import Named
from gradaudit.errors import Location
from gradaudit.rules import ALL
from tests.rules.cases import SAID

RULES = {rule.name: rule for rule in ALL}


def inputs(given, **facts):
    """A stuck run that standardised inputs let learn."""
    return given.case(
        None, given.descent(0.0), data=given.data(**facts), trials=(given.trial("standardised-inputs", 0.8),)
    )


def targets(given, **facts):
    """A stuck run that standardised targets let learn."""
    return given.case(
        None, given.descent(0.0), data=given.data(**facts), trials=(given.trial("standardised-targets", 0.8),)
    )


def initializer(given, before, after, **spec):
    """A stuck run whose first pass another initializer mends."""
    return given.case(before, given.descent(0.0), trials=(given.trial("initializer", 0.8, after),), **spec)


LIMITS = [  # rule, field where it has one, its limit, and a case in which what is held against it is x
    ("dead-units", "share_limit", 0.5, lambda g, x: g.case(g.units(dead={1: x}), g.descent(0.0), activation="relu")),
    (
        "dead-units",
        None,
        0.2,  # what a run at a smaller rate learns, from which on the rate is at fault
        lambda g, x: g.case(g.units(dead={1: 1.0}), g.descent(0.0, {0.01: x}), activation="relu", name="trained"),
    ),
    ("exploding-gradient", "ratio_limit", 100.0, lambda g, x: g.case(g.signal(x), g.descent(inf))),
    ("exploding-gradient", None, 1e6, lambda g, x: g.case(g.signal(inf, size=x), g.descent(inf))),
    (
        "gradient-underflow",
        "share_limit",
        0.1,
        lambda g, x: g.case(g.signal(1.0, underflow={"float16": x}), precision="float16"),
    ),
    (
        "gradient-underflow",
        "error_limit",
        0.5,
        lambda g, x: g.case(g.signal(1.0, underflow={"float16": x}), precision="float16"),
    ),
    (
        "init-activation-mismatch",
        "decades",
        1.0,  # power of ten by which the signal comes nearer to an even one
        lambda g, x: initializer(g, g.signal(0.5 / 10**x), g.signal(0.5)),
    ),
    (
        "init-activation-mismatch",
        "saturation",
        0.15,
        lambda g, x: initializer(g, g.units(saturated={0: x}), g.units(saturated={0: 0.0}), activation="tanh"),
    ),
    (
        "init-activation-mismatch",
        None,
        0.5,  # of the share that there was
        lambda g, x: initializer(g, g.units(saturated={0: 0.8}), g.units(saturated={0: 0.8 * x}), activation="tanh"),
    ),
    (
        "loss-output-mismatch",
        "beyond",
        0.01,  # of the targets' standard deviation, below what a ReLU gives
        lambda g, x: g.case(
            None, g.descent(0.0), data=g.data(target_low=-77.0 * x, target_std=77.0), output=Named("relu")
        ),
    ),
    (
        "loss-output-mismatch",
        "beyond",
        0.01,  # above what a sigmoid gives
        lambda g, x: g.case(
            None,
            g.descent(0.0),
            data=g.data(target_low=0.0, target_high=1 + 77.0 * x, target_std=77.0),
            output=Named("sigmoid"),
        ),
    ),
    (
        "representation-collapse",
        "ratio_limit",
        0.01,
        lambda g, x: g.case(
            g.signal(1.0, distinctness=(0.1, 0.2 * x, 0.1)), g.descent(0.0), data=g.data(input_distinctness=0.2)
        ),
    ),
    (
        "saddle-point",
        "fall_limit",
        0.01,
        lambda g, x: g.case(g.point("strict", loss=7.0, escape=7.0 * (1 - x)), name="trained"),
    ),
    ("saturated-units", "share_limit", 0.15, lambda g, x: g.case(g.units(saturated={0: x}), g.descent(0.0))),
    ("saturated-units", None, 0.5, lambda g, x: g.case(g.units(saturated={0: 0.9}), g.descent(x))),
    ("saturated-units", None, 0.5, lambda g, x: g.case(g.units(saturated={0: 0.9}), g.descent(0.0, {0.01: x}))),
    ("seed-sensitivity", "learns", 0.2, lambda g, x: g.case(g.signal(1.0), g.descent((0.0,) * 4 + (x,) * 4))),
    ("symmetric-units", "share_limit", 0.5, lambda g, x: g.case(g.units(twins={0: x}), g.descent(0.0))),
    ("symmetric-units", "learns_well", 0.5, lambda g, x: g.case(g.units(twins={0: 1.0}), g.descent(x))),
    ("unscaled-inputs", "scale_limit", 3.0, lambda g, x: inputs(g, input_rms=x)),
    ("unscaled-inputs", "scale_limit", 3.0, lambda g, x: inputs(g, input_rms=1 / x)),
    ("unscaled-inputs", "offset_limit", 3.0, lambda g, x: inputs(g, input_offset=x)),
    ("unscaled-inputs", "spread_limit", 10.0, lambda g, x: inputs(g, input_spread=x)),
    ("unscaled-targets", "scale_limit", 3.0, lambda g, x: targets(g, target_std=x)),
    ("unscaled-targets", "scale_limit", 3.0, lambda g, x: targets(g, target_std=1 / x)),
    ("unscaled-targets", "offset_limit", 3.0, lambda g, x: targets(g, target_mean=-7.0 * x / 5, target_std=7.0 / 5)),
    ("vanishing-gradient", "ratio_limit", 1e-3, lambda g, x: g.case(g.signal(x), g.descent(0.0))),
    ("vanishing-gradient", None, 0.5, lambda g, x: g.case(g.signal(1e-6), g.descent(x))),
]


@pytest.mark.parametrize(("name", "field", "limit", "case"), LIMITS)
def test_the_verdict_changes_at_the_limit_which_is_the_persons_to_set(given, name, field, limit, case):
    """One per cent before it and one per cent beyond it, two verdicts; with a limit further on, one."""
    rule, cases = RULES[name], [case(given, limit * x) for x in (0.99, 1.01)]
    before, beyond = ([finding.severity for finding in given.all(rule, each)] for each in cases)
    assert before != beyond
    if field is not None:
        assert getattr(rule, field) == limit
        moved = given.all(replace(rule, **{field: 1.05 * limit}), cases[1])
        assert [finding.severity for finding in moved] == before


def found(given, name, **changed):
    """The rule, its case of the plain words with other fields of the spec, and what it finds there."""
    case = SAID[name][0](given)
    case = replace(case, spec=replace(case.spec, **changed))
    return case, given.one(RULES[name], case)


@pytest.mark.parametrize(
    "name", sorted(SAID.keys() - {"non-finite-values"})
)  # the cause of the last layer's lies before it
def test_the_line_that_is_named_is_that_of_a_layer_that_is_named(given, name):
    """Where every layer has its own line for everything, a finding about layers points into one of them."""
    places = [f"layers[{k}].{key}" for k in range(4) for key in ("init", "activation", "units")]
    lines = dict.fromkeys([*places, *(f"layers[{k}]" for k in range(4))], Location("m.yaml", 1))
    case, finding = found(given, name, lines=lines)
    paths = [row.path for row in case.linear_maps if row.index in finding.layers]
    if finding.layers and finding.path.startswith("layers["):
        assert finding.path.split(".")[0] in paths


@pytest.mark.parametrize("name", SAID)
def test_two_layers_are_judged_like_three(given, name):
    """One hidden layer has a way back as well, a first pass and a spread."""
    case, finding = found(given, name)
    rows = case.rows[:1] + case.rows[2:]
    stages = {
        key: replace(
            stage,
            signal=stage.signal and replace(stage.signal, layers=stage.signal.layers[:1] + stage.signal.layers[2:]),
            units=stage.units and replace(stage.units, layers=stage.units.layers[:1] + stage.units.layers[2:]),
        )
        for key, stage in case.measurements.stages.items()
    }
    if case.measurements.stages and finding.layers not in ((1,), (2,)) and name != "representation-collapse":
        shallow = replace(case, rows=rows, measurements=replace(case.measurements, stages=stages))
        assert given.one(RULES[name], shallow).severity is finding.severity


@pytest.mark.parametrize("name", SAID)
def test_a_run_is_told_of_where_there_was_one(given, name):
    """And nothing is said of a run that was not made."""
    case, _ = found(given, name)
    silent = replace(case, measurements=replace(case.measurements, descent=None))
    for finding in given.all(RULES[name], silent):
        if "trained" not in case.measurements.stages:
            assert "run" not in finding.message.replace("rounds", "")
            assert "training learns" not in finding.plainly


OWN = {
    "dead-units": {"nearly_all", "seed_limit"},
    "exploding-gradient": {"falls"},
    "learning-rate-too-high": {"fewest", "least_rate"},
    "learning-rate-too-low": {"decade", "far", "vanished"},
    "plateau": {"height"},
    "saturated-units": {"raw"},
    "seed-sensitivity": {"fewest", "steady", "compared", "seen"},
    "vanishing-gradient": {"compared_limit", "lifts", "time_limit"},
}
"""Limits that the tests of their rules hold."""


def test_every_limit_that_a_person_can_set_is_held_by_the_table():
    """A new field needs a line above."""
    held = {(name, field) for name, field, _, _ in LIMITS if field} | {(k, f) for k, of in OWN.items() for f in of}
    assert {(rule.name, field.name) for rule in ALL for field in fields(rule)} == held


def test_only_symptoms_of_the_signal_and_the_units_are_weighed():
    """What a network that learns may have; a rate that diverges or a loss that cannot fit is no mere symptom."""
    assert {rule.name for rule in ALL if rule.weighed} == {
        "vanishing-gradient",
        "exploding-gradient",
        "dead-units",
        "saturated-units",
        "representation-collapse",
    }
    assert [rule.name for rule in ALL if rule.is_last_resort] == ["no-learning"]
