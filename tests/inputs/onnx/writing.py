"""ONNX files by hand: the few messages of the format that the tests need, written without any library."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

RNG = np.random.default_rng(0)


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    number &= (1 << 64) - 1
    found = b""
    while number > 0x7F:
        found, number = found + bytes([number & 0x7F | 0x80]), number >> 7
    return found + bytes([number])


def field(number: int, value: int | float | str | bytes) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, array: np.ndarray, kind: int = 1) -> bytes:
    """A TensorProto with raw data."""
    return (
        b"".join(field(1, side) for side in array.shape) + field(2, kind) + field(8, name) + field(9, array.tobytes())
    )


def attribute(name: str, value: float | str | bytes | tuple[int, ...]) -> bytes:
    """An AttributeProto: a number, a text, a tensor's bytes, or whole numbers."""
    if isinstance(value, tuple):
        return field(1, name) + b"".join(field(8, number) for number in value) + field(20, 7)
    place, kind = {int: (3, 2), float: (2, 1), str: (4, 3), bytes: (5, 4)}[type(value)]
    return field(1, name) + field(place, value) + field(20, kind)


def node(op: str, inputs: Sequence[str], output: str, *, name: str = "", domain: str = "", **attributes: Any) -> bytes:
    """A NodeProto with one output."""
    ports = b"".join(field(1, name) for name in inputs) + field(2, output)
    own = b"".join(field(5, attribute(name, value)) for name, value in attributes.items())
    return ports + field(3, name or f"a {op}") + field(4, op) + own + field(7, domain)


def port(name: str, *sides: int | None) -> bytes:
    """A ValueInfoProto; an unknown side is None."""
    shape = b"".join(field(1, b"" if side is None else field(1, side)) for side in sides)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def dense(before: str, after: str, inputs: int, units: int) -> tuple[bytes, list[bytes]]:
    """A Gemm and its tensors."""
    W, b = (RNG.normal(size=shape).astype("<f4") for shape in ((inputs, units), (units,)))
    return node("Gemm", [before, f"{after}.W", f"{after}.b"], after), [tensor(f"{after}.W", W), tensor(f"{after}.b", b)]


def model(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes] = (),
    inputs: Sequence[bytes] = (port("x", None, 4),),
    outputs: Sequence[str] = ("y",),
) -> bytes:
    """A ModelProto."""
    parts = [(1, nodes), (5, tensors), (11, inputs), (12, [port(name, None, None) for name in outputs])]
    return field(1, 8) + field(7, b"".join(field(number, part) for number, those in parts for part in those))


def between(*nodes: bytes, tensors: Sequence[bytes] = (), inputs: Sequence[bytes] = (port("x", None, 4),)) -> bytes:
    """A model whose nodes make `b` of `a`, with a dense layer of 3 units before and of 2 units behind them."""
    first, before = dense("x", "a", 4, 3)
    last, after = dense("b", "y", 3, 2)
    return model([first, *nodes, last], [*before, *after, *tensors], inputs)
