"""A convolution's operation: patches times kernel, for any number of axes and groups of channels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import Binding, LinearOp
from gradaudit.layers.patches import Patches
from gradaudit.layers.windows import Pad, Windows

Array = npt.NDArray[np.float64]


class Convolve(LinearOp):
    """z = patches(x)·W + b; W is seeds × *kernel × channels in a group × channels, b seeds × channels."""

    def __init__(self, binding: Binding, windows: Windows, groups: int) -> None:
        of = binding.arrays
        self.W, self.gW, self.V, self.HV = of.theta["weight"], of.g["weight"], of.v["weight"], of.Hv["weight"]
        self.b, self.gb, self.vb, self.Hvb = (a.get("bias") for a in (of.theta, of.g, of.v, of.Hv))
        self.windows, self.groups, self.is_first, self.dtype = windows, groups, binding.is_first, self.W.dtype
        self.inputs, self.outputs = binding.inputs, (*windows.outputs, self.W.shape[-1])
        self.patches, self.turned = Patches(windows, groups), Patches(windows.back(), groups)
        self.pads = Pad(windows), Pad(windows)
        self.spreads = tuple(Pad(self.turned.windows, windows.stride) for _ in "12")
        rows = binding.samples * prod(windows.outputs)
        self.z = np.empty((binding.seeds, rows, self.W.shape[-1]), self.dtype)
        self._dx = np.empty((0,) if self.is_first else (binding.seeds, binding.rows, binding.inputs[-1]), self.dtype)
        self.ones = np.ones((1, rows), self.dtype)

    def forward(self, x: Array) -> Array:
        self.x = self.pads[0](maps_of(x, self.inputs))
        self.patches.multiply([self.x], self._forward([self.W]), self.z)
        return self.z if self.b is None else np.add(self.z, self.b[:, None], out=self.z)

    def backward(self, dy: Array) -> Array:
        self.dz = dy
        self._gradient([(self.x, dy)], self.gW, self.gb)
        if not self.is_first:
            self.spread = self.spreads[0](maps_of(dy, self.outputs))
            self.turned.multiply([self.spread], self._turn([self.W]), self._dx)
        return self._dx

    def pull(self, dz: Array) -> Array:
        spread = Pad(self.turned.windows, self.windows.stride)(maps_of(dz, self.outputs))
        return self.turned.multiply([spread], self._turn([self.W]), np.empty_like(self._dx))

    @cached_property
    def _tangents(self) -> tuple[Array, Array]:
        """Rz and Rdx: made when curvature is first asked for."""
        return np.empty_like(self.z), np.empty_like(self._dx)

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rx = None if Rx is None else self.pads[1](maps_of(Rx, self.inputs))
        Rz, (maps, kernels) = self._tangents[0], ([self.x], [self.V])
        if self.Rx is not None:
            maps, kernels = [self.x, self.Rx], [self.V, self.W]
        self.patches.multiply(maps, self._forward(kernels), Rz)
        return Rz if self.vb is None else np.add(Rz, self.vb[:, None], out=Rz)

    def tangent_backward(self, Rdy: Array) -> Array:
        pairs = [(self.x, Rdy)] if self.Rx is None else [(self.x, Rdy), (self.Rx, self.dz)]
        self._gradient(pairs, self.HV, self.Hvb)
        Rdx = self._tangents[1]
        if not self.is_first:
            maps = [self.spreads[1](maps_of(Rdy, self.outputs)), self.spread]
            self.turned.multiply(maps, self._turn([self.W, self.V]), Rdx)
        return Rdx

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

    def _forward(self, kernels: Sequence[Array]) -> Array:
        """Kernels as what patches are multiplied by, one below the other."""
        found = [self._by_group(W) for W in kernels]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=2)

    def _turn(self, kernels: Sequence[Array]) -> Array:
        """Turned kernels, one below the other: seeds × groups × kernel·channels out × channels in."""
        found = []
        for W in kernels:
            split = W.reshape(len(W), prod(self.windows.kernel), -1, self.groups, W.shape[-1] // self.groups)
            turned = split[:, ::-1].transpose(0, 3, 1, 4, 2)
            found.append(turned.reshape(*turned.shape[:2], -1, turned.shape[-1]))
        return found[0] if len(found) == 1 else np.concatenate(found, axis=2)


def maps_of(rows: Array, shape: Shape) -> Array:
    """Seeds × samples·positions × channels as seeds × samples × *shape, a view; rows that seeds share have one seed."""
    return rows.reshape(len(rows) if rows.ndim > 2 else 1, -1, *shape)
