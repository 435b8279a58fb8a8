"""Graphs around the network: states handed through, constants given out, sizes computed, labels of other models."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from tests.inputs.onnx.writing import between, dense, model, node, port, tensor

FIRST, WEIGHTS = dense("x", "a", 4, 3)
LAST, MORE = dense("a", "y", 3, 2)
BOTH = (port("x", None, 4), port("state_ins", None, 0))
SIZE = tensor("size", np.array([1], "<i8"), 7)


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [node("Identity", ["state_ins"], "state_outs")],
        [node("Reshape", ["state_ins", "size"], "s"), node("Identity", ["s"], "state_outs")],
    ],
)
def test_a_state_that_is_handed_through_is_no_input(load, nodes):
    """As in the policies of reinforcement learning; nor is it an output, or a constant beside it."""
    outputs = ("y", "version", *(["state_outs"] if nodes else []))
    stored = [*WEIGHTS, *MORE, SIZE, tensor("version", np.ones(1, "<f4"))]
    spec = load(model([FIRST, LAST, *nodes], stored, BOTH, outputs))

    assert (spec.inputs, [layer.units for layer in spec.layers]) == (4, [3, 2])


def test_two_inputs_that_are_used_are_named(fault):
    """With what to do."""
    add = node("Add", ["x", "state_ins"], "z")
    found = fault(model([add, *[dense("z", "y", 4, 2)[0]]], dense("z", "y", 4, 2)[1], BOTH))

    assert "it has 2 inputs (x, state_ins); a network with one is audited, so export it with one" in found


def test_a_concat_of_one_tensor_is_that_tensor(load):
    """As exporters leave it behind."""
    assert len(load(between(node("Concat", ["a"], "b", axis=1))).layers) == 2
    assert (
        len(
            load(
                model([node("Concat", ["x"], "c", axis=-1), dense("c", "y", 4, 2)[0]], dense("c", "y", 4, 2)[1])
            ).layers
        )
        == 1
    )


def test_sizes_behind_the_last_layer(load, outputs):
    """Shape, Gather, Concat and a Reshape by them change no value; neither does a Squeeze."""
    sizes = [node("Shape", ["l"], "s"), node("Gather", ["s", "size"], "g"), node("Concat", ["g", "size"], "c", axis=0)]
    tail = [*sizes, node("Reshape", ["l", "c"], "r"), node("Squeeze", ["r"], "q"), node("Sigmoid", ["q"], "y")]
    last, more = dense("a", "l", 3, 2)
    spec = load(model([FIRST, last, *tail], [*WEIGHTS, *more, SIZE]))

    assert spec.output == Named("sigmoid")
    assert outputs(spec, np.zeros((3, 4))).shape == (3, 2)


@pytest.mark.parametrize(
    ("op", "kind"),
    [("SVMClassifier", "a support vector machine"), ("TreeEnsembleClassifier", "an ensemble of decision trees")],
)
def test_another_kind_of_classifier_is_named(fault, op, kind):
    """It has no gradients to audit, whatever its labels."""
    nodes = [node(op, ["x"], "p", domain="ai.onnx.ml"), node("ZipMap", ["p"], "y", domain="ai.onnx.ml")]

    assert f"it is {kind}, no neural network" in fault(model(nodes))


def test_a_clip_of_before_opset_11_has_its_bounds_as_attributes(load):
    """relu6 and a relu."""
    assert load(between(node("Clip", ["a"], "b", min=0.0, max=6.0))).activation == Named("relu6")
    assert load(between(node("Clip", ["a"], "b", min=0.0))).activation == Named("relu")
