"""The operation of a recurrent layer: its directions, with samples first outside and steps first inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradaudit.functions.activations import Functions
from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Binding, Op, Reach, Tap
from gradaudit.layers.steps import Size, Steps, Weights, flat, in_steps
from gradaudit.layers.unrolled import Unrolled


class Recurrent(Op):
    """Both directions of a recurrent layer; samples come first outside, steps inside."""

    def __init__(
        self,
        binding: Binding,
        cell: type[Unrolled],
        functions: Functions,
        units: int,
        prefixes: Sequence[str],
        returns_sequences: bool,
    ) -> None:
        self.steps, self.features = binding.inputs
        self.units, self.is_first, self.returns_sequences = units, binding.is_first, returns_sequences
        size = Size(binding.seeds, self.steps, binding.samples, units, binding.dtype)
        self.directions = [
            cell(Weights.all(binding.arrays, prefix), size, functions, is_reverse=bool(prefix)) for prefix in prefixes
        ]
        positions = (self.steps,) if returns_sequences else ()
        self.out = np.empty((binding.seeds, binding.samples, *positions, len(prefixes) * units), binding.dtype)

    def _columns(self, half: int) -> slice:
        return slice(half * self.units, (half + 1) * self.units)

    def _turned(self, rows: Array) -> Array:
        """Samples·steps as steps·samples, a copy."""
        opened = in_steps(rows, self.steps)
        return np.ascontiguousarray(opened).reshape(len(opened), -1, rows.shape[-1])

    def _turned_back(self, rows: Array) -> Array:
        opened = rows.reshape(len(rows), self.steps, -1, self.features).swapaxes(1, 2)
        return np.ascontiguousarray(opened).reshape(len(rows), -1, self.features)

    def _gathered(self, states: list[Array], out: Array) -> Array:
        """The states after each step, halves side by side; the last that ran of each, or all."""
        for half, (direction, state) in enumerate(zip(self.directions, states, strict=True)):
            last = state.swapaxes(1, 2) if self.returns_sequences else state[:, direction.order[-1]]
            out[..., self._columns(half)] = last
        return out.reshape(len(out), -1, out.shape[-1])

    def _from_the_last(self, dy: Array, half: int) -> Steps:
        """∂loss/∂h of one half as its steps ran, the last of them first."""
        own = dy[..., self._columns(half)]
        if not self.returns_sequences:
            return [own]
        opened = in_steps(own, self.steps)
        return [opened[:, t] for t in self.directions[half].order[::-1]]

    def forward(self, x: Array) -> Array:
        rows = self._turned(x)
        for each in self.directions:
            each.forward(rows)
        return self._gathered([each.h.later for each in self.directions], self.out)

    def backward(self, dy: Array) -> Array:
        self.dy = dy
        for half, each in enumerate(self.directions):
            each.back(self._from_the_last(dy, half))
            each.gradients()
        return dy if self.is_first else self._turned_back(_sum([each.dx() for each in self.directions]))

    def tangent(self, Rx: Array | None) -> Array | None:
        rows = None if Rx is None else self._turned(Rx)
        for each in self.directions:
            each.tangent(rows)
        return self._gathered([each.tangents.h.later for each in self.directions], np.empty_like(self.out))

    def tangent_backward(self, Rdy: Array) -> Array:
        for half, each in enumerate(self.directions):
            each.tangent_back(self._from_the_last(Rdy, half))
        return Rdy if self.is_first else self._turned_back(_sum([each.tangent_dx() for each in self.directions]))

    def reaches(self) -> Iterator[Reach]:
        for half, each in enumerate(self.directions):
            outer = self._from_the_last(self.dy, half)
            yield Reach("reverse" if each.is_reverse else "", each.reach(outer), each.theta.U)

    @property
    def error(self) -> Array:
        halves = [flat(each.da) for each in self.directions]
        return halves[0] if len(halves) == 1 else np.concatenate(halves, axis=-1)

    def taps(self) -> Iterator[Tap]:
        for each in self.directions:
            name = "reverse_" if each.is_reverse else ""
            yield from (replace(tap, name=name + tap.name) for tap in each.taps())


def _sum(halves: list[Array]) -> Array:
    """Of the one or two directions."""
    return halves[0] if len(halves) == 1 else halves[0] + halves[1]
