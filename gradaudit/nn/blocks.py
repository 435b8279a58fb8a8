"""The links of the chain: each knows its way forward, back, and both again along a direction (R-operator).

Every array has the seeds in front: x, z, h and delta are seeds × samples × units, W is seeds × inputs × units.
`R` before a letter is its change along the direction v (Pearlmutter 1994, "Fast exact multiplication by the
Hessian"): a block computes R{its output} from R{its input}, and R{∂/∂input} from R{∂/∂output}. None stands for
a tangent that is zero (the data do not move).

Every block owns the arrays that it returns and writes them anew at each pass. What it returns forward and back stays
as it is until the next pass, for the R-operator and for the probes; what goes back along the direction may be
overwritten by the block that is handed it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

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


def _column(vector: Array | None) -> Array | None:
    """Seeds × units as seeds × 1 × units, to stand beside samples."""
    return None if vector is None else vector[:, None, :]


def _turned(matrix: Array) -> Array:
    """The transpose of each seed's matrix, a view."""
    return matrix.swapaxes(-1, -2)


class Linear:
    """z = xW + b."""

    def __init__(self, views: Views, row: int, is_first: bool, shape: tuple[int, int, int]) -> None:
        self.W, self.b = views.theta[row, "weight"], _column(views.theta.get((row, "bias")))
        self.gW, self.gb = views.g[row, "weight"], _column(views.g.get((row, "bias")))
        self.V, self.vb = views.v[row, "weight"], _column(views.v.get((row, "bias")))
        self.HV, self.Hvb = views.Hv[row, "weight"], _column(views.Hv.get((row, "bias")))
        self.WT, self.VT = _turned(self.W), _turned(self.V)
        self.is_first, self.shape = is_first, shape
        seeds, samples, _ = shape
        self.z = np.empty((seeds, samples, self.W.shape[-1]), self.W.dtype)
        self.dx = np.empty((0,) if is_first else shape, self.W.dtype)
        self.ones = np.ones((1, samples), self.W.dtype)

    def forward(self, x: Array) -> Array:
        self.x = x
        np.matmul(x, self.W, out=self.z)
        if self.b is not None:
            np.add(self.z, self.b, out=self.z)
        return self.z

    def backward(self, dy: Array) -> Array:
        self.dz, self.xT = dy, _turned(self.x)
        np.matmul(self.xT, dy, out=self.gW)
        if self.gb is not None:
            np.matmul(self.ones, dy, out=self.gb)
        if not self.is_first:
            np.matmul(dy, self.WT, out=self.dx)
        return self.dx

    @cached_property
    def _tangents(self) -> tuple[Array, Array, Array, Array, Array]:
        """Rz, Rdx, and room for the second product of Rz, of HV and of Rdx: made when curvature is first asked for."""
        Rdx = np.empty_like(self.dx)
        return np.empty_like(self.z), Rdx, np.empty_like(self.z), np.empty_like(self.W), np.empty_like(Rdx)

    def tangent(self, Rx: Array | None) -> Array | None:
        self.Rx = Rx
        Rz, _, second, _, _ = self._tangents
        np.matmul(self.x, self.V, out=Rz)
        if Rx is not None:
            np.add(Rz, np.matmul(Rx, self.W, out=second), out=Rz)
        if self.vb is not None:
            np.add(Rz, self.vb, out=Rz)
        return Rz

    def tangent_backward(self, Rdy: Array) -> Array:
        _, Rdx, _, second_HV, second_Rdx = self._tangents
        np.matmul(self.xT, Rdy, out=self.HV)
        if self.Rx is not None:
            np.add(self.HV, np.matmul(_turned(self.Rx), self.dz, out=second_HV), out=self.HV)
        if self.Hvb is not None:
            np.matmul(self.ones, Rdy, out=self.Hvb)
        if not self.is_first:
            np.matmul(Rdy, self.WT, out=Rdx)
            np.add(Rdx, np.matmul(self.dz, self.VT, out=second_Rdx), out=Rdx)
        return Rdx


class Activate:
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

    def slope(self) -> npt.NDArray[Any]:
        """f′(z)."""
        return np.ones_like(self.z) if self.is_linear else self.df

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
