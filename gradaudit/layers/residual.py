"""The residual block: the sum of the input and what its layers make of it (He et al. 2016, arXiv:1512.03385)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, Binding, Layer, Op, key

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ResidualSpec(Layer):
    """The sum of the input and what the layers make of it; the shapes must agree."""

    type: ClassVar[str] = "residual"
    noun: ClassVar[str] = "a residual block"

    layers: tuple[Layer, ...] = key("layers", "The layers of the block.")
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Of the sum (none).", None)

    @property
    def inner(self) -> tuple[Layer, ...]:
        return self.layers

    def output_shape(self, inputs: Shape) -> Shape:
        return inputs

    def build(self, binding: Binding) -> Op:
        assert binding.inner is not None
        return Add(binding.inner, binding.is_first)


class Add(Op):
    """y = x + F(x), with F the operation of the layers inside."""

    def __init__(self, inner: Op, is_first: bool) -> None:
        self.inner, self.is_first = inner, is_first

    def forward(self, x: Array) -> Array:
        return np.add(x, self.inner.forward(x))

    def backward(self, dy: Array) -> Array:
        dx = self.inner.backward(dy)
        return dy if self.is_first else np.add(dy, dx)

    def tangent(self, Rx: Array | None) -> Array | None:
        Ry = self.inner.tangent(Rx)
        return Ry if Rx is None or Ry is None else np.add(Rx, Ry)

    def tangent_backward(self, Rdy: Array) -> Array:
        Rdx = self.inner.tangent_backward(Rdy.copy())  # F may overwrite it, and the skip passes Rdy on
        return Rdy if self.is_first else np.add(Rdy, Rdx, out=Rdy)
