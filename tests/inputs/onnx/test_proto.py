"""Tensors and attributes of ONNX files."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from gradaudit.inputs.onnx.proto import Tensor, graph_of
from gradaudit.inputs.onnx.wire import Wire
from tests.inputs.onnx.writing import field, model, node, port, tensor, varint

VALUES = np.array([[1.5, -2.0, 0.25], [8.0, 0.0, -1.0]])


def read(data):
    """The tensor of a message's bytes."""
    return Tensor(Wire().fields(memoryview(data)))


@pytest.mark.parametrize(("kind", "dtype"), [(1, "<f4"), (11, "<f8"), (10, "<f2")])
def test_raw_numbers(kind, dtype):
    """Little-endian floats of three sizes; the values were chosen exact in all."""
    np.testing.assert_array_equal(read(tensor("t", VALUES.astype(dtype), kind)).array(), VALUES)


def test_bfloat16_is_the_upper_half_of_a_float32():
    """Truncation of what has few digits loses nothing."""
    halves = (VALUES.astype("<f4").view("<u4") >> 16).astype("<u2")
    np.testing.assert_array_equal(read(tensor("t", halves, 16)).array(), VALUES)


@pytest.mark.parametrize(("kind", "number", "code"), [(1, 4, "f"), (11, 10, "d")])
def test_numbers_in_a_field_of_their_own(kind, number, code):
    """Packed float_data and double_data."""
    data = field(1, 2) + field(1, 3) + field(2, kind) + field(number, struct.pack(f"<6{code}", *VALUES.ravel()))
    np.testing.assert_array_equal(read(data).array(), VALUES)


def test_whole_numbers():
    """int64_data, negative ones included: a Reshape's shape."""
    assert read(field(1, 2) + field(2, 7) + field(7, varint(-1) + varint(4))).array().tolist() == [-1, 4]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (field(1, 2) + field(2, 1) + field(8, "w") + field(13, b"") + field(14, 1), "'w' lies in another file"),
        (field(1, 2) + field(2, 1) + field(9, b"\0" * 4), "has 1 value, its shape 2"),
        (field(1, 2) + field(2, 1) + field(9, b"\0" * 7), "cut off"),
        (field(1, 1 << 50) + field(2, 1) + field(9, b"\0" * 4), "1,125,899,906,842,624"),
        (field(1, -1) + field(2, 1), "has the shape"),
        (field(1, 1) * 9 + field(2, 1), "more than 8 numbers"),
        (field(1, 20_000) + field(2, 7) + field(7, b"\0" * 20_000), "more than 10,000 numbers"),
        (field(1, 1) + field(2, 8), "of the type 8"),
        (field(1, 1) + field(2, b""), "a message where a number is due"),
    ],
)
def test_tensors_that_are_refused(data, message):
    """Elsewhere, too few, too large or of another type: told before memory is taken."""
    with pytest.raises(ValueError, match=message):
        read(data).array()


def test_a_graph_has_its_parts():
    """Nodes with their attributes, tensors by name, ports with what is known of their shapes."""
    data = model(
        [node("LeakyRelu", ["x"], "y", alpha=0.5, count=3, mode="linear")],
        [tensor("t", VALUES.astype("<f4"))],
        [port("x", None, 4)],
    )
    graph = graph_of(data)
    (found,) = graph.nodes

    assert (found.op, found.name, found.inputs, found.outputs, found.domain) == (
        "LeakyRelu",
        "a LeakyRelu",
        ("x",),
        ("y",),
        "",
    )
    assert (found.number("alpha", 0), found.number("count", 0), found.number("none", 7)) == (0.5, 3, 7)
    assert found.attributes["mode"].text() == "linear"
    assert graph.tensors["t"].shape == (2, 3)
    assert [(each.name, each.shape) for each in graph.inputs] == [("x", (None, 4))]
