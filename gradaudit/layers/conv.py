"""Convolutions: at each position, a linear map of the window around it (cross-correlation, as frameworks have it)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import ClassVar, Literal

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.back import back_through
from gradaudit.layers.interface import NAME, REPEAT, LinearMap, key
from gradaudit.layers.operation import Binding, LinearOp, Op
from gradaudit.layers.patches import Patches
from gradaudit.layers.windows import Pad, Padding, Sides, Windows, maps_of, positions, sides, windows


class Convolve(LinearOp):
    """z = patches(x)·W + b; W is seeds × *kernel × channels in of a group × channels out, b seeds × channels out."""

    def __init__(self, binding: Binding, windows: Windows, groups: int) -> None:
        of = binding.arrays
        self.W, self.gW, self.V, self.HV = of.theta["weight"], of.g["weight"], of.v["weight"], of.Hv["weight"]
        self.b, self.gb, self.vb, self.Hvb = (a.get("bias") for a in (of.theta, of.g, of.v, of.Hv))
        self.groups, self.is_first, self.inputs = groups, binding.is_first, binding.inputs
        channels, rows = self.W.shape[-1], binding.samples * prod(windows.outputs)
        self.patches, self.pads = Patches(windows, groups), (Pad(windows), Pad(windows))
        self.back = back_through(windows, groups, (binding.inputs[-1], channels))
        self.z = np.empty((binding.seeds, rows, channels), self.W.dtype)
        self._dx = np.empty((0,) if self.is_first else (binding.seeds, binding.rows, binding.inputs[-1]), self.W.dtype)
        self.ones = np.ones((1, rows), self.W.dtype)

    def forward(self, x: Array) -> Array:
        self.x = self.pads[0](maps_of(x, self.inputs))
        self.patches.multiply([self.x], self._by_group(self.W), self.z)
        return self.z if self.b is None else np.add(self.z, self.b[:, None], out=self.z)

    def backward(self, dy: Array) -> Array:
        self.dz = dy
        self._gradient([(self.x, dy)], self.gW, self.gb)
        return self._dx if self.is_first else self.back([dy], [self.W], self._dx)

    def pull(self, dz: Array) -> Array:
        return self.back([dz], [self.W], np.empty_like(self._dx))

    @cached_property
    def _tangents(self) -> tuple[Array, Array]:
        """Rz and Rdx: made when curvature is first asked for."""
        return np.empty_like(self.z), np.empty_like(self._dx)

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rx = None if Rx is None else self.pads[1](maps_of(Rx, self.inputs))
        Rz, maps, kernel = self._tangents[0], [self.x], self._by_group(self.V)
        if self.Rx is not None:
            maps, kernel = [self.x, self.Rx], np.concatenate([kernel, self._by_group(self.W)], axis=2)
        self.patches.multiply(maps, kernel, Rz)
        return Rz if self.vb is None else np.add(Rz, self.vb[:, None], out=Rz)

    def tangent_backward(self, Rdy: Array) -> Array:
        pairs = [(self.x, Rdy)] if self.Rx is None else [(self.x, Rdy), (self.Rx, self.dz)]
        self._gradient(pairs, self.HV, self.Hvb)
        Rdx = self._tangents[1]
        return Rdx if self.is_first else self.back([Rdy, self.dz], [self.W, self.V], Rdx)

    def _gradient(self, pairs: Sequence[tuple[Array, Array]], of_W: Array, of_b: Array | None) -> None:
        """Σ patches(x)ᵀ·dz over the pairs, and the first dz summed over rows."""
        of_W[...] = 0
        for x, dz in pairs:
            self.patches.add_transposed(x, dz, self._by_group(of_W))
        if of_b is not None:
            np.matmul(self.ones, pairs[0][1], out=of_b[:, None])

    def _by_group(self, W: Array) -> Array:
        """Seeds × groups × depth × channels of a group, a view."""
        return W.reshape(len(W), -1, self.groups, W.shape[-1] // self.groups).swapaxes(1, 2)


@dataclass(frozen=True, slots=True)
class Convolution(LinearMap):
    """What convolutions over any number of axes share; a depthwise one has as many groups as channels come in."""

    noun: ClassVar[str] = "a convolution"
    width_key: ClassVar[str] = "channels"
    torch_names: ClassVar[Mapping[str, str]] = {"weight": "weight", "bias": "bias"}
    axes: ClassVar[int]

    channels: int = key("count", "Number of output channels.")
    kernel_size: Sides = key("sides", "Positions that it sees, one number or one an axis.")
    stride: Sides = key("sides", "Positions from one window to the next.", 1)
    padding: Padding = key("padding", "Zeros around the map: valid (none), same, or a number.", "valid")
    dilation: Sides = key("sides", "Positions from one that a window sees to the next.", 1)
    groups: int = key("count", "Groups of channels that do not see one another.", 1)
    activation: Named | None = key("activation", "Instead of the model's `activation` or `output`.", None)
    init: Named | None = key("initializer", "Of the weights, instead of the model's `init`.", None)
    bias: Named | Literal[False] | None = key("bias", "Of the biases; false for none.", None)
    norm: Named | None = key("norm", "Between the linear map and the activation.", None)
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)

    def windows(self, inputs: Shape) -> Windows:
        """Over its input. Raises ValueError where they do not fit."""
        map_ = positions(inputs, self.axes, self.type)
        kernel, stride, dilation = (
            sides(getattr(self, name), self.axes, name) for name in ("kernel_size", "stride", "dilation")
        )
        most = tuple(max((side - 1) * gap, 1) for side, gap in zip(kernel, dilation, strict=True))
        return windows(map_, kernel, stride, self.padding, dilation, most)

    def output_shape(self, inputs: Shape) -> Shape:
        outputs = self.windows(inputs).outputs
        if inputs[-1] % self.groups or self.channels % self.groups:
            says = f"{inputs[-1]} channels come in and {self.channels} go out"
            raise ValueError(f"groups: {self.groups} must divide both: {says}; write a number that does, such as 1")
        return (*outputs, self.channels)

    def parameters(self, inputs: Shape) -> tuple[Parameter, ...]:
        kernel = sides(self.kernel_size, self.axes, "kernel_size")
        fans = (prod(kernel) * inputs[-1] // self.groups, prod(kernel) * self.channels // self.groups)
        weight = Parameter("weight", (*kernel, inputs[-1] // self.groups, self.channels), "weight", *fans)
        return (weight,) if self.bias is False else (weight, Parameter("bias", (self.channels,), "bias", *fans))

    def kept(self, inputs: Shape) -> int:
        of, to = self.windows(inputs), self.output_shape(inputs)[-1]
        return max(prod(of.outputs) * to, prod(of.padded) * inputs[-1], prod(of.back().padded) * to)

    def flops(self, inputs: Shape) -> float:
        window = prod(sides(self.kernel_size, self.axes, "kernel_size")) * inputs[-1] // self.groups
        return 2.0 * prod(self.output_shape(inputs)) * window

    def build(self, binding: Binding) -> Op:
        return Convolve(binding, self.windows(binding.inputs), self.groups)


@dataclass(frozen=True, slots=True)
class Conv1dSpec(Convolution):
    """A convolution over the steps of a sequence."""

    type: ClassVar[str] = "conv1d"
    axes: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Conv2dSpec(Convolution):
    """A convolution over the height and width of an image."""

    type: ClassVar[str] = "conv2d"
    axes: ClassVar[int] = 2
