"""Pooling's operations: what each window keeps of its values, channel by channel, for any number of axes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.windows import Pad, Padding, Sides, Windows, maps_of, positions, sides, windows


@dataclass(frozen=True, slots=True)
class Pooling(Layer):
    """What poolings over any number of axes share."""

    noun: ClassVar[str] = "a pooling layer"
    axes: ClassVar[int]

    size: Sides = key("sides", "Positions of a window, one number or one an axis.", 2)
    stride: Sides | None = key("sides", "Positions from one window to the next (its size).", None)
    padding: Padding = key("padding", "Around the map: valid (none), same, or a number.", "valid")
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Behind the pooling (none).", None)

    def windows(self, inputs: Shape) -> Windows:
        """Over its input. Raises ValueError where they do not fit."""
        map_ = positions(inputs, self.axes, self.type)
        size = sides(self.size, self.axes, "size")
        stride = size if self.stride is None else sides(self.stride, self.axes, "stride")
        most = tuple(side - 1 if self.padding == "same" else side // 2 for side in size)  # each window sees a value
        return windows(map_, size, stride, self.padding, (1,) * self.axes, most)

    def output_shape(self, inputs: Shape) -> Shape:
        return (*self.windows(inputs).outputs, inputs[-1])

    def kept(self, inputs: Shape) -> int:
        return prod(self.windows(inputs).padded) * inputs[-1]


class Pool(Op):
    """Linear for a given choice of values: the way back is the transpose, and along a direction it is itself."""

    border: ClassVar[float] = 0.0

    def __init__(self, binding: Binding, windows: Windows) -> None:
        self.windows, self.inputs = windows, binding.inputs
        self.outputs: Shape = (*windows.outputs, binding.inputs[-1])
        self.pad, self.pad_tangent = Pad(windows, value=self.border), Pad(windows)
        self.inside, self._buffers = Pad(windows).inside, dict[str, Array]()

    @abstractmethod
    def share(self, place: int) -> Array | float:
        """By what the value at a place of each window is multiplied, * outputs × channels or one number."""

    def tangent(self, Rx: Array | None) -> Array | None:
        return None if Rx is None else self._sum(self.pad_tangent(maps_of(Rx, self.inputs)), Rx)

    def backward(self, dy: Array) -> Array:
        return self._spread(dy, "dx")

    def tangent_backward(self, Rdy: Array) -> Array:
        return self._spread(Rdy, "Rdx")

    def _sum(self, maps: Array, x: Array) -> Array:
        """Σ over the places of a window of share × value."""
        total = sum(self.windows.at(maps, offset) * self.share(k) for k, offset in enumerate(self.windows.offsets))
        return np.asarray(total).reshape(*x.shape[:-2], -1, x.shape[-1])

    def _spread(self, dy: Array, name: str) -> Array:
        """The transpose: each window's dy handed to its places by their shares, in the buffer of this name."""
        dz = maps_of(dy, self.outputs)
        shape = (*dz.shape[:2], *self.windows.padded, dy.shape[-1])
        whole = self._buffers.get(name)
        if whole is None:
            whole = self._buffers[name] = np.zeros(shape, dy.dtype)
        if not self.windows.tile:
            whole[...] = 0
        for k, offset in enumerate(self.windows.offsets):
            target = self.windows.at(whole, offset)
            if self.windows.tile:
                np.multiply(dz, self.share(k), out=target)
            else:
                np.add(target, dz * self.share(k), out=target)
        return np.asarray(whole[self.inside]).reshape(len(dy), -1, dy.shape[-1])


class MaxPool(Pool):
    """The largest value of each window, of equals the first, as PyTorch has it."""

    border = -np.inf

    def forward(self, x: Array) -> Array:
        maps = self.pad(maps_of(x, self.inputs))
        places = enumerate(self.windows.offsets)
        _, first = next(places)
        best = self.windows.at(maps, first).copy()
        self.choice = np.zeros(best.shape, np.min_scalar_type(prod(self.windows.kernel)))
        for k, offset in places:
            value = self.windows.at(maps, offset)
            later = np.multiply(value > best, k, dtype=self.choice.dtype)  # a third of what a mask costs
            np.maximum(self.choice, later, out=self.choice)
            np.maximum(best, value, out=best)  # hands NaN on
        return best.reshape(*x.shape[:-2], -1, x.shape[-1])

    def share(self, place: int) -> Array:
        return np.asarray(self.choice == place)


class AveragePool(Pool):
    """The mean of each window, over the border's zeros too or without them."""

    def __init__(self, binding: Binding, windows: Windows, counts_border: bool) -> None:
        super().__init__(binding, windows)
        within = np.full((*windows.padded, 1), float(counts_border), binding.dtype)
        within[self.inside] = 1
        self.weight = 1 / sum(windows.at(within, offset) for offset in windows.offsets)

    def forward(self, x: Array) -> Array:
        return self._sum(self.pad(maps_of(x, self.inputs)), x)

    def share(self, place: int) -> Array | float:
        return self.weight
