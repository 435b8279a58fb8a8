"""Global pooling: one number a channel, of all positions."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.windows import values


@dataclass(frozen=True, slots=True)
class GlobalAvgPoolSpec(Layer):
    """The mean of each channel."""

    type: ClassVar[str] = "global_avg_pool"
    noun: ClassVar[str] = "a pooling layer"

    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Behind the pooling (none).", None)

    def output_shape(self, inputs: Shape) -> Shape:
        if len(inputs) == 1:
            raise ValueError(f"{self.type} pools positions, but gets {values(inputs)} without positions")
        return inputs[-1:]

    def build(self, binding: Binding) -> Op:
        return Mean(binding.inputs)


@dataclass(frozen=True, slots=True)
class GlobalMaxPoolSpec(GlobalAvgPoolSpec):
    """The largest value of each channel."""

    type: ClassVar[str] = "global_max_pool"

    def build(self, binding: Binding) -> Op:
        return Largest(binding.inputs)


class Mean(Op):
    """y = Σ x/positions."""

    def __init__(self, inputs: Shape) -> None:
        self.inputs, self.positions = inputs, prod(inputs[:-1])

    def forward(self, x: Array) -> Array:
        return np.asarray(self._folded(x).mean(axis=-2))

    def backward(self, dy: Array) -> Array:
        return np.repeat(dy / self.positions, self.positions, axis=-2)

    def tangent(self, Rx: Array | None) -> Array | None:
        return None if Rx is None else self.forward(Rx)

    def tangent_backward(self, Rdy: Array) -> Array:
        return self.backward(Rdy)

    def _folded(self, x: Array) -> Array:
        """… × samples × positions × channels."""
        return x.reshape(*x.shape[:-2], -1, self.positions, x.shape[-1])


class Largest(Mean):
    """y = x where it is largest, of equals the first, as PyTorch has it."""

    def forward(self, x: Array) -> Array:
        folded = self._folded(x)
        self.choice = folded.argmax(axis=-2, keepdims=True)
        return self._chosen(folded)

    def _chosen(self, folded: Array) -> Array:
        return np.take_along_axis(folded, self.choice, axis=-2)[..., 0, :]

    def backward(self, dy: Array) -> Array:
        dx = np.zeros((*dy.shape[:-1], self.positions, dy.shape[-1]), dy.dtype)
        np.put_along_axis(dx, self.choice, dy[..., None, :], axis=-2)
        return dx.reshape(*dy.shape[:-2], -1, dy.shape[-1])

    def tangent(self, Rx: Array | None) -> Array | None:
        return None if Rx is None else self._chosen(self._folded(Rx))
