from __future__ import annotations

import platform
from dataclasses import replace

import numpy as np
import pytest

from gradaudit.auditing.summary import ASSUMED, facts, is_conclusive, model_of, summary, versions
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent, Measurements, Signal, Stage, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ReportedLayer
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.errors import Location
from gradaudit.nn.network import build

SPEC = ModelSpec(
    "m",
    4,
    (DenseSpec(8, name="front"), DenseSpec(3)),
    activation=Named.of("leaky_relu", negative_slope=0.2),
    output=Named("softmax"),
    loss=Named("cross_entropy"),
    optimizer=Named.of("sgd", learning_rate=0.1, momentum=0.9),
    source="m.yaml",
    lines={"": Location("m.yaml", 1, 1), "layers[2]": Location("m.yaml", 7, 3)},
)
NETWORK = build(SPEC)


def descent(progress):
    """A run of 50 steps that made this progress."""
    none = PerSeed((0.0,))
    run = Trajectory(0.1, (0, 50), (none, none), none, none, PerSeed(progress), none)
    return Measurements(descent=Descent(1.0, 0.0, 50, False, 8, run))


def finding(severity, message, suppressed=None):
    """Something that was found."""
    return Finding("r", severity, message, "c", {}, suppressed=suppressed)


def test_the_model_is_shown_row_by_row():
    """Parameters are weights and biases; a row's line is its own, or that of what encloses it."""
    model = model_of(SPEC, NETWORK, {"loss": "x"})
    assert (model.name, model.source, model.inputs, model.parameters) == ("m", "m.yaml", 4, 4 * 8 + 8 + 8 * 3 + 3)
    assert model.layers == (
        ReportedLayer(
            0, "layers[1]", "front", "dense", 8, "leaky_relu(negative_slope=0.2)", "glorot_uniform", 1, (8,), 4 * 8 + 8
        ),
        ReportedLayer(1, "layers[2]", "dense_1", "dense", 3, "softmax", "glorot_uniform", 7, (3,), 8 * 3 + 3),
    )
    assert model.facts == {"loss": "x"}
    assert not model.named
    assert model_of(replace(SPEC, lines={"name": Location("m.yaml", 1, 1)}), NETWORK, {}).named


def test_what_was_assumed_is_said_in_sentences():
    """In the spec's order; keys that need no word are left out."""
    spec = ModelSpec("m", 4, SPEC.layers, output=SPEC.output, loss=SPEC.loss, assumed=("epochs", "colour", "init"))
    assert model_of(spec, build(spec), {}).assumed == (ASSUMED["epochs"], ASSUMED["init"])


def test_what_a_source_says_that_is_not_read_stands_beside_it():
    """The reader's own sentences, as they are."""
    spec = replace(SPEC, assumed=("epochs",), notes=("its schedule is not followed",))
    assert model_of(spec, build(spec), {}).assumed == (ASSUMED["epochs"], "its schedule is not followed")


def test_facts_decide_the_training():
    """What the spec says about it, in words."""
    assert facts(SPEC, NETWORK, "digits, 10 rows") == {
        "loss": "cross_entropy",
        "output": "softmax",
        "optimizer": "sgd, learning rate 0.1, momentum 0.9",
        "data": "digits, 10 rows",
        "batch": "all rows",
        "epochs": "not planned",
        "precision": "float32",
    }


def test_facts_name_penalty_batch_epochs_and_the_weights_origin():
    """Only where there is something to name."""
    weights = Weights(({"weight": np.zeros((4, 8))}, {"weight": np.zeros((8, 3))}), origin="w.npz")
    spec = ModelSpec(
        "m", 4, SPEC.layers, output=SPEC.output, loss=SPEC.loss, l2=0.01, batch_size=32, epochs=9, weights=weights
    )
    found = facts(spec, build(spec), "d")
    assert found["loss"] == "cross_entropy + l2 0.01"
    assert (found["batch"], found["epochs"], found["weights"]) == ("32 rows", "9", "w.npz")


def kept(ratio, name="initialised"):
    """A stage whose error signal comes back to the first layer with this ratio."""
    one = PerSeed((1.0,))
    return {name: Stage(signal=Signal(one, one, one, one, PerSeed((ratio,)), one, layers=()))}


def test_the_worst_finding_speaks_for_the_network():
    """In its plain sentence, or where it has none with its message; how many others there are is told elsewhere."""
    error, warning, info = (finding(s, f"it is {s}") for s in (Severity.ERROR, Severity.WARNING, Severity.INFO))
    assert summary((error,), Measurements()) == "It is error."
    assert summary((replace(error, plainly="It hurts."), warning, info), Measurements()) == "It hurts."


def test_what_alone_was_found_and_suppressed_is_named():
    """Nothing stands in the way is not true then; beside a finding that counts it is not mentioned."""
    silenced = finding(Severity.ERROR, "bad", suppressed="known")
    assert summary((silenced, silenced), descent((0.42,))) == "Not counted: r (suppressed)."
    assert summary((silenced, finding(Severity.WARNING, "slow")), Measurements()) == "Slow."


def test_information_does_not_speak():
    """Then the run does."""
    said = summary((finding(Severity.INFO, "by the way", suppressed="known"),) * 2, descent((0.42,)))
    assert said == ("No fault was found: training brings the loss to 58% of the constant-prediction baseline.")


def test_a_healthy_network_is_praised_for_its_signal_and_its_run():
    """By the layers' numbers as people count them."""
    measured = replace(descent((0.71,)), stages=kept(0.9))
    assert summary((), measured, layers=4) == (
        "No fault was found: training brings the loss to 29% of the constant-prediction baseline; the gradient is "
        "roughly constant across layers (×0.9 from last to first)."
    )


@pytest.mark.parametrize(
    ("stages", "layers", "praised"),
    [
        (kept(0.9), 4, True),
        (kept(0.9, "fitted"), 4, True),
        (kept(0.9), 1, False),
        (kept(0.2), 4, False),
        (kept(5.0), 4, False),
        (kept(None), 4, False),
        ({}, 4, False),
    ],
)
def test_only_a_signal_that_keeps_its_size_is_praised(stages, layers, praised):
    """One layer has no way back, and a signal that shrinks or grows without harm is passed over."""
    said = summary((), Measurements(stages=stages), layers=layers)
    assert ("roughly constant" in said) is praised


def test_the_summary_says_that_data_were_a_stand_in():
    """A network that is healthy on random data may not be so on its own."""
    assert summary((), Measurements(), stand_in=True).startswith("No fault was found on stand-in data")
    assert "the trial run on stand-in data does no better" in summary((), descent((0.0,)), stand_in=True)


def test_without_a_number_the_summary_names_none():
    """No run, an undefined progress and a diverged one leave the plain sentence."""
    plain = "No fault was found."
    for measured in (Measurements(), descent((None,)), descent((float("inf"),))):
        assert summary((), measured) == plain


def test_progress_beyond_the_floor_is_all_of_it():
    """A loss under 0 is not more than everything."""
    assert "to 0% of" in summary((), descent((1.5,)))


@pytest.mark.parametrize(
    ("planned", "progress", "trivial", "found", "tells"),
    [
        (50, 0.0, 1.0, (), True),  # the whole plan
        (51, 0.0, 1.0, (), False),
        (51, 0.5, 1.0, (), True),  # it learns
        (50, 0.0, 0.0, (), False),  # nothing to learn
        (51, 0.0, 1.0, (Severity.INFO,), False),
        (51, 0.0, 1.0, (Severity.INFO, Severity.WARNING), True),
    ],
)
def test_a_run_tells_that_learns_or_was_the_whole_plan(planned, progress, trivial, found, tells):
    """Or where something is found anyway."""
    run = descent((progress,)).descent
    configured = replace(run.configured, steps=(0, 20, 50), loss=run.configured.loss * 2)
    measured = Measurements(descent=replace(run, configured=configured, planned_steps=planned, trivial_loss=trivial))
    findings = tuple(finding(severity, "m") for severity in found)
    assert is_conclusive(findings, measured) is tells
    said = summary(findings, measured)
    covers = said.startswith(f"Not shown to learn: the trial run covered 50 of {planned} ")
    assert (covers or said.startswith("Not shown to learn: all targets are equal")) is not tells
    assert is_conclusive((), Measurements())


def test_versions_are_what_a_report_depends_on():
    """gradaudit, Python and NumPy."""
    found = versions()
    assert found["Python"] == platform.python_version()
    assert found["NumPy"] == np.__version__
    assert set(found) == {"gradaudit", "Python", "NumPy"}
