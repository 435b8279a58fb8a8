"""The error signal through time: what vanishing-gradient and exploding-gradient say of it, apart from depth."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Severity
from gradaudit.domain.measurements import GateUnits, LayerUnits, ThroughTime, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import DenseSpec, ModelSpec
from gradaudit.evidence.effects import numbers_of, symptom
from gradaudit.evidence.through_time import time_factors
from gradaudit.layers import GruSpec, LstmSpec, RnnSpec
from gradaudit.rules.exploding_gradient import ExplodingGradient
from gradaudit.rules.vanishing_gradient import VanishingGradient

VANISHING, EXPLODING = VanishingGradient(), ExplodingGradient()
STEPS = 101


def seeds(value):
    """The same number in eight seeds."""
    return PerSeed((value,) * 8)


@pytest.fixture
def recurrent(given):
    """A recurrent layer and a dense one, with this ratio through time and this progress of the run."""

    def made(ratio, progress, layer=None, kept=0.5):
        layer = layer or RnnSpec(8)
        spec = ModelSpec("m", 2, (layer, DenseSpec(1)), positions=(STEPS,))
        gain = ratio ** (1 / (STEPS - 1)) if ratio not in (None, inf) else ratio
        memory = {"rnn": 1.5, "lstm": 2.2, "gru": 2.2}[layer.type] if ratio and ratio < 1 else None
        way = ThroughTime(
            "forward", STEPS, seeds(ratio), (0, 100), (seeds(ratio),) * 2, *map(seeds, (gain, memory, 0.6)), 0.55
        )
        stage = given.signal(0.5, rows=2)
        first, last = stage.signal.layers
        gates = tuple(GateUnits(name, seeds(kept), None) for name in ("forget_gate", "update_gate"))
        units = Units((LayerUnits(0, gates=gates if layer.type != "rnn" else ()), LayerUnits(1)))
        signal = replace(stage.signal, layers=(replace(first, time=(way,)), last))
        case = given.case(replace(stage, signal=signal, units=units), given.descent(progress))
        return replace(case, spec=spec, rows=tuple(flatten(expand(spec))))

    return made


def cured(given, case, kind):
    """The case as a change of this kind leaves it."""
    return replace(given.trial(kind), case=case)


def test_a_small_ratio_alone_is_no_finding(given, recurrent):
    """Networks at 1e-24 learn what they are asked, and one that fails may fail for another reason."""
    for progress in (0.0, 0.9):
        assert not given.all(VANISHING, recurrent(1e-24, progress))


def test_what_learns_little_is_weighed_against_what_was_tried(given, recurrent):
    """A warning that the judge drops where no change that lets the signal through gets much further."""
    finding = given.one(VANISHING, recurrent(1e-24, 0.2))
    assert finding.severity is Severity.WARNING
    assert not given.all(VANISHING, recurrent(0.02, 0.2))


@pytest.mark.parametrize(("lifted", "count"), [(1e-2, 1), (1e-22, 1), (2e-24, 0)])
def test_a_change_that_lifts_it_and_learns_tells_the_cause(given, recurrent, lifted, count):
    """Tenfold, by a change of what reaches back in time."""
    case = recurrent(1e-24, 0.0)
    for kind, due in (("recurrent-init", count), ("standardised-inputs", 0)):
        found = list(VANISHING.judge_beside(case, cured(given, recurrent(lifted, 0.8), kind)))
        assert len(found) == due
    assert not list(VANISHING.judge_beside(recurrent(0.5, 0.0), cured(given, recurrent(0.9, 0.8), "cell")))


def test_it_says_how_far_the_gradient_reaches(given, recurrent):
    """In steps, beside the sequences' length; the gain per step beside theory's; the key to change."""
    case = recurrent(1e-24, 0.0)
    (finding,) = VANISHING.judge_beside(case, cured(given, recurrent(0.1, 0.8), "recurrent-init"))
    assert finding.severity is Severity.ERROR
    assert (finding.layers, finding.path) == ((0,), "layers[1]")
    assert "The gradient reaches about 1.5 steps back in layer 1, and your sequences have 101" in finding.plainly
    assert "the recurrent weights with tanh pass back" in finding.plainly
    assert (
        "one step back multiplies the gradient by 0.575 (predicted for weights drawn like these: 0.55)" in finding.cause
    )
    assert "spectral radius 0.6" in finding.cause
    told = {
        "measured": 1e-24,
        "gain_per_step": pytest.approx(0.575, abs=1e-3),
        "memory_steps": 1.5,
        "sequence_steps": 101,
    }
    assert told.items() <= finding.evidence.items()


@pytest.mark.parametrize(
    ("layer", "words"), [(LstmSpec(8), "its forget gate keeps only about 50%"), (GruSpec(8), "its update gate keeps")]
)
def test_of_gates_the_one_that_keeps_is_named(given, recurrent, layer, words):
    """With its mean."""
    case = recurrent(1e-20, 0.0, layer)
    (finding,) = VANISHING.judge_beside(case, cured(given, recurrent(0.1, 0.8, layer), "memory"))
    assert words in finding.plainly
    assert "gate keeps 50% of the state in a step" in finding.cause


@pytest.mark.parametrize("ratio", [1e5, inf])
def test_growth_through_time_is_told_where_what_bounds_it_cures(given, recurrent, ratio):
    """Clipping leaves the ratio as it is; weights that lower it do not."""
    case = recurrent(ratio, 0.0)
    assert not given.all(EXPLODING, case)
    for kind, there, due in (
        ("clipping", ratio, 1),
        ("recurrent-init", 2.0, 1),
        ("cell", ratio, 0),
        ("output", 1.0, 0),
    ):
        found = list(EXPLODING.judge_beside(case, cured(given, recurrent(there, 0.8), kind)))
        assert len(found) == due
    (finding,) = EXPLODING.judge_beside(case, cured(given, case, "clipping"))
    assert "backpropagation through 101 steps of layer 1" in finding.plainly
    assert given.one(EXPLODING, recurrent(1e5, 0.2)).severity is Severity.WARNING


@pytest.mark.parametrize(("ratio", "progress", "count"), [(1e6, inf, 1), (1e6, 0.0, 0), (50.0, inf, 0)])
def test_growth_through_time_is_why_a_run_diverges(given, recurrent, ratio, progress, count):
    """Nothing needs to be cured to see that; a run that rests may have another fault."""
    found = given.all(EXPLODING, recurrent(ratio, progress))
    assert [finding.severity for finding in found] == [Severity.ERROR] * count


def test_which_factors_come_first(recurrent):
    """Those that change what reaches back, where that is the symptom."""
    assert time_factors(recurrent(1e-5, 0.0)) == {"recurrent-init", "memory", "cell"}
    assert time_factors(recurrent(1e5, 0.0)) == {"recurrent-init", "cell", "clipping"}
    assert time_factors(recurrent(0.5, 0.0)) == frozenset()


def test_tables_of_before_and_after_show_the_ratio_through_time(recurrent):
    """It is the symptom of such a network."""
    case = recurrent(1e-5, 0.0)
    assert numbers_of(case)["time_ratio"] == symptom(case, "vanishing-gradient") == 1e-5
    signal = case.measurements.stages["initialised"].signal
    both = replace(recurrent(1e5, 0.0).measurements.stages["initialised"].signal.layers[0], index=1)
    stage = replace(case.measurements.stages["initialised"], signal=replace(signal, layers=(signal.layers[0], both)))
    both_ways = replace(case, measurements=replace(case.measurements, stages={"initialised": stage}))
    assert symptom(both_ways, "vanishing-gradient") == 1e-5
    assert symptom(both_ways, "exploding-gradient") == 1e5
