"""A step of a GRU in its two forms, with derivatives and R-operators; gates in the order r z n.

r, z = σ(a + p), h = z·h₋₁ + (1 − z)·n. With reset_after n = φ(a + r·(h₋₁U + c)), as PyTorch and Keras have it; without
it n = φ(a + (r·h₋₁)U) (Cho et al. 2014, arXiv:1406.1078).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from gradaudit.functions.activations import Functions
from gradaudit.functions.arrays import Array
from gradaudit.layers.gated import SIGMOID, Gated
from gradaudit.layers.steps import Size, Weights, split


class GruCell(Gated):
    """What both forms share: how the state is mixed from the state before and the candidate."""

    blocks: ClassVar[tuple[str, ...]] = ("reset_gate", "update_gate", "candidate")
    candidate: ClassVar[int] = 2

    def mix(self, t: int) -> None:
        """h = n + z·(h₋₁ − n)."""
        _, z, n = self.gate_parts[t]
        h = self.h.after[t]
        np.multiply(z, np.subtract(self.h.before[t], n, out=self.room), out=h)
        np.add(h, n, out=h)

    def unmix(self, t: int) -> None:
        """∂loss/∂z, and ∂loss/∂a of the candidate."""
        self._errors(self.DH[t], self.h.before[t], self.gate_parts[t], self.da_parts[t])
        n, da_n = self.gate_parts[t][2], self.da_parts[t][2]
        np.multiply(da_n, self.functions.df(self.PROPOSAL[t], n), out=da_n)

    def _errors(self, dh: Array, h_before: Array, gates: Sequence[Array], out: Sequence[Array]) -> None:
        """∂loss/∂z and ∂loss/∂n, of one step or of all."""
        _, z, n = gates
        _, dz, dn = out
        np.multiply(dh, np.subtract(h_before, n, out=dz), out=dz)
        np.subtract(dh, np.multiply(dh, z, out=dn), out=dn)

    def gate_errors(self) -> Array:
        found = np.empty_like(self.gate)
        self._errors(self.dh, self.states_before, self.parts(self.gate), self.parts(found))
        np.multiply(*self.reset_error(), out=self.parts(found)[0])
        return found

    @abstractmethod
    def reset_error(self) -> tuple[Array, Array]:
        """Two factors of ∂loss/∂r of all steps."""

    @property
    def states_before(self) -> Array:
        """h₋₁ of all steps."""
        return self.h.earlier.reshape(self.dh.shape)

    def close_gates(self, t: int) -> None:
        """∂loss/∂a of the two gates, where ∂loss/∂r and ∂loss/∂z stand."""
        rz = self.rz
        gates, da = self.GATE[t][..., rz], self.DA[t][..., rz]
        np.multiply(da, SIGMOID.df(gates, gates, out=self.slope[..., rz]), out=da)

    @property
    def rz(self) -> slice:
        """Columns of the two gates."""
        return slice(0, 2 * self.size.units)

    def mix_tangent(self, t: int) -> None:
        """R{h}, once R{a} is whole."""
        _, Rz, Rn = self.parts(self.tangent_gates[1][t])
        _, z, n = self.gate_parts[t]
        h = self.tangents.h
        h.after[t][:] = Rn + Rz * (self.h.before[t] - n) + z * (h.before[t] - Rn)

    def unmix_tangent(self, t: int) -> tuple[Array, Array]:
        """R{∂loss/∂z}, and R{∂loss/∂a} of the candidate, which it writes."""
        R, own = self.tangents, self.of_candidate
        _, Rz, Rn = self.parts(self.tangent_gates[1][t])
        _, z, n = self.gate_parts[t]
        dh = self.DH[t]
        Rdz = R.dh * (self.h.before[t] - n) + dh * (R.h.before[t] - Rn)
        Rdn = R.dh * (1 - z) - dh * Rz
        Rda_n = R.DA[t][..., own]
        Rda_n[:] = Rdn * self.inside.slopes[t][..., own] + self.inside.curves[t][..., own] * R.A[t][..., own]
        return Rdz, Rda_n

    def close_gates_tangent(self, t: int, Rdr: Array, Rdz: Array) -> None:
        """R{∂loss/∂a} of the two gates."""
        rz = self.rz
        Rda = np.concatenate([Rdr, Rdz], axis=-1, out=self.tangents.DA[t][..., rz])
        Rda *= self.inside.slopes[t][..., rz]
        Rda += self.inside.curves[t][..., rz] * self.tangents.A[t][..., rz]

    def open_tangent(self, t: int, columns: slice) -> Array:
        """R{gates} of these columns from their R{a}."""
        slope, Ra = self.inside.slopes[t][..., columns], self.tangents.A[t][..., columns]
        return np.multiply(slope, Ra, out=self.tangent_gates[1][t][..., columns])

    def carry_past(self, t: int) -> None:
        """Add what reaches the state before directly, through z."""
        np.add(self.carry, np.multiply(self.DH[t], self.GATE[t][..., self.columns[1]], out=self.room), out=self.carry)

    def carry_past_tangent(self, t: int) -> None:
        """Add R{·} of that."""
        R, z = self.tangents, self.columns[1]
        R.carry += R.dh * self.GATE[t][..., z] + self.DH[t] * self.tangent_gates[1][t][..., z]


class ResetAfter(GruCell):
    """q = h₋₁U + c is kept; ∂loss/∂p is ∂loss/∂a but for the candidate's, which is r times it."""

    def __init__(self, parts: Sequence[Weights], size: Size, functions: Functions, *, is_reverse: bool) -> None:
        super().__init__(parts, size, functions, is_reverse=is_reverse)
        self.q, self.dp = size.buffer(size.units), size.buffer(self.gates)
        self.Q, self.DP = split(self.q), split(self.dp)

    def step(self, t: int) -> None:
        a, own, rz = self.A[t], self.of_candidate, self.rz
        np.add(a[..., rz], self.p[..., rz], out=a[..., rz])
        self.open_gates(t, rz)
        c = self.theta.c
        q = np.add(self.p[..., own], 0.0 if c is None else c[:, None], out=self.Q[t])
        r = self.GATE[t][..., self.columns[0]]
        np.add(a[..., own], np.multiply(r, q, out=self.room), out=a[..., own])
        np.copyto(a[..., own], self.propose(t))
        self.mix(t)

    def step_back(self, t: int) -> None:
        self.unmix(t)
        own, first = self.of_candidate, self.columns[0]
        da_n = self.DA[t][..., own]
        np.multiply(da_n, self.Q[t], out=self.DA[t][..., first])
        self.close_gates(t)
        self.DP[t][..., self.rz] = self.DA[t][..., self.rz]
        np.multiply(da_n, self.GATE[t][..., first], out=self.DP[t][..., own])

    def reset_error(self) -> tuple[Array, Array]:
        return self.da[..., self.of_candidate], self.q

    def carry_back(self, t: int) -> None:
        super().carry_back(t)
        self.carry_past(t)

    def step_tangent(self, t: int) -> None:
        R, own, rz, first = self.tangents, self.of_candidate, self.rz, self.columns[0]
        R.A[t][..., rz] += R.P[t][..., rz]
        Rr = self.open_tangent(t, rz)[..., first]
        R.A[t][..., own] += Rr * self.Q[t] + self.GATE[t][..., first] * R.P[t][..., own]
        self.open_tangent(t, own)
        self.mix_tangent(t)

    def step_tangent_back(self, t: int) -> None:
        R, own, first = self.tangents, self.of_candidate, self.columns[0]
        Rdz, Rda_n = self.unmix_tangent(t)
        da_n, Rr = self.DA[t][..., own], self.tangent_gates[1][t][..., first]
        self.close_gates_tangent(t, Rda_n * self.Q[t] + da_n * R.P[t][..., own], Rdz)
        R.DP[t][..., self.rz] = R.DA[t][..., self.rz]
        R.DP[t][..., own] = Rda_n * self.GATE[t][..., first] + da_n * Rr

    def carry_tangent_back(self, t: int) -> None:
        super().carry_tangent_back(t)
        self.carry_past_tangent(t)
