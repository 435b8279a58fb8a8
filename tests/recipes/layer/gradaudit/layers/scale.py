"""A scale a channel: y = a·x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op


@dataclass(frozen=True, slots=True)
class ScaleSpec(Layer):
    """A learnt scale of each channel."""

    type: ClassVar[str] = "scale"
    noun: ClassVar[str] = "a scale layer"

    start: float = key("positive", "What the scales start at.", 1.0)
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Behind the scale (none).", None)

    def output_shape(self, inputs: Shape) -> Shape:
        return inputs

    def parameters(self, inputs: Shape) -> tuple[Parameter, ...]:
        return (Parameter("scale", inputs[-1:], "scale", start=self.start),)

    def build(self, binding: Binding) -> Op:
        return Scale(binding)


class Scale(Op):
    """y = a·x, a seeds × channels."""

    def __init__(self, binding: Binding) -> None:
        of = binding.arrays
        self.a, self.va = of.theta["scale"][:, None, :], of.v["scale"][:, None, :]
        self.ga, self.Hva = of.g["scale"], of.Hv["scale"]

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.asarray(x * self.a)

    def backward(self, dy: Array) -> Array:
        self.dy = dy
        np.sum(dy * self.x, axis=-2, out=self.ga)
        return np.asarray(dy * self.a)

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rx = Rx
        own = self.x * self.va
        return np.asarray(own if Rx is None else own + Rx * self.a)

    def tangent_backward(self, Rdy: Array) -> Array:
        moved = Rdy * self.x if self.Rx is None else Rdy * self.x + self.dy * self.Rx
        np.sum(moved, axis=-2, out=self.Hva)
        return np.asarray(Rdy * self.a + self.dy * self.va)
