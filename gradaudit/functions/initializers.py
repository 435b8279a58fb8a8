"""Initializers: how each draws a parameter, and the variance it gives its weights.

A draw is `draw(rng, parameter, **keys)` → an array of the parameter's shape, whose last axis are the units. One more is
one more row. The defaults of whole frameworks also draw biases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod, sqrt
from typing import Any

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named, Scalar
from gradaudit.functions.parameter import Parameter

Draw = Callable[..., Array]
Rng = np.random.Generator | np.random.RandomState
"""RandomState is scikit-learn's: rows are drawn in its order, weights and then biases, so its draws come again."""

TRUNCATION = 0.87962566103423978
"""Standard deviation of N(0, 1) cut at ±2."""


@dataclass(frozen=True)
class Initializer:
    """One row of the table."""

    name: str
    draw: Draw
    variance: Callable[..., float]
    """variance(parameter, **keys) of one weight around its mean."""
    parameters: Mapping[str, Scalar | None] = field(default_factory=dict)
    """Defaults; None where the spec must give it."""
    aliases: tuple[str, ...] = ()
    draw_bias: Draw | None = None
    """draw_bias(rng, parameter, **keys) → b; None: zeros."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The allowed values of parameters that are text."""

    def arguments(self, init: Named) -> dict[str, Any]:
        """The spec's parameters, defaults filled in."""
        return {**self.parameters, **dict(init.parameters)}


def _square(x: float) -> float:
    """x², which may be ∞: Python's ** raises instead."""
    return x * x


def _normal(rng: np.random.Generator, of: Parameter, mean: float, std: float) -> Array:
    return rng.normal(mean, std, of.shape)


def _uniform(rng: np.random.Generator, of: Parameter, low: float, high: float) -> Array:
    return rng.uniform(low, high, of.shape)


def _truncated(rng: np.random.Generator, of: Parameter, mean: float, std: float) -> Array:
    """N(mean, std²) cut at ±2 std: what falls outside is drawn again."""
    draws = rng.standard_normal(of.shape)
    while (outside := np.abs(draws) > 2).any():
        draws[outside] = rng.standard_normal(int(outside.sum()))
    return mean + std * draws


def _constant(rng: np.random.Generator, of: Parameter, value: float) -> Array:
    return np.full(of.shape, float(value))


def _orthogonal(rng: np.random.Generator, of: Parameter, gain: float) -> Array:
    """gain·Q with orthonormal rows or columns, uniform over them (Saxe et al. 2014, arXiv:1312.6120)."""
    rows, columns = _matrix(of.shape)
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return np.asarray(gain * (q if rows >= columns else q.T)).reshape(of.shape)


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """All inputs of a unit × units, as frameworks flatten a convolution's kernel."""
    return prod(shape[:-1]), shape[-1]


def _delta_orthogonal(rng: np.random.Generator, of: Parameter, gain: float) -> Array:
    """Orthogonal in the middle of a kernel, else 0: maps keep their size (Xiao et al. 2018, arXiv:1806.05393)."""
    return _in_the_middle(of, _orthogonal(rng, replace(of, shape=of.shape[-2:]), gain))


def _identity(rng: np.random.Generator, of: Parameter) -> Array:
    return _in_the_middle(of, np.eye(of.shape[-2], of.shape[-1]))


def _delta_variance(of: Parameter, gain: float) -> float:
    """That of independent weights with as much for each window: gain² · (channels in)/max(channels), over fan_in."""
    inputs, units = of.shape[-2:]
    return _square(gain) * inputs / max(inputs, units) / of.fan_in


def _in_the_middle(of: Parameter, matrix: Array) -> Array:
    kernel = np.zeros(of.shape)
    kernel[tuple(side // 2 for side in of.shape[:-2])] = matrix
    return kernel


def _fan(mode: str, of: Parameter) -> float:
    return {"fan_in": of.fan_in, "fan_out": of.fan_out, "fan_avg": (of.fan_in + of.fan_out) / 2}[mode]


def _scaled_variance(of: Parameter, scale: float, mode: str, distribution: str) -> float:
    return scale / max(_fan(mode, of), 1e-300)


def _draw_with_std(rng: np.random.Generator, of: Parameter, std: float, distribution: str) -> Array:
    """Weights of standard deviation `std`, whatever the distribution."""
    if distribution == "uniform":
        return _uniform(rng, of, -sqrt(3) * std, sqrt(3) * std)
    if distribution == "truncated_normal":
        return _truncated(rng, of, 0.0, std / TRUNCATION)
    return _normal(rng, of, 0.0, std)


def _variance_scaling(rng: np.random.Generator, of: Parameter, scale: float, mode: str, distribution: str) -> Array:
    std = sqrt(_scaled_variance(of, scale, mode, distribution))
    return _draw_with_std(rng, of, std, distribution)


def _family(name: str, scale: float, mode: str, distribution: str, aliases: tuple[str, ...]) -> Initializer:
    """Glorot, He and LeCun: variance gain²·scale/fan."""

    def variance(of: Parameter, gain: float) -> float:
        return gain * gain * scale / _fan(mode, of)

    def draw(rng: np.random.Generator, of: Parameter, gain: float) -> Array:
        std = gain * sqrt(scale / _fan(mode, of))  # finite where the variance is not
        return _draw_with_std(rng, of, std, distribution)

    return Initializer(name, draw, variance, {"gain": 1.0}, aliases)


def _symmetric(name: str, bound: Callable[..., float], parameters: Mapping[str, Scalar | None]) -> Initializer:
    """A framework's default that draws weights and biases uniformly from the same ±bound."""

    def draw(rng: np.random.Generator, of: Parameter, **given: float) -> Array:
        limit = bound(of, **given)
        return rng.uniform(-limit, limit, of.shape)

    return Initializer(name, draw, lambda of, **given: bound(of, **given) ** 2 / 3, parameters, (), draw)


def _sklearn_bound(of: Parameter, factor: float) -> float:
    """√(factor/(fan_in + fan_out)), factor 2 where the hidden activation is logistic, else 6 (scikit-learn)."""
    return sqrt(factor / (of.fan_in + of.fan_out))


_KERAS = _family("keras", 1.0, "fan_avg", "uniform", ())

_ROWS = (
    Initializer("zeros", lambda rng, of: np.zeros(of.shape), lambda of: 0.0),
    Initializer("ones", lambda rng, of: np.ones(of.shape), lambda of: 0.0),
    Initializer("constant", _constant, lambda of, value: 0.0, {"value": None}),
    Initializer("normal", _normal, lambda of, mean, std: _square(std), {"mean": 0.0, "std": None}),
    Initializer("uniform", _uniform, lambda of, low, high: _square(high - low) / 12, {"low": None, "high": None}),
    Initializer(
        "truncated_normal",
        _truncated,
        lambda of, mean, std: _square(std * TRUNCATION),
        {"mean": 0.0, "std": None},
    ),
    _family("glorot_uniform", 1.0, "fan_avg", "uniform", ("xavier_uniform",)),
    _family("glorot_normal", 1.0, "fan_avg", "normal", ("xavier_normal",)),
    _family("he_uniform", 2.0, "fan_in", "uniform", ("kaiming_uniform",)),
    _family("he_normal", 2.0, "fan_in", "normal", ("kaiming_normal",)),
    _family("lecun_uniform", 1.0, "fan_in", "uniform", ()),
    _family("lecun_normal", 1.0, "fan_in", "normal", ()),
    Initializer("orthogonal", _orthogonal, lambda of, gain: _square(gain) / max(_matrix(of.shape)), {"gain": 1.0}),
    Initializer("delta_orthogonal", _delta_orthogonal, _delta_variance, {"gain": 1.0}),
    Initializer("identity", _identity, lambda of: 1.0 / of.fan_in),
    Initializer(
        "variance_scaling",
        _variance_scaling,
        _scaled_variance,
        {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
        choices={
            "mode": ("fan_in", "fan_out", "fan_avg"),
            "distribution": ("normal", "truncated_normal", "uniform"),
        },
    ),
    _symmetric("pytorch", lambda of: 1 / sqrt(of.fan_in), {}),
    Initializer(
        "keras",
        lambda rng, of: _KERAS.draw(rng, of, gain=1.0),
        lambda of: _KERAS.variance(of, gain=1.0),
    ),
    _symmetric("sklearn", _sklearn_bound, {"factor": 6.0}),
)

INITIALIZERS: Mapping[str, Initializer] = {row.name: row for row in _ROWS}
