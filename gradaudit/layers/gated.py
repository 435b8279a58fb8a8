"""What cells with gates share: gates' values, slopes and error signals, all blocks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar

from gradaudit.functions.activations import ACTIVATIONS, Functions
from gradaudit.functions.named import Named
from gradaudit.layers.interface import Tap
from gradaudit.layers.steps import Array, Size, Weights, flat, split
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
        self.gate, self.slope, self.dgate = (size.buffer(self.gates) for _ in range(3))
        self.GATE, self.SLOPE, self.DGATE = map(split, (self.gate, self.slope, self.dgate))
        self.columns = [slice(k * size.units, (k + 1) * size.units) for k in range(len(self.blocks))]
        self.of_candidate = self.columns[self.candidate]
        self.gate_parts, self.dgate_parts = ([self.parts(step) for step in of] for of in (self.GATE, self.DGATE))
        self._curve: list[Array] | None = None

    def open_gates(self, t: int, columns: slice = slice(None)) -> None:
        """The sigmoid of these columns, whoever they belong to: one call is cheaper than one a block."""
        SIGMOID.f(self.A[t][..., columns], out=self.GATE[t][..., columns])

    def propose(self, t: int) -> Array:
        """The candidate."""
        a, out = self.A[t][..., self.of_candidate], self.GATE[t][..., self.of_candidate]
        out[:] = self.functions.f(a, out=out)
        return out

    def find_slopes(self, t: int) -> None:
        """f′ of all blocks."""
        gate, slope = self.GATE[t], self.SLOPE[t]
        SIGMOID.df(self.A[t], gate, out=slope)
        own = self.of_candidate
        slope[..., own] = self.functions.df(self.A[t][..., own], gate[..., own])

    def back(self, dy: list[Array]) -> None:
        self._curve = None
        super().back(dy)

    @property
    def curves(self) -> list[Array]:
        """∂loss/∂gate ⊙ f″(a), step by step: kept between the products of one pass."""
        if self._curve is None:
            curve = self.slope * (1 - 2 * self.gate)
            own, second = self.of_candidate, self.functions.d2f
            curve[..., own] = 0.0 if second is None else second(self.a[..., own], self.gate[..., own])
            curve *= self.dgate
            self._curve = split(curve)
        return self._curve

    @cached_property
    def tangent_gates(self) -> tuple[Array, list[Array]]:
        """R{gates}, and by steps."""
        buffer = self.size.buffer(self.gates)
        return buffer, split(buffer)

    def parts(self, step: Array) -> tuple[Array, ...]:
        """The blocks of one step's columns."""
        return tuple(step[..., columns] for columns in self.columns)

    def taps(self) -> Iterator[Tap]:
        arrays = (self.a, self.gate, self.dgate, self.da, self.slope)
        for name, columns in zip(self.blocks, self.columns, strict=True):
            z, h, dh, delta, df = (flat(array)[..., columns] for array in arrays)
            yield Tap(name, z, h, dh, delta, df, is_candidate=columns == self.of_candidate)
