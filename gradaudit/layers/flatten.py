"""Flatten: all values of a sample in one axis, its positions in row order with their channels inside."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op


@dataclass(frozen=True, slots=True)
class FlattenSpec(Layer):
    """Channels are the last axis, so that Keras's order is this one, and PyTorch's is not."""

    type: ClassVar[str] = "flatten"
    noun: ClassVar[str] = "a flattening"

    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Behind it (none).", None)

    def output_shape(self, inputs: Shape) -> Shape:
        return (prod(inputs),)

    def build(self, binding: Binding) -> Op:
        return Flatten(binding.inputs)


class Flatten(Op):
    """Seeds × (samples·positions) × channels as seeds × samples × (positions·channels), and back."""

    def __init__(self, inputs: Shape) -> None:
        self.inputs = inputs

    def forward(self, x: Array) -> Array:
        return x.reshape(*x.shape[:-2], -1, prod(self.inputs))

    def backward(self, dy: Array) -> Array:
        return dy.reshape(*dy.shape[:-2], -1, self.inputs[-1])

    def tangent(self, Rx: Array | None) -> Array | None:
        return None if Rx is None else self.forward(Rx)

    def tangent_backward(self, Rdy: Array) -> Array:
        return self.backward(Rdy)
