"""The embedding layer: a row of weights for each token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.interface import NAME, REPEAT, Layer, key
from gradaudit.layers.operation import Binding, Op, Tap

DRAWN = {"pytorch": Named.of("normal", std=1.0), "keras": Named.of("uniform", low=-0.05, high=0.05)}


@dataclass(frozen=True, slots=True)
class EmbeddingSpec(Layer):
    """An embedding: tokens, whole numbers from 0, become vectors."""

    type: ClassVar[str] = "embedding"
    noun: ClassVar[str] = "an embedding layer"
    reads_tokens: ClassVar[bool] = True
    torch_names: ClassVar[Mapping[str, str]] = {"weight": "weight"}
    is_turned_in_torch: ClassVar[bool] = False

    vocabulary: int = key("count", "How many different tokens there are: 0 up to one less.")
    units: int = key("count", "Numbers that a token becomes.")
    init: Named | None = key("initializer", "Of the vectors (N(0, 1)).", None)
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    activation: Named | None = key("hidden", "Behind the vectors (none).", None)

    def output_shape(self, inputs: Shape) -> Shape:
        if len(inputs) != 1:
            size = " × ".join(map(str, inputs))
            raise ValueError(f"an embedding reads tokens; write how many of them a sample has, instead of {size}")
        return (*inputs, self.units)

    def parameters(self, inputs: Shape) -> tuple[Parameter, ...]:
        written = self.init or Named("pytorch")
        init = DRAWN.get(written.name, written)
        return (Parameter("weight", (self.vocabulary, self.units), "weight", self.vocabulary, self.units, init=init),)

    def build(self, binding: Binding) -> Op:
        return Embed(binding)


class Embed(Op):
    """y = W[x]: x is rows of tokens, the same for every seed or each seed's own."""

    def __init__(self, binding: Binding) -> None:
        of = binding.arrays
        self.W, self.g, self.v, self.Hv = (part["weight"] for part in (of.theta, of.g, of.v, of.Hv))
        self.shape = (binding.seeds, binding.samples * prod(binding.inputs), self.W.shape[-1])

    def forward(self, x: Array) -> Array:
        """x: samples × tokens, or seeds × samples × tokens."""
        lead = x.shape[0] if x.ndim > 2 else 1
        tokens = np.broadcast_to(x.astype(np.intp).reshape(lead, -1), self.shape[:2])
        self.batches = [_Ranked(own) for own in (tokens[:1] if lead == 1 else tokens)]
        return self._gathered(self.W)

    def _each(self) -> Iterator[tuple[int, _Ranked]]:
        """Seed and tokens; what all seeds share is ranked once."""
        return ((seed, self.batches[min(seed, len(self.batches) - 1)]) for seed in range(self.shape[0]))

    def _gathered(self, weights: Array) -> Array:
        out = np.empty(self.shape, weights.dtype)
        for seed, batch in self._each():
            np.take(weights[seed], batch.tokens, axis=0, out=out[seed], mode="clip")
        return out

    def backward(self, dy: Array) -> Array:
        self.dy = dy
        self._scatter(dy, self.g)
        return dy

    def tangent(self, Rx: Array | None) -> Array:
        return self._gathered(self.v)

    def tangent_backward(self, Rdy: Array) -> Array:
        self._scatter(Rdy, self.Hv)
        return Rdy

    def taps(self) -> Iterator[Tap]:
        yield Tap("z", self.y, self.y, self.dy, self.dy, None)

    def _scatter(self, dy: Array, into: Array) -> None:
        """The sum of each token's rows."""
        into[:] = 0
        for seed, batch in self._each():
            into[seed, batch.present] = np.add.reduceat(dy[seed, batch.order], batch.starts, axis=0)


class _Ranked:
    """A batch's tokens, and the rows of each of them side by side."""

    def __init__(self, tokens: npt.NDArray[np.intp]) -> None:
        self.tokens = tokens
        self.order = np.argsort(tokens, kind="stable")
        ranked = tokens[self.order]
        self.starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        self.present = ranked[self.starts]
