"""A step of a GRU whose reset gate acts in front of the product (Cho et al. 2014, arXiv:1406.1078)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from gradaudit.functions.activations import Functions
from gradaudit.functions.arrays import Array
from gradaudit.layers.gru_cell import GruCell
from gradaudit.layers.steps import Size, Steps, Weights, flat, split, turned
from gradaudit.layers.unrolled import Source


class ResetBefore(GruCell):
    """k = r·h₋₁ is kept, and what the candidate's weights are multiplied with."""

    def __init__(self, parts: Sequence[Weights], size: Size, functions: Functions, *, is_reverse: bool) -> None:
        super().__init__(parts, size, functions, is_reverse=is_reverse)
        self.k, self.dk = size.buffer(size.units), size.buffer(size.units)
        self.K, self.DK = split(self.k), split(self.dk)

    def recur(self, t: int) -> None:
        U, a, own, rz, h = self.theta.U, self.A[t], self.of_candidate, self.rz, self.h.before[t]
        a[..., rz] += np.matmul(h, U[..., rz])
        self.open_gates(t, rz)
        k = np.multiply(self.GATE[t][..., self.columns[0]], h, out=self.K[t])
        a[..., own] += np.matmul(k, U[..., own], out=self.room)
        self.step(t)

    def step(self, t: int) -> None:
        np.copyto(self.GATE[t][..., self.of_candidate], self.propose(t))
        self.mix(t)

    def step_back(self, t: int) -> None:
        self.unmix(t)
        own, U = self.of_candidate, self.theta.U
        dk = np.matmul(self.DA[t][..., own], turned(U[..., own]), out=self.DK[t])
        np.multiply(dk, self.h.before[t], out=self.DA[t][..., self.columns[0]])
        self.close_gates(t)

    def reset_error(self) -> tuple[Array, Array]:
        return self.dk, self.states_before

    def carry_back(self, t: int) -> None:
        rz = self.rz
        np.matmul(self.DA[t][..., rz], turned(self.theta.U[..., rz]), out=self.carry)
        self.carry += np.multiply(self.DK[t], self.GATE[t][..., self.columns[0]], out=self.room)
        self.carry_past(t)

    def sources(self) -> tuple[Source, ...]:
        return (self.rz, self.h.earlier), (self.of_candidate, flat(self.k))

    def tangent_sources(self) -> tuple[Source, ...]:
        return (self.rz, self.tangents.h.earlier), (self.of_candidate, flat(self.tangent_k[0]))

    @cached_property
    def tangent_k(self) -> tuple[Array, Steps, Array]:
        """R{k}, by steps too, and R{∂loss/∂k} of one step."""
        buffer = self.size.buffer(self.size.units)
        return buffer, split(buffer), self.size.room(self.size.units)

    def recur_tangent(self, t: int) -> None:
        R, U, own, rz, h = self.tangents, self.theta.U, self.of_candidate, self.rz, self.tangents.h.before[t]
        R.A[t][..., rz] += R.P[t][..., rz] + h @ U[..., rz]
        Rr, r = self.open_tangent(t, rz)[..., self.columns[0]], self.GATE[t][..., self.columns[0]]
        Rk = self.tangent_k[1][t]
        Rk[:] = Rr * self.h.before[t] + r * h
        R.A[t][..., own] += R.P[t][..., own] + Rk @ U[..., own]
        self.step_tangent(t)

    def step_tangent(self, t: int) -> None:
        self.open_tangent(t, self.of_candidate)
        self.mix_tangent(t)

    def step_tangent_back(self, t: int) -> None:
        Rdz, Rda_n = self.unmix_tangent(t)
        Rdk = np.matmul(Rda_n, turned(self.theta.U[..., self.of_candidate]), out=self.tangent_k[2])
        Rdk += self.tangents.known[1][t]
        self.close_gates_tangent(t, Rdk * self.h.before[t] + self.DK[t] * self.tangents.h.before[t], Rdz)

    def carry_tangent_back(self, t: int) -> None:
        R, rz, r = self.tangents, self.rz, self.columns[0]
        np.matmul(R.DA[t][..., rz], turned(self.theta.U[..., rz]), out=R.carry)
        R.carry += (
            R.known[0][t] + self.tangent_k[2] * self.GATE[t][..., r] + self.DK[t] * self.tangent_gates[1][t][..., r]
        )
        self.carry_past_tangent(t)
