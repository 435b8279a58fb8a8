"""The activation behind a layer: h = f(z), one function for every value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import Layer
from gradaudit.layers.operation import Binding, Op, Tap


@dataclass(frozen=True, slots=True)
class ActivationSpec(Layer):
    """The place of an activation behind a layer that is no linear map; no entry of a spec."""

    type: ClassVar[str] = "activation"
    noun: ClassVar[str] = "an activation"

    activation: Named | None
    repeat: int = 1
    name: str | None = None

    def output_shape(self, inputs: Shape) -> Shape:
        return inputs

    def build(self, binding: Binding) -> Op:
        shape = (binding.seeds, binding.rows, binding.inputs[-1])
        return Activate(self.activation or Named("identity"), shape, binding.dtype)


class Activate(Op):
    """h = f(z); delta = ∂loss/∂h ⊙ f′(z)."""

    def __init__(self, activation: Named, shape: tuple[int, int, int], dtype: npt.DTypeLike = np.float64) -> None:
        self.functions = ACTIVATIONS[activation.name].bind(activation)
        self.is_linear = activation.name == "identity"
        self._h: Array | None = None  # the first pass's arrays are the buffers of all that follow
        self._df: npt.NDArray[Any] | None = None
        self._delta = np.empty(() if self.is_linear else shape, dtype)
        self._bend: Array | None = None

    def forward(self, x: Array) -> Array:
        self.z = self.h = x
        if not self.is_linear:
            self.h = self._h = self.functions.f(x, out=self._h)
        return self.h

    def backward(self, dy: Array) -> Array:
        self.dh = self.delta = dy
        if not self.is_linear:
            self._bend = None
            self.df = self._df = self.functions.df(self.z, self.h, out=self._df)
            self.delta = np.multiply(dy, self.df, out=self._delta)
        return self.delta

    def taps(self) -> Iterator[Tap]:
        yield Tap("z", self.z, self.h, self.dh, self.delta, None if self.is_linear else self.df)

    @cached_property
    def _tangent(self) -> Array:
        return np.empty_like(self._delta)

    @property
    def bend(self) -> Array | None:
        """∂loss/∂h ⊙ f″(z), kept between the products of one pass; None where f″ is 0."""
        if self._bend is None and self.functions.d2f is not None:
            self._bend = self.dh * self.functions.d2f(self.z, self.h)
        return self._bend

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rz = Rx
        return Rx if self.is_linear or Rx is None else np.multiply(Rx, self.df, out=self._tangent)

    def tangent_backward(self, Rdy: Array) -> Array:
        if self.is_linear:
            return Rdy
        np.multiply(Rdy, self.df, out=Rdy)
        if self.Rz is not None and self.bend is not None:
            np.multiply(self.Rz, self.bend, out=self.Rz)
            np.add(Rdy, self.Rz, out=Rdy)
        return Rdy
