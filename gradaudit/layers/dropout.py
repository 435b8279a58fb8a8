"""Inverted dropout: a value is zeroed with probability `rate`, the others are divided by 1 − rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op


@dataclass(frozen=True, slots=True)
class DropoutSpec(Layer):
    """Dropout: on in the training run alone."""

    type: ClassVar[str] = "dropout"
    noun: ClassVar[str] = "a dropout layer"

    rate: float = key("share", "Share of the values that are set to 0.")
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Behind the dropout (none).", None)

    def output_shape(self, inputs: Shape) -> Shape:
        return inputs

    def build(self, binding: Binding) -> Op:
        return Drop(binding, self.rate)


class Drop(Op):
    """x ⊙ mask/(1 − rate), where the binding brings generators; else x (Srivastava et al. 2014)."""

    def __init__(self, binding: Binding, rate: float) -> None:
        self.rate, self.generators = rate, binding.dropout
        self.mask: Array | float = 1.0

    def forward(self, x: Array) -> Array:
        if self.generators is not None and self.rate:
            kept = [rng.random(x.shape[-2:]) >= self.rate for rng in self.generators]
            self.mask = np.stack(kept).astype(x.dtype) / (1 - self.rate)
        return self._apply(x)

    def backward(self, dy: Array) -> Array:
        return self._apply(dy)

    def tangent(self, Rx: Array | None) -> Array | None:
        return None if Rx is None else self._apply(Rx)

    def tangent_backward(self, Rdy: Array) -> Array:
        return self._apply(Rdy)

    def _apply(self, a: Array) -> Array:
        return a if isinstance(self.mask, float) else np.multiply(a, self.mask)
