"""ONNX's messages, as far as feed-forward networks need them: nodes, tensors, and what goes in and out.

Field numbers are those of onnx/onnx.proto3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.domain.plurals import counted
from gradaudit.functions.arrays import Array
from gradaudit.inputs.onnx.wire import Fields, Value, Wire, decoded, messages, packed, signed, text

MAX_NODES = 5_000
MAX_SIDES = 8
MAX_WHOLE = 10_000
"""Whole numbers of one tensor, where each takes a varint: they are shapes and labels."""
_TYPES = {1: "<f4", 6: "<i4", 7: "<i8", 10: "<f2", 11: "<f8", 16: "<u2"}
"""TensorProto.DataType → how raw data are laid out; bfloat16 is the upper half of a float32."""
_TYPED = {1: (4, "<f4"), 11: (10, "<f8")}
"""Types whose numbers may stand in a field of their own, packed."""
PRECISIONS = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A constant of the file; its numbers are taken from the file's bytes when they are asked for."""

    fields: Fields

    @property
    def name(self) -> str:
        """How nodes call it."""
        return text(self.fields.get(8))

    @property
    def kind(self) -> int:
        """Its DataType."""
        return _number(self.fields.get(2))

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sides; raises ValueError for impossible ones."""
        sides = packed(self.fields.get(1, []), MAX_SIDES)
        if any(side < 0 for side in sides):
            raise ValueError(f"the tensor {self.name!r} has the shape {list(sides)}")
        return sides

    def array(self) -> Array:
        """Its numbers as float64, in the tensor's own shape.

        Raises ValueError where they are elsewhere, of another type, or too few.
        """
        if self.fields.get(13) or _number(self.fields.get(14)) == 1:
            how = "export with torch.onnx.export(…, external_data=False), or onnx.save(onnx.load(path), path)"
            raise ValueError(f"the tensor {self.name!r} lies in another file, which is not opened; {how}")
        if self.kind not in _TYPES:
            raise ValueError(f"the tensor {self.name!r} is of the type {self.kind}, no number that is read")
        shape, layout = self.shape, np.dtype(_TYPES[self.kind])
        values = self._values(layout)
        if len(values) != prod(shape):
            raise ValueError(f"the tensor {self.name!r} has {counted(len(values), 'value')}, its shape {prod(shape):,}")
        if self.kind == 16:
            values = (values.astype("<u4") << 16).view("<f4")
        with np.errstate(invalid="ignore"):  # NaNs are let through, of whatever kind
            return values.astype(np.float64).reshape(shape)

    def _values(self, layout: np.dtype[np.generic]) -> npt.NDArray[np.generic]:
        if 9 in self.fields:
            return _numbers(self.fields[9][-1], layout)
        if self.kind in _TYPED:
            number, kind = _TYPED[self.kind]
            parts = [_numbers(part, np.dtype(kind)) for part in messages(self.fields.get(number))]
            return np.concatenate(parts) if parts else np.zeros(0, kind)
        if self.kind in (6, 7):
            return np.array(packed(self.fields.get({6: 5, 7: 7}[self.kind], []), MAX_WHOLE), dtype="<i8")
        return np.zeros(0, layout)


def _numbers(data: Value, layout: np.dtype[np.generic]) -> npt.NDArray[np.generic]:
    if isinstance(data, int) or len(data) % layout.itemsize:
        raise ValueError("a tensor's data are cut off")
    return np.frombuffer(data, layout)


def _number(values: list[Value] | None, default: int = 0) -> int:
    found = values[-1] if values else default
    if not isinstance(found, int):
        raise ValueError("it has a message where a number is due")  # noqa: TRY004 - a fault of the file
    return signed(found)


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """A parameter of a node."""

    fields: Fields

    def number(self) -> float:
        """A float or a whole number."""
        if 2 in self.fields:
            value = self.fields[2][-1]
            if isinstance(value, int) or len(value) != 4:
                raise ValueError("an attribute's number is cut off")
            return float(struct.unpack("<f", value)[0])
        return float(_number(self.fields.get(3)))

    def numbers(self) -> Array:
        """A list of floats, packed or one by one."""
        parts = [_numbers(part, np.dtype("<f4")) for part in messages(self.fields.get(7))]
        with np.errstate(invalid="ignore"):
            return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)

    def integers(self) -> tuple[int, ...]:
        """A list of whole numbers."""
        return packed(self.fields.get(8, []), MAX_SIDES)

    def text(self) -> str:
        """A text."""
        return text(self.fields.get(4))

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(decoded(value) for value in self.fields.get(9, [])[:MAX_SIDES])

    def tensor(self, wire: Wire) -> Tensor | None:
        """A tensor, None where it is something else."""
        found = messages(self.fields.get(5))
        return Tensor(wire.fields(found[-1])) if found else None

    @property
    def is_graph(self) -> bool:
        """Whether it holds nodes of its own."""
        return 6 in self.fields or 11 in self.fields


@dataclass(frozen=True, slots=True, eq=False)
class OnnxNode:
    """One operation."""

    index: int
    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]

    def number(self, key: str, default: float) -> float:
        """An attribute that is a number."""
        return self.attributes[key].number() if key in self.attributes else default


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """An input or output of the graph; an unknown side of its shape is None."""

    name: str
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A model's graph."""

    wire: Wire
    nodes: tuple[OnnxNode, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def graph_of(data: bytes) -> Graph:
    """The graph in a file's bytes. Raises ValueError where it is no ONNX model, or too large."""
    wire = Wire()
    graphs = messages(wire.fields(memoryview(data)).get(7))
    if len(graphs) != 1:
        raise ValueError("there is no graph in it")
    fields = wire.fields(graphs[0])
    nodes = messages(fields.get(1))
    if len(nodes) > MAX_NODES:
        raise ValueError(f"it has {len(nodes):,} nodes; at most {MAX_NODES:,} are read")
    if 15 in fields:
        raise ValueError("it has sparse tensors, which are not read")
    tensors = [Tensor(wire.fields(tensor)) for tensor in messages(fields.get(5))]
    return Graph(
        wire,
        tuple(_node(wire, index, node) for index, node in enumerate(nodes)),
        {tensor.name: tensor for tensor in tensors},
        tuple(_port(wire, port) for port in messages(fields.get(11))),
        tuple(_port(wire, port) for port in messages(fields.get(12))),
    )


def _node(wire: Wire, index: int, data: memoryview) -> OnnxNode:
    fields = wire.fields(data)
    attributes = [Attribute(wire.fields(attribute)) for attribute in messages(fields.get(5))]
    return OnnxNode(
        index,
        text(fields.get(4)),
        text(fields.get(7)),
        text(fields.get(3)),
        tuple(decoded(name) for name in fields.get(1, [])),
        tuple(decoded(name) for name in fields.get(2, [])),
        {text(attribute.fields.get(1)): attribute for attribute in attributes},
    )


def _port(wire: Wire, data: memoryview) -> Port:
    fields = wire.fields(data)
    name = text(fields.get(1))
    for number in (2, 1, 2):  # type, tensor_type, shape
        inside = messages(fields.get(number))
        if not inside:
            return Port(name, None)
        fields = wire.fields(inside[-1])
    sides = [wire.fields(side) for side in messages(fields.get(1))]
    return Port(name, tuple(_number(side[1]) if 1 in side else None for side in sides))
