"""Convolutions: at each position, a linear map of the window around it (cross-correlation, as frameworks have it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.convolution import Convolve
from gradaudit.layers.interface import NAME, REPEAT, LinearMap, key
from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.sides import Padding, Sides, positions, sides, windows
from gradaudit.layers.windows import Windows


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
