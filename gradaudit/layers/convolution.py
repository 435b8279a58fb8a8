"""A convolution's operation: patches times kernel, for any number of axes and groups of channels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.layers.operation import Binding, LinearOp
from gradaudit.layers.patches import Patches
from gradaudit.layers.transposed import back_through
from gradaudit.layers.windows import Pad, Windows, maps_of

Array = npt.NDArray[np.float64]


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
