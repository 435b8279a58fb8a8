"""ONNX files: feed-forward networks, as PyTorch's exporters, skl2onnx and others write them. Needs no ONNX library."""

from __future__ import annotations

from math import prod
from pathlib import PurePath

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import read_file
from gradaudit.inputs.channel_order import channels_last
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.to_spec import spec_of
from gradaudit.inputs.onnx.images import POSITIONED
from gradaudit.inputs.onnx.ports import input_of
from gradaudit.inputs.onnx.proto import Port, graph_of
from gradaudit.inputs.onnx.walk import GraphWalk

MAX_BYTES = 128 << 20
"""32 million weights, in float32; an audit's eight seeds of them take what it may."""


def from_file(source: str) -> ModelSpec:
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
    walk = GraphWalk(graph, port.name, here)
    layers = walk.layers()
    return spec_of(
        DescribedModel(
            PurePath(source).stem,
            place,
            layers,
            _inputs(port, layers, place),
            "onnx",
            {"precision": walk.precision()},
            notes=tuple(walk.notes),
            leaves_output_open=True,
        )
    )


def _inputs(port: Port, layers: tuple[DescribedLayer, ...], place: Place) -> tuple[int, ...]:
    """The shape of one input, channels last: what the file says, else the rows of the first kernel."""
    kernel = next((layer.weights["weight"] for layer in layers if layer.type == "dense"), None)
    sides = () if port.shape is None else port.shape[1:]
    known = tuple(side for side in sides if side is not None)
    if any(layer.type in POSITIONED for layer in layers[:2]):
        if len(known) < len(sides) or len(known) < 2:
            raise place.refusal(f"its input {port.name!r} must have channels and positions of known size: {sides}")
        return channels_last(known)
    if len(sides) > 1 and not any(layer.type == "flatten" for layer in layers[:2]):
        raise place.refusal(f"its input {port.name!r} has {len(sides) + 1} axes; vectors and images are audited")
    if sides and len(known) == len(sides):
        return (prod(known),)
    if kernel is None:
        raise place.refusal("it has no dense layer in front, so its number of inputs is unknown")
    return (int(kernel.shape[0]),)


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """The model in an ONNX file. Raises InputError."""
    return (from_file(source),)
