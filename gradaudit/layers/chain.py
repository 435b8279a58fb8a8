"""Operations one after another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gradaudit.layers.operation import Op

Array = npt.NDArray[np.float64]


class Chain(Op):
    """The operations of a network or of a block; the way back ends at the first that has parameters."""

    def __init__(self, ops: Sequence[Op], first: int) -> None:
        self.ops, self.back = ops, tuple(reversed(ops[first:]))

    def forward(self, x: Array) -> Array:
        for op in self.ops:
            x = op.y = op.forward(x)
        return x

    def backward(self, dy: Array) -> Array:
        for op in self.back:
            dy = op.dx = op.backward(dy)
        return dy

    def tangent(self, Rx: Array | None) -> Array | None:
        for op in self.ops:
            Rx = op.tangent(Rx)
        return Rx

    def tangent_backward(self, Rdy: Array) -> Array:
        for op in self.back:
            Rdy = op.tangent_backward(Rdy)
        return Rdy
