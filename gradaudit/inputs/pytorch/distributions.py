"""Which initializer an array was drawn from: Kolmogorov's distance to each one's distribution, and its largest number.

All draws of one layer are one sample, whatever its size; the more of them there are, the fewer initializers fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, erf, floor, inf, log, log10, pi, prod, sqrt
from typing import TypeAlias

import numpy as np

from gradaudit.domain.spec import Named
from gradaudit.functions.arrays import Array
from gradaudit.functions.initializers import INITIALIZERS, TRUNCATION
from gradaudit.layers.interface import matrix

Draws: TypeAlias = list[Array]
"""Of one layer's weights, inputs × units, or of its biases: one array a draw."""

DEFAULT = Named("pytorch")
"""U(−1/√n, 1/√n) for n inputs, weights and biases alike (torch.nn.Linear.reset_parameters)."""
_GAINS = (1.0, sqrt(2), 5 / 3, 0.75)
"""torch.nn.init.calculate_gain: linear, relu, tanh, selu."""
FARTHEST, FARTHEST_OF_DEFAULT = 2.2, 3.0
"""√n·D beyond which a sample is none: a true one exceeds 2.2 once in 8,000 times, 3 once in 30 million."""
UNLIKELY = 1e-4
"""Of the largest number of a sample."""
LARGEST_SAMPLE = 4000
FITTED = frozenset(("normal", "uniform", "truncated_normal"))
"""Initializers whose width is a sample's own."""
_COARSE = 2.0**-7
"""How far rounding to bfloat16 moves a number beyond its bound."""


def weight_initializers(draws: Draws) -> list[Named]:
    """Every initializer that these weights may be drawn from, the likeliest first."""
    if exact := _exact(draws):
        return exact
    shape, values = _shape(draws), _sample(draws)
    candidates = [DEFAULT, *_standard(), *_free(values)]
    bounds = {DEFAULT: FARTHEST_OF_DEFAULT}
    fitting = [init for init in candidates if _fits(init, shape, values, bounds.get(init, FARTHEST))]
    return sorted(fitting, key=lambda init: -likelihood(draws, init))


def bias_initializers(draws: Draws, inputs: int) -> list[Named]:
    """The initializers that biases may be drawn from: constants, PyTorch's default, distributions of fitted width."""
    values = _sample(draws)
    first = float(values[0])
    if (values == first).all() and (values.size > 1 or first == 0 or first == _short(first, 2)):
        return [Named("zeros") if first == 0 else Named.of("constant", value=_short(first, 7))]
    default = default_bias(inputs)
    found = [default] if _fits(default, (1, 1), values, FARTHEST_OF_DEFAULT) else []
    return [*found, *(init for init in _free(values) if _fits(init, (1, 1), values))]


def likelihood(draws: Draws, init: Named) -> float:
    """The logarithm of the draws' likelihood, less what an initializer that people seldom call must make up for."""
    values, (inputs, units) = _sample(draws), _shape(draws)
    given = INITIALIZERS[init.name].arguments(init)
    std = sqrt(INITIALIZERS[init.name].variance(matrix(inputs, units), **given))
    if not std:
        return inf
    rarity = 0.0 if init == DEFAULT else _RARITY.get(init.name, 3.0) + (3.0 if init.parameters else 0.0)
    if not _is_normal(init):
        return -values.size * log(2 * sqrt(3) * std) - rarity
    width = float(given["std"]) if "std" in given else std
    squares = float((((values - float(given.get("mean", 0.0))) / width) ** 2).sum())
    cut = log(1 - 2 * _TAIL) if init.name == "truncated_normal" else 0.0
    return -values.size * (log(width) + log(2 * pi) / 2 + cut) - squares / 2 - rarity


_RARITY = {"normal": 8.0, "uniform": 8.0, "truncated_normal": 10.0, "variance_scaling": 5.0}


def _is_normal(init: Named) -> bool:
    return init.name.endswith("normal") or init.get("distribution") == "normal"


def may_be_weight(draws: Draws, init: Named) -> bool:
    """Whether these weights may be drawn from this initializer."""
    if init.name in ("zeros", "constant", "identity", "orthogonal"):
        return init in _exact(draws)
    return _fits(init, _shape(draws), _sample(draws), FARTHEST_OF_DEFAULT)


def may_be_bias(draws: Draws, init: Named) -> bool:
    """Whether these biases may be drawn from this initializer."""
    values = _sample(draws)
    if init.name in ("zeros", "constant"):
        return bool(np.allclose(values, init.number("value", 0.0), rtol=1e-6, atol=0))
    return _fits(init, (1, 1), values, FARTHEST_OF_DEFAULT)


def default_bias(inputs: int) -> Named:
    """PyTorch's own for a layer of so many inputs."""
    return Named.of("uniform", low=-(inputs**-0.5), high=inputs**-0.5)


def _standard() -> Iterator[Named]:
    """What torch.nn.init draws from, Glorot and He before what is rarer."""
    for family, gains in (("he", _GAINS[:1]), ("glorot", _GAINS), ("lecun", (1.0, 5 / 3))):
        for gain in gains:
            given = {} if gain == 1 else {"gain": gain}
            yield from (Named.of(f"{family}_{shape}", **given) for shape in ("normal", "uniform"))
    for scale in (2.0, 1.0):
        for shape in ("normal", "uniform"):
            yield Named.of("variance_scaling", scale=scale, mode="fan_out", distribution=shape)


def _free(values: Array) -> Iterator[Named]:
    """A normal, truncated and uniform distribution as wide as the sample, in round numbers where they are near."""
    if values.size < 2:
        return
    std, mean = float(values.std()), float(values.mean())
    if abs(mean) * sqrt(values.size) < 4 * std:
        mean, std = 0.0, float(np.sqrt((values**2).mean()))
    given = {} if mean == 0 else {"mean": _round(mean, std / sqrt(values.size))}
    yield Named.of("normal", std=_round(std, std / sqrt(2 * values.size)), **given)
    if mean == 0:
        yield Named.of("truncated_normal", std=_round(std / TRUNCATION, std / sqrt(2 * values.size)))
    low, high = float(values.min()), float(values.max())
    beyond = (high - low) / values.size
    if mean == 0:
        bound = _beyond(max(-low, high), 5 * beyond)
        yield Named.of("uniform", low=-bound, high=bound)
    else:
        yield Named.of("uniform", low=0.0 - _beyond(-low, 5 * beyond), high=_beyond(high, 5 * beyond))


def _fits(init: Named, shape: tuple[int, int], values: Array, farthest: float = FARTHEST) -> bool:
    """Whether the sample's quantiles spread evenly, and its largest number is neither too large nor too small."""
    quantiles = _quantiles(init, *shape, values)
    if quantiles is None or quantiles.min() < 0 or quantiles.max() > 1:
        return False
    if not UNLIKELY < np.abs(2 * quantiles - 1).max() ** quantiles.size <= 1:
        return False
    n = quantiles.size
    ordered, steps = np.sort(quantiles), np.arange(n + 1) / n
    return float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max())) * sqrt(n) < farthest


def _quantiles(init: Named, inputs: int, units: int, values: Array) -> Array | None:
    """The distribution function of the initializer at the values; below 0 or above 1 outside of its range."""
    given = INITIALIZERS[init.name].arguments(init)
    if init.name == "uniform":
        return _uniform_quantiles((values - given["low"]) / (given["high"] - given["low"]))
    std = sqrt(INITIALIZERS[init.name].variance(matrix(inputs, units), **given))
    if not std:
        return None
    if init.name in ("normal", "truncated_normal"):
        scaled = (values - given["mean"]) / given["std"]
        normal = _normal_quantiles(scaled)
        return normal if init.name == "normal" else (normal - _TAIL) / (1 - 2 * _TAIL)
    if _is_normal(init):
        return _normal_quantiles(values / std)
    return _uniform_quantiles((values / (sqrt(3) * std) + 1) / 2)


_ERF = np.frompyfunc(erf, 1, 1)
_TAIL = (1 - erf(2 / sqrt(2))) / 2
"""Of N(0, 1) below −2."""


def _uniform_quantiles(shares: Array) -> Array:
    """The ends as coarse as the coarsest type's numbers."""
    return np.where(np.abs(2 * shares - 1) <= 1 + _COARSE, np.clip(shares, 0, 1), shares)


def _normal_quantiles(values: Array) -> Array:
    return (1 + np.asarray(_ERF(values / sqrt(2)), dtype=np.float64)) / 2


def _exact(draws: Draws) -> list[Named]:
    """Initializers that leave no doubt."""
    draws = [draw.reshape(-1, draw.shape[-1]) for draw in draws]
    W = draws[0]
    if all((other == W.flat[0]).all() for other in draws):
        return [Named("zeros") if W.flat[0] == 0 else Named.of("constant", value=_short(float(W.flat[0]), 7))]
    if all((other == np.eye(*W.shape)).all() for other in draws):
        return [Named("identity")]
    small = W.T @ W if W.shape[0] >= W.shape[1] else W @ W.T
    gain = sqrt(small.trace() / len(small))
    if min(W.shape) < 2 and (W.size < 2 or abs(gain - 1) > 1e-5):
        return []
    if not gain or not np.allclose(small / gain**2, np.eye(len(small)), atol=1e-3):
        return []
    return [Named("orthogonal") if abs(gain - 1) < 1e-3 else Named.of("orthogonal", gain=_short(gain, 4))]


def _shape(draws: Draws) -> tuple[int, int]:
    """fan_in and fan_out."""
    *window, inputs, units = draws[0].shape
    return prod(window) * inputs, prod(window) * units


def _sample(draws: Draws) -> Array:
    values = np.concatenate([draw.ravel() for draw in draws])
    return values[:: max(1, values.size // LARGEST_SAMPLE)]


def _short(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _round(value: float, error: float) -> float:
    """The shortest number within two standard errors."""
    return next((_short(value, n) for n in range(1, 5) if abs(_short(value, n) - value) <= 2 * error), value)


def _beyond(end: float, error: float) -> float:
    """The shortest number from a sample's end on, no further than the error."""
    if 0 <= -end <= error:
        return 0.0
    for digits in range(1, 6):
        unit = 10.0 ** (floor(log10(abs(end))) - digits + 1)
        rounded = _short(ceil(end / unit) * unit, digits + 1)
        if rounded - end <= error:
            return rounded
    return end
