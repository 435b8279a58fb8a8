"""The constants of an ONNX graph: what is stored in it, and what nodes make of that alone.

Exporters cut and join weights, and reckon with the sizes of tensors. A size that the file does not say is NaN, and so
is what is reckoned with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.functions.arrays import Array
from gradaudit.inputs.onnx.proto import PRECISIONS, Graph, OnnxNode, Tensor

Given = Sequence[Array | None]
"""A node's inputs in their order; None: left out."""


def whole(values: npt.ArrayLike) -> list[int]:
    """Whole numbers. Raises ValueError where one is a size that the file does not say."""
    found = np.ravel(values)
    if not np.isfinite(found).all():
        raise ValueError("it depends on sizes that are not in the file; export it with the sizes of its input")
    return [int(value) for value in found]


def listed(node: OnnxNode, given: Given, index: int, key: str) -> list[int] | None:
    """Whole numbers that are an input in newer files, an attribute in older ones; None where neither is there."""
    if len(given) > index and (found := given[index]) is not None:
        return whole(found)
    return [*node.attributes[key].integers()] if key in node.attributes else None


def cuts(node: OnnxNode, given: Given, rank: int) -> tuple[slice, ...]:
    """What a Slice takes along each axis. Raises ValueError where its numbers do not fit."""
    keys = ("", "starts", "ends", "axes", "steps")
    starts, ends, axes, steps = (listed(node, given, index, keys[index]) for index in range(1, 5))
    starts, ends = starts or [], ends or []
    found = [slice(None)] * rank
    of = zip(axes or range(len(starts)), starts, ends, steps or [1] * len(starts), strict=True)
    for axis, start, end, step in of:
        found[axis] = slice(start, None if step < 0 and end < -(1 << 31) else end, step)
    return tuple(found)


def _array(given: Given, index: int = 0) -> Array:
    found = given[index] if len(given) > index else None
    if found is None:
        raise ValueError("an input of it is missing")
    return found


def _axis(node: OnnxNode) -> int:
    return int(node.number("axis", 0))


def _unsqueeze(node: OnnxNode, given: Given) -> Array:
    return np.expand_dims(_array(given), tuple(listed(node, given, 1, "axes") or ()))


def _squeeze(node: OnnxNode, given: Given) -> Array:
    axes = listed(node, given, 1, "axes")
    return np.squeeze(_array(given), None if axes is None else tuple(axes))


def _reshape(node: OnnxNode, given: Given) -> Array:
    array = _array(given)
    shape = [array.shape[k] if side == 0 else side for k, side in enumerate(whole(_array(given, 1)))]
    return array.reshape(shape)


def _transpose(node: OnnxNode, given: Given) -> Array:
    return np.transpose(_array(given), node.attributes["perm"].integers() if "perm" in node.attributes else None)


def _gather(node: OnnxNode, given: Given) -> Array:
    index = np.reshape(whole(_array(given, 1)), _array(given, 1).shape).astype(np.intp)
    return np.take(_array(given), index, axis=_axis(node))


def _both(operation: Callable[[Array, Array], Array]) -> Callable[[OnnxNode, Given], Array]:
    return lambda node, given: operation(_array(given), _array(given, 1))


FOLDS: Mapping[str, Callable[[OnnxNode, Given], Array]] = {
    "Cast": lambda node, given: _array(given),
    "Slice": lambda node, given: _array(given)[cuts(node, given, _array(given).ndim)],
    "Concat": lambda node, given: np.concatenate([_array(given, k) for k in range(len(given))], _axis(node)),
    "Gather": _gather,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Add": _both(np.add),
    "Sub": _both(np.subtract),
    "Mul": _both(np.multiply),
}
"""Operation → the constant that it makes of constants."""


def values_of(node: OnnxNode, given: Given) -> int:
    """How many numbers the operation writes at most, before any is; 0 for one that gives a view."""
    sizes = [0 if array is None else array.size for array in given]
    if node.op == "Concat":
        return sum(sizes)
    if node.op == "Gather":
        return sizes[0] * sizes[1]
    if node.op in ("Add", "Sub", "Mul"):
        return prod(np.broadcast_shapes(*(array.shape for array in given if array is not None)))
    return sizes[0] if node.op == "Reshape" else 0


MAX_MADE = 1 << 25
"""Numbers that nodes may make of constants, together."""
_KEEPS_ZEROS = {"Slice", "Squeeze", "Unsqueeze", "Transpose", "Reshape", "Cast", "Identity", "Gather"}


class Constants:
    """Stored tensors by name; each is turned into an array once, when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self.wire = graph.wire
        self.tensors: dict[str, Tensor] = dict(graph.tensors)
        self.arrays: dict[str, Array] = {}
        self.renamed: dict[str, str] = {}
        """A node's output → the stored tensor that it is."""
        self.zeros: set[str] = set()
        """Tensors of zeros, of whatever size: the states that a recurrent layer begins with."""
        self.left = MAX_MADE

    def __contains__(self, name: str) -> bool:
        return name in self.tensors or name in self.arrays or name in self.renamed or name in self.zeros

    def names(self) -> set[str]:
        """Every tensor that is constant."""
        return {*self.tensors, *self.arrays, *self.renamed, *self.zeros}

    def takes(self, node: OnnxNode) -> bool:
        """Whether the node's output is a constant; then it is known from here on."""
        if node.op == "Constant":
            self._constant(node)
            return True
        if not node.inputs or not all(name in self for name in node.inputs if name):
            return False
        output = node.outputs[0]
        if self._are_zeros(node):
            self.zeros.add(output)
        elif node.op == "Identity":
            self.renamed[output] = self.origin(node.inputs[0])
        elif node.op in FOLDS:
            self.arrays[output] = self._folded(node)
        else:
            return False
        return True

    def _folded(self, node: OnnxNode) -> Array:
        given = [self.array(name) if name else None for name in node.inputs]
        self.left -= values_of(node, given)
        if self.left < 0:
            raise ValueError(f"it makes more than {MAX_MADE:,} numbers of constants, together with those before it")
        return FOLDS[node.op](node, given)

    def _are_zeros(self, node: OnnxNode) -> bool:
        """Whether the node gives zeros of a size that another tensor says, or a part of such."""
        if node.op == "ConstantOfShape":
            tensor = node.attributes["value"].tensor(self.wire) if "value" in node.attributes else None
            return tensor is None or not tensor.array().any()
        if node.op == "Expand":
            return self.is_zero(node.inputs[0])
        return node.op in _KEEPS_ZEROS and node.inputs[0] in self.zeros

    def is_zero(self, name: str) -> bool:
        """Whether all numbers of a constant are 0."""
        return name in self.zeros or (name in self and not self.array(name).any())

    def _constant(self, node: OnnxNode) -> None:
        attributes = node.attributes
        tensor = attributes["value"].tensor(self.wire) if "value" in attributes else None
        if tensor is not None:
            self.tensors[node.outputs[0]] = tensor
        elif "value_float" in attributes:
            self.arrays[node.outputs[0]] = np.array(attributes["value_float"].number())
        elif "value_int" in attributes:
            self.arrays[node.outputs[0]] = np.array(attributes["value_int"].number())
        elif "value_ints" in attributes:
            self.arrays[node.outputs[0]] = np.array(attributes["value_ints"].integers(), dtype=np.float64)
        else:
            raise ValueError("a constant of a kind that is not read")

    def origin(self, name: str) -> str:
        """The name that a tensor has in the file."""
        return self.renamed.get(name, name)

    def array(self, name: str) -> Array:
        """Its numbers; raises ValueError where they cannot be had."""
        name = self.origin(name)
        if name in self.zeros:
            raise ValueError("it is given zeros of a size that the file does not say")
        if name not in self.arrays:
            self.arrays[name] = self.tensors[name].array()
        return self.arrays[name]

    def optional(self, inputs: Sequence[str], index: int) -> Array | None:
        """An input that may be missing, as a vector. Raises ValueError where its numbers cannot be had."""
        return self.array(inputs[index]).ravel() if len(inputs) > index and inputs[index] else None

    def precision(self, name: str) -> str | None:
        """The format that a tensor is stored in, where a spec knows it."""
        tensor = self.tensors.get(self.origin(name))
        return PRECISIONS.get(tensor.kind) if tensor else None


def name_of(tensor: str) -> str:
    """What PyTorch calls the module whose weight it is; empty for other tensors, and where it is a mere number."""
    name = tensor.removesuffix(".weight") if tensor.endswith(".weight") else ""
    return "" if name.isdecimal() else name
