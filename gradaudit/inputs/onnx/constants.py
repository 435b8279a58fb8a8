"""The constants of an ONNX graph: what is stored in it, and what nodes make of that alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradaudit.inputs.described.model import Array
from gradaudit.inputs.onnx.arithmetic import FOLDS, values_of
from gradaudit.inputs.onnx.proto import PRECISIONS, Graph, OnnxNode, Tensor

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
