"""The plain recurrent layer: h = φ(xW + h₋₁U + b) (Elman 1990)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Tap
from gradaudit.layers.recurrent import RecurrentSpec
from gradaudit.layers.steps import Steps, flat, split
from gradaudit.layers.unrolled import CellType, Unrolled


@dataclass(frozen=True, slots=True)
class RnnSpec(RecurrentSpec):
    """A plain recurrent layer."""

    type: ClassVar[str] = "rnn"
    noun: ClassVar[str] = "an rnn layer"
    gates: ClassVar[int] = 1

    def cell(self) -> CellType:
        return RnnCell


class RnnCell(Unrolled):
    """Keeps φ′(a) of every step."""

    def step(self, t: int) -> None:
        a = np.add(self.A[t], self.p, out=self.A[t])
        h = self.h.after[t]
        h[:] = self.functions.f(a, out=h)

    @cached_property
    def slope(self) -> tuple[Array, Steps]:
        """φ′(a), and by steps."""
        buffer = self.size.buffer(self.size.units)
        return buffer, split(buffer)

    def back(self, dy: Steps) -> None:
        self._curve: Array | None = None
        super().back(dy)

    def step_back(self, t: int) -> None:
        slope = self.slope[1][t]
        slope[:] = self.functions.df(self.A[t], self.h.after[t])
        np.multiply(self.DH[t], slope, out=self.DA[t])

    @property
    def curve(self) -> Array:
        """∂loss/∂h ⊙ φ″(a) of all steps, kept between the products of one pass."""
        if self._curve is None:
            second = self.functions.d2f
            bend = 0.0 if second is None else second(self.a, self.h.later)
            self._curve = np.asarray(self.dh * bend)
        return self._curve

    def step_tangent(self, t: int) -> None:
        self.tangents.A[t] += self.tangents.P[t]
        np.multiply(self.slope[1][t], self.tangents.A[t], out=self.tangents.h.after[t])

    def step_tangent_back(self, t: int) -> None:
        np.multiply(self.tangents.dh, self.slope[1][t], out=self.tangents.DA[t])
        self.tangents.DA[t] += self.curve[:, t] * self.tangents.A[t]

    def taps(self) -> Iterator[Tap]:
        z, h, dh, delta, df = map(flat, (self.a, self.h.later, self.dh, self.da, self.slope[0]))
        yield Tap("z", z, h, dh, delta, df)
