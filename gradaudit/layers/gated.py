"""What cells with gates share: gates' values, slopes and error signals, all blocks side by side.

A long sequence leaves a core's cache, so a pass keeps little: gates stand where their pre-activations stood, and what
only probes and curvature ask for is made again for them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from gradaudit.functions.activations import ACTIVATIONS, Functions
from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.layers.operation import Tap
from gradaudit.layers.steps import Size, Weights, flat, split
from gradaudit.layers.unrolled import Unrolled

SIGMOID = ACTIVATIONS["sigmoid"].bind(Named("sigmoid"))


class Gated(Unrolled):
    """A cell whose pre-activations pass a sigmoid, but for those of one block, which pass the layer's activation."""

    blocks: ClassVar[tuple[str, ...]]
    """Names of the taps, in the order of the weights' columns."""
    candidate: ClassVar[int]
    """The block with the layer's activation."""

    def __init__(self, parts: Sequence[Weights], size: Size, functions: Functions, *, is_reverse: bool) -> None:
        super().__init__(parts, size, functions, is_reverse=is_reverse)
        self.gate, self.GATE = self.a, self.A
        self.proposal = size.buffer(size.units)
        self.PROPOSAL = split(self.proposal)
        self.columns = [slice(k * size.units, (k + 1) * size.units) for k in range(len(self.blocks))]
        self.of_candidate = self.columns[self.candidate]
        self.gate_parts, self.da_parts = ([self.parts(step) for step in of] for of in (self.GATE, self.DA))
        self.slope = size.room(self.gates)
        self.inside = Inside(self)

    def open_gates(self, t: int, columns: slice = slice(None)) -> None:
        """The sigmoid of these columns, whoever they belong to: one call is cheaper than one a block."""
        gates = self.GATE[t][..., columns]
        SIGMOID.f(gates, out=gates)

    def propose(self, t: int) -> Array:
        """The candidate, not in its place yet, from its pre-activation, which is kept."""
        a = self.PROPOSAL[t]
        np.copyto(a, self.GATE[t][..., self.of_candidate])
        return self.functions.f(a, out=self.room)

    def back(self, dy: list[Array]) -> None:
        self.inside = Inside(self)
        super().back(dy)

    @abstractmethod
    def gate_errors(self) -> Array:
        """∂loss/∂gate of all steps, seeds × steps × samples × gates."""

    def pre_activations(self) -> Array:
        """Of all blocks and steps, seeds × steps × samples × gates."""
        a = np.empty_like(self.gate)
        np.matmul(self.x, self.theta.W, out=flat(a))
        if self.theta.b is not None:
            flat(a)[...] += self.theta.b[:, None]
        for columns, source in self.sources():
            flat(a)[..., columns] += source @ self.theta.U[..., columns]
        a[..., self.of_candidate] = self.proposal
        return a

    @cached_property
    def tangent_gates(self) -> tuple[Array, list[Array]]:
        """R{gates}, and by steps."""
        buffer = self.size.buffer(self.gates)
        return buffer, split(buffer)

    def parts(self, step: Array) -> tuple[Array, ...]:
        """The blocks of one step's columns, or of all steps'."""
        return tuple(step[..., columns] for columns in self.columns)

    def taps(self) -> Iterator[Tap]:
        arrays = (self.inside.z, self.gate, self.inside.dgate, self.da, self.inside.slope)
        for name, columns in zip(self.blocks, self.columns, strict=True):
            z, h, dh, delta, df = (flat(array)[..., columns] for array in arrays)
            yield Tap(name, z, h, dh, delta, df, is_candidate=columns == self.of_candidate)


class Inside:
    """What a pass does not keep, seeds × steps × samples × gates: made once where it is asked for."""

    def __init__(self, cell: Gated) -> None:
        self.cell = cell

    @cached_property
    def z(self) -> Array:
        """Pre-activations."""
        return self.cell.pre_activations()

    @cached_property
    def dgate(self) -> Array:
        """∂loss/∂gate."""
        return self.cell.gate_errors()

    @cached_property
    def slope(self) -> Array:
        """f′ of all blocks."""
        cell, own = self.cell, self.cell.of_candidate
        slope = np.asarray(SIGMOID.df(cell.gate, cell.gate))
        slope[..., own] = cell.functions.df(cell.proposal, cell.gate[..., own])
        return slope

    @cached_property
    def slopes(self) -> list[Array]:
        """The same, step by step."""
        return split(self.slope)

    @cached_property
    def curves(self) -> list[Array]:
        """∂loss/∂gate ⊙ f″(a), step by step."""
        cell, own, second = self.cell, self.cell.of_candidate, self.cell.functions.d2f
        curve = self.slope * (1 - 2 * cell.gate)
        curve[..., own] = 0.0 if second is None else second(cell.proposal, cell.gate[..., own])
        curve *= self.dgate
        return split(curve)
