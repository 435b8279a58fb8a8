"""The formulas behind the table of activations that are longer than a line, or worth writing in place.

A function with a parameter `out` fills that array, of z's shape, and returns it; None asks for a new one.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from gradaudit.functions.arrays import Array

Mask = npt.NDArray[np.bool_]


def tanh(z: Array, out: Array | None = None) -> Array:
    """(e^z − e^−z)/(e^z + e^−z)."""
    return np.tanh(z, out=out)


def tanh_df(z: Array, h: Array, out: Array | None = None) -> Array:
    """1 − h²."""
    out = np.multiply(h, h, out=out)
    return np.subtract(1.0, out, out=out)


def sigmoid(z: Array, out: Array | None = None) -> Array:
    """1/(1 + e^−z); where e^−z overflows, 1/∞ is the 0 that it should be."""
    out = np.negative(z, out=out)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    out += 1.0
    return np.divide(1.0, out, out=out)  # np.reciprocal is the same and takes twice as long


def sigmoid_df(z: Array, h: Array, out: Array | None = None) -> Array:
    """h·(1 − h)."""
    out = np.subtract(1.0, h, out=out)
    return np.multiply(out, h, out=out)


def relu(z: Array, out: Array | None = None) -> Array:
    """max(z, 0): `np.maximum` with a number takes two to four times as long."""
    return z.clip(0.0, np.inf, out=out)


def relu_df(z: Array, h: Array, out: Mask | None = None) -> Mask:
    """1 where z > 0, else 0; as booleans, an eighth of the memory to move."""
    return np.greater(z, 0.0, out=out)


def leaky_relu(z: Array, negative_slope: float, out: Array | None = None) -> Array:
    """z where z > 0, else slope·z: the larger of the two, or for a slope above 1 the smaller."""
    out = np.multiply(z, negative_slope, out=out)
    return (np.maximum if negative_slope <= 1 else np.minimum)(z, out, out=out)


def elu(z: Array, alpha: float) -> Array:
    """z where z > 0, else α·(e^z − 1)."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def normal_cdf(z: Array) -> Array:
    """Φ(z)."""
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def normal_pdf(z: Array) -> Array:
    """φ(z)."""
    return np.exp(-0.5 * z * z) / sqrt(2 * pi)


def silu_df(z: Array, h: Array) -> Array:
    """σ + h·(1 − σ), σ = sigmoid(z)."""
    s = sigmoid(z)
    return s + h * (1 - s)


def silu_d2f(z: Array, h: Array) -> Array:
    """σ·(1 − σ)·(2 + z·(1 − 2σ))."""
    s = sigmoid(z)
    return s * (1 - s) * (2 + z * (1 - 2 * s))


def _mish_parts(z: Array) -> tuple[Array, Array]:
    """tanh(softplus(z)) and sigmoid(z)."""
    return np.tanh(np.logaddexp(0.0, z)), sigmoid(z)


def mish_df(z: Array, h: Array) -> Array:
    """t + z·σ·(1 − t²), t = tanh(softplus(z))."""
    t, s = _mish_parts(z)
    return t + z * s * (1 - t * t)


def mish_d2f(z: Array, h: Array) -> Array:
    """σ·(1 − t²)·(2 + z·((1 − σ) − 2·t·σ))."""
    t, s = _mish_parts(z)
    return s * (1 - t * t) * (2 + z * ((1 - s) - 2 * t * s))


def softmax(z: Array) -> Array:
    """e^z / Σ e^z over the last axis, shifted by the maximum."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def not_elementwise(z: Array, h: Array) -> Array:
    """Raises TypeError: softmax's outputs depend on one another."""
    raise TypeError("softmax has no elementwise derivative: nn.objective treats it together with the loss")
