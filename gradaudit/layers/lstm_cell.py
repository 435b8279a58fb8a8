"""A step of an LSTM, its derivatives and R-operators (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

i, f, o = σ(a), g = φ(a), c = f·c₋₁ + i·g, m = φ(c), h = o·m; gates in the order i f g o.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from gradaudit.functions.activations import Functions
from gradaudit.functions.arrays import Array
from gradaudit.layers.gated import SIGMOID, Gated
from gradaudit.layers.steps import Size, Steps, Track, Weights, split


class LstmCell(Gated):
    """Keeps c, m = φ(c) and ∂loss/∂c of every step."""

    blocks: ClassVar[tuple[str, ...]] = ("input_gate", "forget_gate", "cell", "output_gate")
    candidate: ClassVar[int] = 2

    def __init__(self, parts: Sequence[Weights], size: Size, functions: Functions, *, is_reverse: bool) -> None:
        super().__init__(parts, size, functions, is_reverse=is_reverse)
        self.c = Track(size, is_reverse=is_reverse)
        self.m, self.dc = size.buffer(size.units), size.buffer(size.units)
        self.M, self.DC = split(self.m), split(self.dc)
        self.dc_carry = size.room(size.units)

    def step(self, t: int) -> None:
        a = np.add(self.A[t], self.p, out=self.A[t])
        proposal = self.propose(t)
        self.open_gates(t)
        np.copyto(a[..., self.of_candidate], proposal)
        i, f, g, o = self.gate_parts[t]
        c = np.multiply(f, self.c.before[t], out=self.c.after[t])
        np.add(c, np.multiply(i, g, out=self.room), out=c)
        m = self.functions.f(c, out=self.M[t])
        if m is not self.M[t]:
            self.M[t][:] = m
        np.multiply(o, m, out=self.h.after[t])

    def back(self, dy: Steps) -> None:
        self.dc_carry[:] = 0
        self._m_bends: tuple[Array, Array] | None = None
        super().back(dy)

    def step_back(self, t: int) -> None:
        _, f, _, o = self.gate_parts[t]
        dh, dc, da = self.DH[t], self.DC[t], self.DA[t]
        np.multiply(np.multiply(dh, o, out=dc), self.functions.df(self.c.after[t], self.M[t], out=self.room), out=dc)
        np.add(dc, self.dc_carry, out=dc)
        self._errors((dh, dc, self.c.before[t], self.M[t]), self.gate_parts[t], self.da_parts[t])
        np.multiply(da, self._slope(t), out=da)
        np.multiply(dc, f, out=self.dc_carry)

    def _slope(self, t: int) -> Array:
        """f′ of all blocks."""
        gate, own = self.GATE[t], self.of_candidate
        SIGMOID.df(gate, gate, out=self.slope)
        self.slope[..., own] = self.functions.df(self.PROPOSAL[t], gate[..., own])
        return self.slope

    def _errors(self, of: tuple[Array, Array, Array, Array], gates: Sequence[Array], out: Sequence[Array]) -> None:
        """∂loss/∂gate from ∂loss/∂h, ∂loss/∂c, the c before, and m; of one step or of all."""
        dh, dc, c_before, m = of
        i, _, g, _ = gates
        for a, b, target in zip((dc, dc, dc, dh), (g, c_before, i, m), out, strict=True):
            np.multiply(a, b, out=target)

    def gate_errors(self) -> Array:
        found = np.empty_like(self.gate)
        of = (self.dh, self.dc, self.c.earlier.reshape(self.dc.shape), self.m)
        self._errors(of, self.parts(self.gate), self.parts(found))
        return found

    @property
    def state_error(self) -> Array:
        return self.dc

    @property
    def m_bends(self) -> tuple[Array, Array]:
        """φ′(c), and ∂loss/∂m ⊙ φ″(c), of all steps: kept between the products of one pass."""
        if self._m_bends is None:
            second = self.functions.d2f
            curve = np.zeros_like(self.m) if second is None else second(self.c.later, self.m)
            curve = np.asarray(curve * self.dh * self.gate[..., self.columns[3]])
            self._m_bends = np.asarray(self.functions.df(self.c.later, self.m)), curve
        return self._m_bends

    @cached_property
    def tangent_cell(self) -> tuple[Track, Array, Array]:
        """R{c}; R{m} of all steps; and R{∂loss/∂c} on its way back."""
        return Track(self.size, is_reverse=self.is_reverse), self.size.buffer(self.size.units), self.dc_carry.copy()

    def step_tangent(self, t: int) -> None:
        R, (Rc, Rm, _) = self.tangents, self.tangent_cell
        R.A[t] += R.P[t]
        R_gate = np.multiply(self.inside.slopes[t], R.A[t], out=self.tangent_gates[1][t])
        Ri, Rf, Rg, Ro = self.parts(R_gate)
        i, f, g, o = self.gate_parts[t]
        Rc.after[t][:] = Rf * self.c.before[t] + f * Rc.before[t] + Ri * g + i * Rg
        np.multiply(self.m_bends[0][:, t], Rc.after[t], out=Rm[:, t])
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
        m_slope, m_curve = (each[:, t] for each in self.m_bends)
        Rdc = Rdc_carry + Rdm * m_slope + m_curve * Rc.after[t]
        Rdi, Rdg = Rdc * g + dc * Rg, Rdc * i + dc * Ri
        Rdf = Rdc * self.c.before[t] + dc * Rc.before[t]
        Rdc_carry[:] = Rdc * f + dc * Rf
        Rda = np.concatenate([Rdi, Rdf, Rdg, Rdo], axis=-1, out=R.DA[t])
        Rda *= self.inside.slopes[t]
        Rda += self.inside.curves[t] * R.A[t]
