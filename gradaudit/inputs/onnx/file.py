"""ONNX files: feed-forward networks, as PyTorch's exporters, skl2onnx and others write them. Needs no ONNX library."""

from __future__ import annotations

from pathlib import PurePath

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import read_file
from gradaudit.inputs.described.last_step import RECURRENT
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.to_spec import spec_of
from gradaudit.inputs.onnx.ports import input_of
from gradaudit.inputs.onnx.proto import graph_of
from gradaudit.inputs.onnx.walk import GraphWalk

MAX_BYTES = 128 << 20
"""32 million weights, in float32; an audit's eight seeds of them take what it may."""
USUAL_LENGTH = 50
"""Steps of a sequence where the file leaves them open."""


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """The model in an ONNX file, with its weights; how they were drawn, the loss and the optimizer are not in it.

    Raises InputError, with the node's name, for what is not audited, damaged or too large.
    """
    here = Location(source)
    try:
        graph = graph_of(read_file(source, MAX_BYTES, "an ONNX model"))
    except ValueError as error:
        raise InputError(Problem(f"cannot be read as an ONNX model: {error}", here)) from None
    place = Place("", here)
    port = input_of(graph, place)
    walk = GraphWalk(graph, port, here)
    layers = walk.layers()
    inputs = _inputs(walk, layers, place)
    model = DescribedModel(
        PurePath(source).stem,
        place,
        layers,
        inputs,
        "onnx",
        {"precision": walk.precision()},
        notes=tuple(walk.notes),
        leaves_output_open=True,
    )
    return (spec_of(model),)


def _inputs(walk: GraphWalk, layers: tuple[DescribedLayer, ...], place: Place) -> tuple[int, ...]:
    """The shape of one input, channels last: what the file says, else the rows of the first kernel."""
    sides = [*walk.to.inputs]
    first = next((layer for layer in layers if layer.weights and layer.type != "input_scaling"), None)
    kind = first.type if first else ""
    if first and sides[-1:] == [None] and kind in (*RECURRENT, "dense"):
        sides[-1] = int(first.weights["weight"].shape[0])
    if sides[:1] == [None] and kind in (*RECURRENT, "embedding") and len(sides) < 3:
        sides[0] = USUAL_LENGTH
        walk.notes[f"nothing says how long its sequences are; {USUAL_LENGTH} steps are taken"] = None
    found = tuple(side for side in sides if side is not None)
    if len(found) < len(sides) or not found:
        raise place.refusal(f"the size of its input {walk.start!r} is unknown; export it with channels and positions")
    return found
