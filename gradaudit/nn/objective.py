"""The end of the network: output activation and loss together, as a function of the last `z`.

Softmax with cross-entropy and sigmoid with binary cross-entropy are computed from `z` itself (logits), in a
stable way; every other pair goes through the probabilities, as Keras does, or takes the outputs
for logits where the loss says `from_logits`, as PyTorch's does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS, Functions
from gradaudit.functions.arrays import Array
from gradaudit.functions.elementwise import sigmoid, softmax
from gradaudit.functions.losses import (
    LOSSES,
    Loss,
    binary_cross_entropy_of_logits,
    cross_entropy_of_logits,
    loss_on_outputs,
    takes_logits,
)


class Pair(Protocol):
    """Output activation and loss, per term and not yet averaged; the last two axes are samples × outputs."""

    def output(self, z: Array) -> Array:
        """h = f(z)."""

    def terms(self, z: Array, h: Array, t: Array) -> Array:
        """The loss's terms; where outputs are compared one by one, of z's shape."""

    def delta(self, z: Array, h: Array, t: Array) -> Array:
        """∂(sum of terms)/∂z, of z's shape."""

    def tangent(self, z: Array, h: Array, t: Array, Rz: Array) -> Array:
        """R{delta}: the change of delta along Rz, of z's shape."""


class SoftmaxCrossEntropy:
    """−Σ t·log softmax(z): delta = softmax(z)·Σt − t."""

    def output(self, z: Array) -> Array:
        return softmax(z)

    def terms(self, z: Array, h: Array, t: Array) -> Array:
        return cross_entropy_of_logits(z, t)

    def delta(self, z: Array, h: Array, t: Array) -> Array:
        return np.asarray(h * t.sum(axis=-1, keepdims=True) - t)

    def tangent(self, z: Array, h: Array, t: Array, Rz: Array) -> Array:
        return np.asarray(h * (Rz - (h * Rz).sum(axis=-1, keepdims=True)) * t.sum(axis=-1, keepdims=True))


class SigmoidBinaryCrossEntropy:
    """log(1 + e^z) − t·z: delta = sigmoid(z) − t."""

    def output(self, z: Array) -> Array:
        return sigmoid(z)

    def terms(self, z: Array, h: Array, t: Array) -> Array:
        return binary_cross_entropy_of_logits(z, t)

    def delta(self, z: Array, h: Array, t: Array) -> Array:
        return h - t

    def tangent(self, z: Array, h: Array, t: Array, Rz: Array) -> Array:
        return h * (1 - h) * Rz


@dataclass(frozen=True)
class ElementwisePair:
    """Any loss after an elementwise output: delta = ℓ′(h)·f′(z)."""

    functions: Functions
    loss: Loss

    def output(self, z: Array) -> Array:
        return self.functions.f(z)

    def terms(self, z: Array, h: Array, t: Array) -> Array:
        return self.loss.value(h, t)

    def delta(self, z: Array, h: Array, t: Array) -> Array:
        return self.loss.slope(h, t) * self.functions.df(z, h)

    def tangent(self, z: Array, h: Array, t: Array, Rz: Array) -> Array:
        df = self.functions.df(z, h)
        Rdelta = self.loss.bend(h, t, df * Rz) * df
        if self.functions.d2f is not None:
            Rdelta = Rdelta + self.loss.slope(h, t) * self.functions.d2f(z, h) * Rz
        return np.asarray(Rdelta)


@dataclass(frozen=True)
class SoftmaxPair:
    """Any loss after softmax p: with g = ℓ′(p), delta = p·(g − Σ p·g)."""

    loss: Loss

    def output(self, z: Array) -> Array:
        return softmax(z)

    def terms(self, z: Array, h: Array, t: Array) -> Array:
        return self.loss.value(h, t)

    def delta(self, z: Array, h: Array, t: Array) -> Array:
        g = self.loss.slope(h, t)
        return np.asarray(h * (g - (h * g).sum(axis=-1, keepdims=True)))

    def tangent(self, z: Array, h: Array, t: Array, Rz: Array) -> Array:
        g = self.loss.slope(h, t)
        Rh = h * (Rz - (h * Rz).sum(axis=-1, keepdims=True))
        Rg = self.loss.bend(h, t, Rh)
        mean_g = (h * g).sum(axis=-1, keepdims=True)
        R_mean_g = (Rh * g + h * Rg).sum(axis=-1, keepdims=True)
        return np.asarray(Rh * (g - mean_g) + h * (Rg - R_mean_g))


def pair_of(output: Named, loss: Named) -> Pair:
    """The pair's own stable form where there is one, else the general one."""
    probabilities = not takes_logits(loss)
    if probabilities and (output.name, loss.name) == ("softmax", "cross_entropy"):
        return SoftmaxCrossEntropy()
    if probabilities and (output.name, loss.name) == ("sigmoid", "binary_cross_entropy"):
        return SigmoidBinaryCrossEntropy()
    if output.name == "softmax":
        return SoftmaxPair(loss_on_outputs(loss))
    return ElementwisePair(ACTIVATIONS[output.name].bind(output), loss_on_outputs(loss))


class Objective:
    """The data term: a pair, averaged over samples and outputs as the loss says."""

    def __init__(self, output: Named, loss: Named) -> None:
        self.pair = pair_of(output, loss)
        self.row = LOSSES[loss.name]
        self.sums_samples = loss.get("reduction", "mean") == "sum"
        self.sums_outputs = self.sums_samples or loss.get("outputs", self.row.over_outputs) == "sum"

    def scale(self, shape: tuple[int, ...]) -> float:
        """What a term counts in the loss, for `shape` = (…, samples, outputs)."""
        samples, outputs = shape[-2:]
        return (1.0 if self.sums_samples else 1.0 / samples) * (1.0 if self.sums_outputs else 1.0 / outputs)

    def per_sample(self, samples: int) -> float:
        """What turns ∂(data term)/∂z into the contract's δ: N, or 1 where the loss sums over samples."""
        return 1.0 if self.sums_samples else float(samples)

    def value(self, z: Array, h: Array, t: Array) -> Array:
        """The data term of … × samples × outputs, one number for each leading index."""
        return np.asarray(self.pair.terms(z, h, t).sum(axis=(-2, -1)) * self.scale(z.shape))

    def delta(self, z: Array, h: Array, t: Array) -> Array:
        """∂(data term)/∂z, of z's shape."""
        return np.asarray(self.pair.delta(z, h, t) * self.scale(z.shape))

    def tangent(self, z: Array, h: Array, t: Array, Rz: Array) -> Array:
        """R{delta}, of z's shape."""
        return np.asarray(self.pair.tangent(z, h, t, Rz) * self.scale(z.shape))

    def trivial(self, T: Array) -> float:
        """The data term of the best constant output for T, … × outputs: what a network that sees no input reaches."""
        T = T.reshape(-1, T.shape[-1])  # one constant for all positions
        constant = np.broadcast_to(self.row.constant(T), T.shape)
        return float(self.row.value(constant, T).sum() * self.scale(T.shape))
