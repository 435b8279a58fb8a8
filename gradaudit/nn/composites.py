"""Blocks around blocks: the residual sum, and dropout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gradaudit.nn.blocks import Block

Array = npt.NDArray[np.float64]


class Residual:
    """y = x + F(x), with F a chain of blocks (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inner: Sequence[Block], is_first: bool) -> None:
        self.inner, self.is_first = inner, is_first

    def forward(self, x: Array) -> Array:
        y = x
        for block in self.inner:
            y = block.forward(y)
        return np.add(x, y)

    def backward(self, dy: Array) -> Array:
        dx = dy
        for block in reversed(self.inner):
            dx = block.backward(dx)
        return dy if self.is_first else np.add(dy, dx)

    def tangent(self, Rx: Array | None) -> Array | None:
        Ry = Rx
        for block in self.inner:
            Ry = block.tangent(Ry)
        return Ry if Rx is None or Ry is None else np.add(Rx, Ry)

    def tangent_backward(self, Rdy: Array) -> Array:
        Rdx = Rdy.copy()  # the inner blocks may overwrite what they are handed, and the skip passes Rdy on
        for block in reversed(self.inner):
            Rdx = block.tangent_backward(Rdx)
        return Rdy if self.is_first else np.add(Rdy, Rdx, out=Rdy)


class Dropout:
    """Inverted dropout: a unit is zeroed with probability `rate`, the others are divided by 1 − rate.

    On only where it is given generators, one a seed: the training run (Srivastava et al. 2014).
    """

    def __init__(self, rate: float, generators: Sequence[np.random.Generator] | None) -> None:
        self.rate, self.generators = rate, generators
        self.mask: Array | float = 1.0

    def forward(self, x: Array) -> Array:
        if self.generators is not None and self.rate:
            kept = [rng.random(x.shape[-2:]) >= self.rate for rng in self.generators]
            self.mask = np.stack(kept).astype(x.dtype) / (1 - self.rate)
        return self._apply(x)

    def backward(self, dy: Array) -> Array:
        return self._apply(dy)

    def tangent(self, Rx: Array | None) -> Array | None:
        return None if Rx is None else self._apply(Rx)

    def tangent_backward(self, Rdy: Array) -> Array:
        return self._apply(Rdy)

    def _apply(self, a: Array) -> Array:
        """Behind nothing but the data there is no gradient to mask: the first dense layer hands back an empty one."""
        return a if isinstance(self.mask, float) or not a.size else np.multiply(a, self.mask)
