"""The residual block: the sum of the input and what its layers make of it (He et al. 2016, arXiv:1512.03385)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.windows import by, values

SHORTCUT = (
    "Layers on the way past them, where the input itself does not fit the sum; "
    "a linear map there has no activation unless it names one."
)


@dataclass(frozen=True, slots=True)
class ResidualSpec(Layer):
    """The sum of the input and what the layers make of it; the shapes must agree."""

    type: ClassVar[str] = "residual"
    noun: ClassVar[str] = "a residual block"

    layers: tuple[Layer, ...] = key("layers", "The layers of the block.")
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Of the sum (none).", None)
    shortcut: tuple[Layer, ...] = key("layers", SHORTCUT, ())

    def output_shape(self, inputs: Shape) -> Shape:
        given, passed = _behind(self.layers, inputs), _behind(self.shortcut, inputs)
        if given != passed:
            what = "the shortcut" if self.shortcut else "its input"
            raise ValueError(f"the block gives {values(given)}, {what} {by(passed)}; the two cannot be added")
        return given

    def build(self, binding: Binding) -> Op:
        return Add(binding.branches["layers"], binding.branches.get("shortcut"), binding.is_first)


def _behind(layers: tuple[Layer, ...], shape: Shape) -> Shape:
    for layer in layers:
        for _ in range(layer.repeat):
            shape = layer.output_shape(shape)
    return shape


class Add(Op):
    """y = S(x) + F(x): F the operation of the layers inside, S that of the shortcut, or x itself."""

    def __init__(self, inner: Op, shortcut: Op | None, is_first: bool) -> None:
        self.inner, self.shortcut, self.is_first = inner, shortcut, is_first

    def forward(self, x: Array) -> Array:
        return np.add(self.shortcut.forward(x) if self.shortcut else x, self.inner.forward(x))

    def backward(self, dy: Array) -> Array:
        skipped = self.shortcut.backward(dy) if self.shortcut else dy
        dx = self.inner.backward(dy)
        return dx if self.is_first else np.add(skipped, dx)

    def tangent(self, Rx: Array | None) -> Array | None:
        skipped, Ry = self.shortcut.tangent(Rx) if self.shortcut else Rx, self.inner.tangent(Rx)
        return Ry if skipped is None else skipped if Ry is None else np.add(skipped, Ry)

    def tangent_backward(self, Rdy: Array) -> Array:
        own = Rdy.copy()  # both ways may overwrite what they are handed
        skipped = self.shortcut.tangent_backward(own) if self.shortcut else own
        Rdx = self.inner.tangent_backward(Rdy)
        return Rdx if self.is_first else np.add(skipped, Rdx)
