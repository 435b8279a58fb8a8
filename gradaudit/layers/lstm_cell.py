"""A step of an LSTM, its derivatives and R-operators (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

i, f, o = σ(a), g = φ(a), c = f·c₋₁ + i·g, m = φ(c), h = o·m; gates in the order i f g o.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from gradaudit.functions.activations import Functions
from gradaudit.layers.gated import Gated
from gradaudit.layers.steps import Array, Size, Steps, Track, Weights, split


class LstmCell(Gated):
    """Keeps c, m = φ(c), φ′(c) and ∂loss/∂c of every step."""

    blocks: ClassVar[tuple[str, ...]] = ("input_gate", "forget_gate", "cell", "output_gate")
    candidate: ClassVar[int] = 2

    def __init__(self, parts: Sequence[Weights], size: Size, functions: Functions, *, is_reverse: bool) -> None:
        super().__init__(parts, size, functions, is_reverse=is_reverse)
        self.c = Track(size, is_reverse=is_reverse)
        self.m, self.m_slope, self.dc = (size.buffer(size.units) for _ in range(3))
        self.M, self.M_SLOPE, self.DC = map(split, (self.m, self.m_slope, self.dc))
        self.dc_carry = size.room(size.units)

    def step(self, t: int) -> None:
        np.add(self.A[t], self.p, out=self.A[t])
        self.open_gates(t)
        self.propose(t)
        i, f, g, o = self.gate_parts[t]
        c = np.multiply(f, self.c.before[t], out=self.c.after[t])
        np.add(c, np.multiply(i, g, out=self.room), out=c)
        m = self.M[t]
        m[:] = self.functions.f(c, out=m)
        np.multiply(o, m, out=self.h.after[t])

    def back(self, dy: Steps) -> None:
        self.dc_carry[:] = 0
        self._m_curve: Array | None = None
        super().back(dy)

    def step_back(self, t: int) -> None:
        self.find_slopes(t)
        i, f, g, o = self.gate_parts[t]
        di, df, dg, do = self.dgate_parts[t]
        dh, dc, m_slope = self.DH[t], self.DC[t], self.M_SLOPE[t]
        m_slope[:] = self.functions.df(self.c.after[t], self.M[t])
        np.multiply(dh, self.M[t], out=do)
        np.multiply(np.multiply(dh, o, out=dc), m_slope, out=dc)
        np.add(dc, self.dc_carry, out=dc)
        np.multiply(dc, g, out=di)
        np.multiply(dc, self.c.before[t], out=df)
        np.multiply(dc, i, out=dg)
        np.multiply(dc, f, out=self.dc_carry)
        np.multiply(self.DGATE[t], self.SLOPE[t], out=self.DA[t])

    @property
    def state_error(self) -> Array:
        return self.dc

    @property
    def m_curve(self) -> Array:
        """∂loss/∂m ⊙ φ″(c) of all steps."""
        if self._m_curve is None:
            second = self.functions.d2f
            bend = np.zeros_like(self.m) if second is None else second(self.c.later, self.m)
            self._m_curve = np.asarray(bend * self.dh * self.gate[..., self.columns[3]])
        return self._m_curve

    @cached_property
    def tangent_cell(self) -> tuple[Track, Array, Array]:
        """R{c}; R{m} of all steps; and R{∂loss/∂c} on its way back."""
        return Track(self.size, is_reverse=self.is_reverse), self.size.buffer(self.size.units), self.dc_carry.copy()

    def step_tangent(self, t: int) -> None:
        R, (Rc, Rm, _) = self.tangents, self.tangent_cell
        R.A[t] += R.P[t]
        R_gate = np.multiply(self.SLOPE[t], R.A[t], out=self.tangent_gates[1][t])
        Ri, Rf, Rg, Ro = self.parts(R_gate)
        i, f, g, o = self.gate_parts[t]
        Rc.after[t][:] = Rf * self.c.before[t] + f * Rc.before[t] + Ri * g + i * Rg
        np.multiply(self.M_SLOPE[t], Rc.after[t], out=Rm[:, t])
        R.h.after[t][:] = Ro * self.M[t] + o * Rm[:, t]

    def tangent_back(self, Rdy: Steps) -> None:
        self.tangent_cell[2][:] = 0
        super().tangent_back(Rdy)

    def step_tangent_back(self, t: int) -> None:
        R, (Rc, Rm, Rdc_carry) = self.tangents, self.tangent_cell
        Ri, Rf, Rg, Ro = self.parts(self.tangent_gates[1][t])
        i, f, g, o = self.gate_parts[t]
        dh, dc = self.DH[t], self.DC[t]
        Rdo = R.dh * self.M[t] + dh * Rm[:, t]
        Rdm = R.dh * o + dh * Ro
        Rdc = Rdc_carry + Rdm * self.M_SLOPE[t] + self.m_curve[:, t] * Rc.after[t]
        Rdi, Rdg = Rdc * g + dc * Rg, Rdc * i + dc * Ri
        Rdf = Rdc * self.c.before[t] + dc * Rc.before[t]
        Rdc_carry[:] = Rdc * f + dc * Rf
        Rda = np.concatenate([Rdi, Rdf, Rdg, Rdo], axis=-1, out=R.DA[t])
        Rda *= self.SLOPE[t]
        Rda += self.curves[t] * R.A[t]
