"""A recurrent cell unrolled in time: backpropagation through time and its R-operator, both exact, in kept buffers.

a = xW + b is one product for all steps, and so are the weights' gradients and whatever a direction adds by itself; a
step makes one product for all gates, p = hU with h the state before (Werbos 1990; Pearlmutter 1994, section 4.4).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import numpy as np

from gradaudit.functions.activations import Functions
from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Tap
from gradaudit.layers.steps import Size, Steps, Track, Weights, flat, split, spread, turned

Source: TypeAlias = tuple[slice, Array]
"""Columns of the recurrent weight, and what they are multiplied with at all steps: seeds × rows × units."""


class Tangents:
    """R{·} of what a direction keeps; made when curvature is first asked for."""

    def __init__(self, size: Size, gates: int, *, is_reverse: bool) -> None:
        self.a, self.p, self.da, self.dp = (size.buffer(gates) for _ in range(4))
        self.A, self.P, self.DA, self.DP = map(split, (self.a, self.p, self.da, self.dp))
        self.h = Track(size, is_reverse=is_reverse)
        self.dh, self.carry, self.room = (size.room(size.units) for _ in range(3))
        self.product = size.room(gates)
        self.known: list[Steps] = []
        """Of each source, what the direction alone makes of ∂loss/∂p on its way to the state before."""


class Unrolled(ABC):
    """One direction of a recurrent layer. Subclasses say what a step is, there, back, and along a direction."""

    def __init__(self, parts: Sequence[Weights], size: Size, functions: Functions, *, is_reverse: bool) -> None:
        self.theta, self.g, self.v, self.Hv = parts
        self.size, self.functions, self.is_reverse = size, functions, is_reverse
        self.order = range(size.steps)[:: -1 if is_reverse else 1]
        self.gates = self.theta.U.shape[-1]
        self.a, self.da = size.buffer(self.gates), size.buffer(self.gates)
        self.A, self.DA = split(self.a), split(self.da)
        self.dp, self.DP = self.da, self.DA
        self.h, self.dh = Track(size, is_reverse=is_reverse), size.buffer(size.units)
        self.DH = split(self.dh)
        self.p = size.room(self.gates)
        self.carry, self.room = size.room(size.units), size.room(size.units)
        self.UT, self.WT = turned(self.theta.U), turned(self.theta.W)

    def forward(self, x: Array) -> None:
        """x: seeds (or one for all) × steps·samples × features."""
        self.x = x
        np.matmul(x, self.theta.W, out=flat(self.a))
        if self.theta.b is not None:
            np.add(self.a, spread(self.theta.b), out=self.a)
        for t in self.order:
            self.recur(t)

    def recur(self, t: int) -> None:
        """One step: p, then the state."""
        np.matmul(self.h.before[t], self.theta.U, out=self.p)
        self.step(t)

    @abstractmethod
    def step(self, t: int) -> None:
        """The state after from a, p and the state before."""

    def back(self, dy: Steps) -> None:
        """Through all steps, from the last that ran; dy: ∂loss/∂h from outside, of the last steps as many as given."""
        self.carry[:] = 0
        for t, outer in zip(self.order[::-1], dy, strict=False):
            np.add(outer, self.carry, out=self.DH[t])
            self.step_back(t)
            self.carry_back(t)
        for t in self.order[::-1][len(dy) :]:
            self.DH[t][:] = self.carry
            self.step_back(t)
            self.carry_back(t)

    @abstractmethod
    def step_back(self, t: int) -> None:
        """∂loss/∂a (and ∂loss/∂p, where it is another) from ∂loss/∂h."""

    @property
    def state_error(self) -> Array:
        """∂loss/∂ of the state that carries the memory, at all steps."""
        return self.dh

    def reach(self, dy: Steps) -> Array:
        """RMS of the state's error at each step that ran, the loss reaching it through the last alone: seeds × steps.

        The pass through all steps is made again where more of them reach the loss, and then as it was.
        """
        if len(dy) > 1:
            self.back(dy[:1])
        sizes = np.abs(self.state_error)
        largest = np.maximum(sizes.max(axis=(2, 3), keepdims=True), np.finfo(sizes.dtype).tiny)
        found = largest[:, :, 0, 0] * np.sqrt(np.square(sizes / largest).mean(axis=(2, 3)))  # no square underflows
        if len(dy) > 1:
            self.back(dy)
        return np.asarray(found[:, list(self.order)])

    def carry_back(self, t: int) -> None:
        """∂loss/∂h of the state before, as far as it comes through this step."""
        np.matmul(self.DP[t], self.UT, out=self.carry)

    def sources(self) -> tuple[Source, ...]:
        """What the recurrent weight is multiplied with."""
        return ((slice(None), self.h.earlier),)

    def gradients(self) -> None:
        """Of all parameters, from what `back` left."""
        np.matmul(turned(self.x), flat(self.da), out=self.g.W)
        for columns, source in self.sources():
            np.matmul(turned(source), flat(self.dp)[..., columns], out=self.g.U[..., columns])
        self._biases(self.g, self.da, self.dp)

    def _biases(self, into: Weights, da: Array, dp: Array) -> None:
        if into.b is not None:
            np.sum(da, axis=(1, 2), out=into.b)
        if into.c is not None:
            np.sum(dp[..., -self.size.units :], axis=(1, 2), out=into.c)

    def dx(self) -> Array:
        """∂loss/∂x, seeds × steps·samples × features."""
        return np.asarray(flat(self.da) @ self.WT)

    @cached_property
    def tangents(self) -> Tangents:
        """The tangents' buffers."""
        made = Tangents(self.size, self.gates, is_reverse=self.is_reverse)
        if self.dp is self.da:
            made.dp, made.DP = made.da, made.DA
        return made

    def tangent(self, Rx: Array | None) -> None:
        """R{h} of all steps from R{x}."""
        R, self.Rx = self.tangents, Rx
        np.matmul(self.x, self.v.W, out=flat(R.a))
        if Rx is not None:
            R.a += (Rx @ self.theta.W).reshape(R.a.shape)
        if self.v.b is not None:
            R.a += spread(self.v.b)
        for columns, source in self.sources():
            flat(R.p)[..., columns] = source @ self.v.U[..., columns]
        if self.v.c is not None:
            R.p[..., -self.size.units :] += spread(self.v.c)
        for t in self.order:
            self.recur_tangent(t)

    def recur_tangent(self, t: int) -> None:
        """R{p}, then R{h}."""
        self.tangents.P[t] += np.matmul(self.tangents.h.before[t], self.theta.U, out=self.tangents.product)
        self.step_tangent(t)

    @abstractmethod
    def step_tangent(self, t: int) -> None:
        """R{h} after from R{a}, R{p} and R{h} before."""

    def tangent_back(self, Rdy: Steps) -> None:
        """Through all steps again; writes the Hessian product's share."""
        R = self.tangents
        R.known = [
            split((flat(self.dp)[..., columns] @ turned(self.v.U[..., columns])).reshape(self.dh.shape))
            for columns, _ in self.sources()
        ]
        R.carry[:] = 0
        for k, t in enumerate(self.order[::-1]):
            np.add(Rdy[k] if k < len(Rdy) else 0.0, R.carry, out=R.dh)
            self.step_tangent_back(t)
            self.carry_tangent_back(t)
        self._hessian_products()

    @abstractmethod
    def step_tangent_back(self, t: int) -> None:
        """R{∂loss/∂a} (and R{∂loss/∂p}) from R{∂loss/∂h}."""

    def carry_tangent_back(self, t: int) -> None:
        """R{∂loss/∂h} of the state before."""
        np.matmul(self.tangents.DP[t], self.UT, out=self.tangents.carry)
        self.tangents.carry += self.tangents.known[0][t]

    def tangent_sources(self) -> tuple[Source, ...]:
        """R{·} of the sources."""
        return ((slice(None), self.tangents.h.earlier),)

    def _hessian_products(self) -> None:
        R = self.tangents
        np.matmul(turned(self.x), flat(R.da), out=self.Hv.W)
        if self.Rx is not None:
            np.add(self.Hv.W, turned(self.Rx) @ flat(self.da), out=self.Hv.W)
        for (columns, source), (_, R_source) in zip(self.sources(), self.tangent_sources(), strict=True):
            first = turned(source) @ flat(R.dp)[..., columns]
            np.add(first, turned(R_source) @ flat(self.dp)[..., columns], out=self.Hv.U[..., columns])
        self._biases(self.Hv, R.da, R.dp)

    def tangent_dx(self) -> Array:
        """R{∂loss/∂x}."""
        return np.asarray(flat(self.tangents.da) @ self.WT + flat(self.da) @ turned(self.v.W))

    @abstractmethod
    def taps(self) -> Iterator[Tap]:
        """Each gate, after a pass."""


CellType: TypeAlias = type[Unrolled]
