"""A network of roads.py as the ONNX graph that an exporter writes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.inputs.onnx import writing
from tests.inputs.roads import CELLS, Arrays, Part, gates

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh"}
ONNX_ORDER = {"rnn": (0,), "lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}


class OnnxForm:
    """The graph node by node, as an exporter writes it."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays, self.nodes, self.tensors = arrays, list[bytes](), list[bytes]()

    def stored(self, name: str, array: np.ndarray | None = None, whole: bool = False) -> str:
        """A constant; the module's own parameter where no array is given."""
        array = self.arrays[name] if array is None else array
        self.tensors.append(writing.tensor(name, array.astype("<i8" if whole else "<f4"), 7 if whole else 1))
        return name

    def step(self, op: str, *inputs: str, **attributes: Any) -> str:
        """A node, and what it gives."""
        self.nodes.append(writing.node(op, inputs, f"t{len(self.nodes)}", **attributes))
        return f"t{len(self.nodes) - 1}"

    def numbers(self, *values: int) -> str:
        """Whole numbers as a constant of their own."""
        return self.stored(f"k{len(self.tensors)}", np.array(values), whole=True)

    def through(self, x: str, parts: list[Part], prefix: str = "p") -> str:
        """What comes out behind the parts."""
        for k, (kind, *said) in enumerate(parts):
            x = self.part(x, f"{prefix}{k}", kind, said)
        return x

    def part(self, x: str, name: str, kind: str, said: list[Any]) -> str:
        """What comes out of a part."""
        if kind == "skip":
            beside = self.through(x, said[1], f"{name}b") if said[1] else x
            return self.step("Add", self.through(x, said[0], f"{name}a"), beside)
        if kind in CELLS:
            return self.recurrent(x, name, kind, *said)
        if kind == "norm":
            own = [self.stored(f"{name}.{each}") for each in ("weight", "bias")]
            return self.step("BatchNormalization", x, *own, own[1], own[0])
        if kind == "dense":
            turned = self.stored(f"{name}.weight", self.arrays[f"{name}.weight"].T)
            return self.step("Add", self.step("MatMul", x, turned), self.stored(f"{name}.bias"))
        return self.of_maps(x, name, kind, said)

    def of_maps(self, x: str, name: str, kind: str, said: list[Any]) -> str:
        """Convolutions, pooling, means, flattening, embeddings and activations."""
        if kind == "conv":
            _, kernel, stride, pad = said
            own = [self.stored(f"{name}.{each}") for each in ("weight", "bias")]
            sizes = {"kernel_shape": (kernel,) * 2, "strides": (stride,) * 2, "pads": (pad,) * 4}
            return self.step("Conv", x, *own, **sizes)
        if kind in ("max", "avg"):
            op = {"max": "MaxPool", "avg": "AveragePool"}[kind]
            size, stride, pad = said if len(said) == 3 else (said[0], said[0], 0)
            return self.step(op, x, kernel_shape=(size,) * 2, strides=(stride,) * 2, pads=(pad,) * 4)
        if kind == "embed":
            return self.step("Gather", self.stored(f"{name}.weight"), x)
        if said == ["pool"]:
            return self.step("Flatten", self.step("GlobalAveragePool", x))
        if kind == "mean":
            return self.step("ReduceMean", x, axes=(1,) if said == ["steps"] else (2, 3), keepdims=0)
        return self.step("Flatten" if kind == "flatten" else ACTIVATIONS[kind], x)

    def recurrent(self, x: str, name: str, kind: str, units: int, halves: int, goes_on: bool) -> str:
        """Steps in front and back again, or the last state."""
        own = []
        for part, of in (("weight_ih", "W"), ("weight_hh", "R")):
            directions = [self.arrays[f"{name}.{part}_l0{half}"] for half in ("", "_reverse")[:halves]]
            array = np.stack([gates(each, ONNX_ORDER[kind]) for each in directions])
            own.append(self.stored(f"{name}.weight" if of == "W" else f"{name}.{of}", array))
        biases = [
            np.concatenate([gates(self.arrays[f"{name}.bias_{p}_l0{half}"], ONNX_ORDER[kind]) for p in ("ih", "hh")])
            for half in ("", "_reverse")[:halves]
        ]
        own.append(self.stored(f"{name}.B", np.stack(biases)))
        said: dict[str, Any] = {"hidden_size": units} | ({"direction": "bidirectional"} if halves == 2 else {})
        said |= {"linear_before_reset": 1} if kind == "gru" else {}
        y = self.step(CELLS[kind].upper(), self.step("Transpose", x, perm=(1, 0, 2)), *own, **said)
        self.nodes[-1] += writing.field(2, f"{y}h")
        if goes_on:
            turned = self.step("Transpose", y, perm=(2, 0, 1, 3))
            return self.step("Reshape", turned, self.numbers(0, 0, -1))
        if halves == 1:
            return self.step("Squeeze", f"{y}h", self.numbers(0))
        both = [
            self.step("Gather", f"{y}h", self.stored(f"k{len(self.tensors)}", np.array(k), whole=True)) for k in (0, 1)
        ]
        return self.step("Concat", *both, axis=1)
