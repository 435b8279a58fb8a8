"""The links of the chain: each knows its way forward, back, and both again along a direction (R-operator).

Every array has the seeds in front: x, z, h and delta are seeds × samples × units, W is seeds × inputs × units.
`R` before a letter is its change along the direction v (Pearlmutter 1994, "Fast exact multiplication by the
Hessian"): a block computes R{its output} from R{its input}, and R{∂/∂input} from R{∂/∂output}. None stands for
a tangent that is zero (the data do not move).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.nn.parameters import Views
from gradaudit.spec import Named

Array = npt.NDArray[np.float64]


class Block(Protocol):
    """One link; it keeps what its way back needs."""

    def forward(self, x: Array) -> Array:
        """The block's output."""

    def backward(self, dy: Array) -> Array:
        """∂loss/∂x from ∂loss/∂y; writes the gradients of its own parameters."""

    def tangent(self, Rx: Array | None) -> Array | None:
        """R{y} from R{x}."""

    def tangent_backward(self, Rdy: Array) -> Array:
        """R{∂loss/∂x} from R{∂loss/∂y}; writes its share of the Hessian product."""


class Linear:
    """z = xW + b."""

    def __init__(self, views: Views, row: int, is_first: bool, shape: tuple[int, int, int]) -> None:
        self.W, self.b = views.theta[row, "weight"], views.theta.get((row, "bias"))
        self.gW, self.gb = views.g[row, "weight"], views.g.get((row, "bias"))
        self.V, self.vb = views.v[row, "weight"], views.v.get((row, "bias"))
        self.HV, self.Hvb = views.Hv[row, "weight"], views.Hv.get((row, "bias"))
        self.is_first = is_first
        seeds, samples, inputs = shape
        self.z = np.empty((seeds, samples, self.W.shape[-1]))
        self.dx = np.empty((0,) if is_first else (seeds, samples, inputs))
        self.ones = np.ones((1, samples))

    def forward(self, x: Array) -> Array:
        self.x = x
        np.matmul(x, self.W, out=self.z)
        if self.b is not None:
            self.z += self.b[:, None, :]
        return self.z

    def backward(self, dy: Array) -> Array:
        self.dz = dy
        np.matmul(self.x.swapaxes(-1, -2), dy, out=self.gW)
        if self.gb is not None:
            np.matmul(self.ones, dy, out=self.gb[:, None, :])
        if not self.is_first:
            np.matmul(dy, self.W.swapaxes(-1, -2), out=self.dx)
        return self.dx

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rx = Rx
        Rz = self.x @ self.V
        if Rx is not None:
            Rz += Rx @ self.W
        if self.vb is not None:
            Rz += self.vb[:, None, :]
        return np.asarray(Rz)

    def tangent_backward(self, Rdy: Array) -> Array:
        np.matmul(self.x.swapaxes(-1, -2), Rdy, out=self.HV)
        if self.Rx is not None:
            self.HV += self.Rx.swapaxes(-1, -2) @ self.dz
        if self.Hvb is not None:
            np.matmul(self.ones, Rdy, out=self.Hvb[:, None, :])
        if self.is_first:
            return self.dx
        Rdx = Rdy @ self.W.swapaxes(-1, -2)
        Rdx += self.dz @ self.V.swapaxes(-1, -2)
        return np.asarray(Rdx)


class Activate:
    """h = f(z); delta = ∂loss/∂h ⊙ f′(z)."""

    def __init__(self, activation: Named, shape: tuple[int, int, int]) -> None:
        self.functions = ACTIVATIONS[activation.name].bind(activation)
        self.buffer = np.empty(shape)
        self.is_linear = activation.name == "identity"

    def forward(self, x: Array) -> Array:
        self.z, self.h = x, self.functions.f(x)
        return self.h

    def backward(self, dy: Array) -> Array:
        self.dh = dy
        if self.is_linear:
            self.delta = dy
        else:
            self.df = self.functions.df(self.z, self.h)
            self.delta = np.multiply(dy, self.df, out=self.buffer)
        return self.delta

    def slope(self) -> Array:
        """f′(z)."""
        return np.ones_like(self.z) if self.is_linear else self.df

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rz = Rx
        return Rx if self.is_linear or Rx is None else Rx * self.df

    def tangent_backward(self, Rdy: Array) -> Array:
        if self.is_linear:
            return Rdy
        Rdelta = Rdy * self.df
        if self.Rz is not None:
            Rdelta += self.dh * self.functions.d2f(self.z, self.h) * self.Rz
        return np.asarray(Rdelta)
