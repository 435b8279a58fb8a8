"""The dense layer: z = xW + b on the last axis, at each position by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import ClassVar, Literal

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named, Plain
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.interface import NAME, REPEAT, LinearMap, key, matrix, said_by
from gradaudit.layers.operation import Binding, LinearOp, Op


@dataclass(frozen=True, slots=True)
class DenseSpec(LinearMap):
    """A dense layer with more to say than its number of units."""

    type: ClassVar[str] = "dense"
    noun: ClassVar[str] = "a dense layer"
    numbered: ClassVar[Mapping[str, str]] = {"weight": "coefs", "bias": "intercepts"}
    torch_names: ClassVar[Mapping[str, str]] = {"weight": "weight", "bias": "bias"}

    units: int = key("count", "Number of units.")
    activation: Named | None = key("activation", "Instead of the model's `activation` or `output`.", None)
    init: Named | None = key("initializer", "Of the weights, instead of the model's `init`.", None)
    bias: Named | Literal[False] | None = key("bias", "Of the biases; false for none.", None)
    norm: Named | None = key("norm", "Between the linear map and the activation.", None)
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)

    def plain(self) -> Plain:
        """As it is written in a spec: the number of units where there is no more to say."""
        said = said_by(self)
        return said if said.keys() > {"units"} else self.units

    def output_shape(self, inputs: Shape) -> Shape:
        return (*inputs[:-1], self.units)

    def parameters(self, inputs: Shape) -> tuple[Parameter, ...]:
        fans = (inputs[-1], self.units)
        weight = matrix(*fans)
        return (weight,) if self.bias is False else (weight, Parameter("bias", (self.units,), "bias", *fans))

    def flops(self, inputs: Shape) -> float:
        return 2.0 * prod(inputs) * self.units

    def build(self, binding: Binding) -> Op:
        return Linear(binding)


class Linear(LinearOp):
    """z = xW + b: x is seeds × rows × inputs, W seeds × inputs × units, b seeds × units."""

    def __init__(self, binding: Binding) -> None:
        of = binding.arrays
        self.W, self.gW, self.V, self.HV = of.theta["weight"], of.g["weight"], of.v["weight"], of.Hv["weight"]
        self.b, self.gb, self.vb, self.Hvb = (_column(a.get("bias")) for a in (of.theta, of.g, of.v, of.Hv))
        self.WT, self.VT = _turned(self.W), _turned(self.V)
        self.is_first = binding.is_first
        self.z = np.empty((binding.seeds, binding.rows, self.W.shape[-1]), self.W.dtype)
        self._dx = np.empty((0,) if self.is_first else (binding.seeds, binding.rows, binding.inputs[-1]), self.W.dtype)
        self.ones = np.ones((1, binding.rows), self.W.dtype)

    def forward(self, x: Array) -> Array:
        self.x = x
        np.matmul(x, self.W, out=self.z)
        if self.b is not None:
            np.add(self.z, self.b, out=self.z)
        return self.z

    def backward(self, dy: Array) -> Array:
        self.dz, self.xT = dy, _turned(self.x)
        np.matmul(self.xT, dy, out=self.gW)
        if self.gb is not None:
            np.matmul(self.ones, dy, out=self.gb)
        if not self.is_first:
            np.matmul(dy, self.WT, out=self._dx)
        return self._dx

    def pull(self, dz: Array) -> Array:
        return np.asarray(dz @ self.WT)

    @cached_property
    def _tangents(self) -> tuple[Array, Array, Array, Array, Array]:
        """Rz, Rdx, and room for the second product of Rz, of HV and of Rdx: made when curvature is first asked for."""
        Rdx = np.empty_like(self._dx)
        return np.empty_like(self.z), Rdx, np.empty_like(self.z), np.empty_like(self.W), np.empty_like(Rdx)

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rx = Rx
        Rz, _, second, _, _ = self._tangents
        np.matmul(self.x, self.V, out=Rz)
        if Rx is not None:
            np.add(Rz, np.matmul(Rx, self.W, out=second), out=Rz)
        if self.vb is not None:
            np.add(Rz, self.vb, out=Rz)
        return Rz

    def tangent_backward(self, Rdy: Array) -> Array:
        _, Rdx, _, second_HV, second_Rdx = self._tangents
        np.matmul(self.xT, Rdy, out=self.HV)
        if self.Rx is not None:
            np.add(self.HV, np.matmul(_turned(self.Rx), self.dz, out=second_HV), out=self.HV)
        if self.Hvb is not None:
            np.matmul(self.ones, Rdy, out=self.Hvb)
        if not self.is_first:
            np.matmul(Rdy, self.WT, out=Rdx)
            np.add(Rdx, np.matmul(self.dz, self.VT, out=second_Rdx), out=Rdx)
        return Rdx


def _column(vector: Array | None) -> Array | None:
    """Seeds × units as seeds × 1 × units, to stand beside rows."""
    return None if vector is None else vector[:, None, :]


def _turned(matrix: Array) -> Array:
    """The transpose of each seed's matrix, a view."""
    return matrix.swapaxes(-1, -2)
