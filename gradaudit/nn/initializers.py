"""Initializers: how each draws weights, and the variance it gives them.

A draw is `draw(rng, fan_in, fan_out, **parameters)` → W, fan_in × fan_out. One more is one more row.
The defaults of whole frameworks also draw biases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.named import Named, Scalar

Array = npt.NDArray[np.float64]
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
    """variance(fan_in, fan_out, **parameters) of one weight around its mean."""
    parameters: Mapping[str, Scalar | None] = field(default_factory=dict)
    """Defaults; None where the spec must give it."""
    aliases: tuple[str, ...] = ()
    draw_bias: Draw | None = None
    """draw_bias(rng, fan_in, fan_out, **parameters) → b; None: zeros."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The allowed values of parameters that are text."""

    def arguments(self, init: Named) -> dict[str, Any]:
        """The spec's parameters, defaults filled in."""
        return {**self.parameters, **dict(init.parameters)}


def _square(x: float) -> float:
    """x², which may be ∞: Python's ** raises instead."""
    return x * x


def _normal(rng: np.random.Generator, fan_in: int, fan_out: int, mean: float, std: float) -> Array:
    return rng.normal(mean, std, (fan_in, fan_out))


def _uniform(rng: np.random.Generator, fan_in: int, fan_out: int, low: float, high: float) -> Array:
    return rng.uniform(low, high, (fan_in, fan_out))


def _truncated(rng: np.random.Generator, fan_in: int, fan_out: int, mean: float, std: float) -> Array:
    """N(mean, std²) cut at ±2 std: what falls outside is drawn again."""
    draws = rng.standard_normal((fan_in, fan_out))
    while (outside := np.abs(draws) > 2).any():
        draws[outside] = rng.standard_normal(int(outside.sum()))
    return mean + std * draws


def _constant(rng: np.random.Generator, fan_in: int, fan_out: int, value: float) -> Array:
    return np.full((fan_in, fan_out), float(value))


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int, gain: float) -> Array:
    """gain·Q with orthonormal rows or columns, uniform over them (Saxe et al. 2014, arXiv:1312.6120)."""
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return gain * (q if fan_in >= fan_out else q.T)


def _identity(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    return np.eye(fan_in, fan_out)


def _fan(mode: str, fan_in: int, fan_out: int) -> float:
    return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]


def _scaled_variance(fan_in: int, fan_out: int, scale: float, mode: str, distribution: str) -> float:
    return scale / max(_fan(mode, fan_in, fan_out), 1e-300)


def _draw_with_std(rng: np.random.Generator, fan_in: int, fan_out: int, std: float, distribution: str) -> Array:
    """Weights of standard deviation `std`, whatever the distribution."""
    if distribution == "uniform":
        return _uniform(rng, fan_in, fan_out, -sqrt(3) * std, sqrt(3) * std)
    if distribution == "truncated_normal":
        return _truncated(rng, fan_in, fan_out, 0.0, std / TRUNCATION)
    return _normal(rng, fan_in, fan_out, 0.0, std)


def _variance_scaling(
    rng: np.random.Generator, fan_in: int, fan_out: int, scale: float, mode: str, distribution: str
) -> Array:
    std = sqrt(_scaled_variance(fan_in, fan_out, scale, mode, distribution))
    return _draw_with_std(rng, fan_in, fan_out, std, distribution)


def _family(name: str, scale: float, mode: str, distribution: str, aliases: tuple[str, ...]) -> Initializer:
    """Glorot, He and LeCun: variance gain²·scale/fan."""

    def variance(fan_in: int, fan_out: int, gain: float) -> float:
        return gain * gain * scale / _fan(mode, fan_in, fan_out)

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int, gain: float) -> Array:
        std = gain * sqrt(scale / _fan(mode, fan_in, fan_out))  # finite where the variance is not
        return _draw_with_std(rng, fan_in, fan_out, std, distribution)

    return Initializer(name, draw, variance, {"gain": 1.0}, aliases)


def _symmetric(name: str, bound: Callable[..., float], parameters: Mapping[str, Scalar | None]) -> Initializer:
    """A framework's default that draws weights and biases uniformly from the same ±bound."""

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int, **given: float) -> Array:
        limit = bound(fan_in, fan_out, **given)
        return rng.uniform(-limit, limit, (fan_in, fan_out))

    def draw_bias(rng: np.random.Generator, fan_in: int, fan_out: int, **given: float) -> Array:
        limit = bound(fan_in, fan_out, **given)
        return rng.uniform(-limit, limit, fan_out)

    return Initializer(
        name, draw, lambda fan_in, fan_out, **given: bound(fan_in, fan_out, **given) ** 2 / 3, parameters, (), draw_bias
    )


def _sklearn_bound(fan_in: int, fan_out: int, factor: float) -> float:
    """√(factor/(fan_in + fan_out)), factor 2 where the hidden activation is logistic, else 6 (scikit-learn)."""
    return sqrt(factor / (fan_in + fan_out))


_KERAS = _family("keras", 1.0, "fan_avg", "uniform", ())

_ROWS = (
    Initializer("zeros", lambda rng, i, o: np.zeros((i, o)), lambda i, o: 0.0),
    Initializer("ones", lambda rng, i, o: np.ones((i, o)), lambda i, o: 0.0),
    Initializer("constant", _constant, lambda i, o, value: 0.0, {"value": None}),
    Initializer("normal", _normal, lambda i, o, mean, std: _square(std), {"mean": 0.0, "std": None}),
    Initializer("uniform", _uniform, lambda i, o, low, high: _square(high - low) / 12, {"low": None, "high": None}),
    Initializer(
        "truncated_normal",
        _truncated,
        lambda i, o, mean, std: _square(std * TRUNCATION),
        {"mean": 0.0, "std": None},
    ),
    _family("glorot_uniform", 1.0, "fan_avg", "uniform", ("xavier_uniform",)),
    _family("glorot_normal", 1.0, "fan_avg", "normal", ("xavier_normal",)),
    _family("he_uniform", 2.0, "fan_in", "uniform", ("kaiming_uniform",)),
    _family("he_normal", 2.0, "fan_in", "normal", ("kaiming_normal",)),
    _family("lecun_uniform", 1.0, "fan_in", "uniform", ()),
    _family("lecun_normal", 1.0, "fan_in", "normal", ()),
    Initializer("orthogonal", _orthogonal, lambda i, o, gain: gain * gain / max(i, o), {"gain": 1.0}),
    Initializer("identity", _identity, lambda i, o: 1.0 / i),
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
    _symmetric("pytorch", lambda fan_in, fan_out: 1 / sqrt(fan_in), {}),
    Initializer(
        "keras",
        lambda rng, i, o: _KERAS.draw(rng, i, o, gain=1.0),
        lambda i, o: _KERAS.variance(i, o, gain=1.0),
    ),
    _symmetric("sklearn", _sklearn_bound, {"factor": 6.0}),
)

INITIALIZERS: Mapping[str, Initializer] = {row.name: row for row in _ROWS}
