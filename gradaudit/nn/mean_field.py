"""Mean-field theory of wide random networks: what a row's initializer and activation do to the error signal.

χ₁ = fan_in·Var(W)·E[f′(√q·u)²], u ~ N(0, 1), with q the variance of the row's z; the error signal's RMS is
multiplied by √χ₁ on its way back (Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log, sqrt

import numpy as np

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS, Functions
from gradaudit.functions.arrays import Array
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.functions.parameter import Parameter
from gradaudit.layers.interface import matrix
from gradaudit.nn.network import concrete

# Midpoints of equal steps: no node falls on a kink at 0, and kinks cost only the step's width (Gauss–Hermite of odd
# order puts a node on relu's kink and gives E[f′²] = 0.44 instead of 0.5).
_NODES = (np.arange(-4000, 4000) + 0.5) * 0.002
_DENSITY = np.exp(-0.5 * _NODES**2)
_WEIGHTS: Array = np.asarray(_DENSITY / _DENSITY.sum(), dtype=np.float64)


@dataclass(frozen=True)
class Propagation:
    """One row's prediction: the variance q of its z, and √χ₁ where its own f′ and the weights behind it act."""

    q: float
    slope: float
    """√E[f′²]: what the activation lets through, in RMS."""


def second_moment(functions: Functions, q: float) -> float:
    """E[f(√q·u)²]."""
    return float(_WEIGHTS @ np.square(functions.f(np.asarray(sqrt(q) * _NODES))))


def slope(functions: Functions, q: float) -> float:
    """√E[f′(√q·u)²]."""
    z: Array = np.asarray(sqrt(q) * _NODES)
    return sqrt(float(_WEIGHTS @ np.square(functions.df(z, functions.f(z)), dtype=np.float64)))


def weight_variance(row: ExpandedLayer, hidden: Named) -> float:
    """Variance of one weight of a linear map around its mean."""
    init = concrete(row.init or Named("glorot_uniform"), hidden)
    table = INITIALIZERS[init.name]
    return float(table.variance(_weight(row), **table.arguments(init)))


def weight_spread(row: ExpandedLayer, hidden: Named) -> float:
    """fan_in·Var(W): by what a linear map multiplies the mean square of what comes in.

    For a convolution too (Xiao et al. 2018, arXiv:1806.05393); zero padding takes a little off at the border.
    """
    return _weight(row).fan_in * weight_variance(row, hidden)


def _weight(row: ExpandedLayer) -> Parameter:
    return next(parameter for parameter in row.parameters if parameter.role == "weight")


def bias_variance(row: ExpandedLayer, hidden: Named) -> float:
    """Second moment of one bias: 0 unless the spec or a framework draws or sets it."""
    if row.bias is None:
        return 0.0
    if row.bias.name == "default":
        init = concrete(row.init or Named("glorot_uniform"), hidden)
        return weight_variance(row, hidden) if INITIALIZERS[init.name].draw_bias else 0.0
    table, given = INITIALIZERS[row.bias.name], INITIALIZERS[row.bias.name].arguments(row.bias)
    centre = float(given.get("value") or given.get("mean") or 0.0)
    return float(table.variance(matrix(1, row.units), **given)) + centre * centre  # ** would raise where it overflows


def fixed_point(functions: Functions, weight: float, bias: float, rounds: int = 200) -> float:
    """q*: the variance of z at which a deep network of one kind of layer settles; `weight` is fan_in·Var(W)."""
    q = 1.0
    for _ in range(rounds):
        following = min(weight * second_moment(functions, q) + bias, 1e12)
        if abs(following - q) <= 1e-6 * max(following, 1e-300):
            break
        q = following
    return q


@lru_cache(maxsize=256)
def depth_scale(activation: Named, weight: float, bias: float) -> float | None:
    """ξ = 1/|ln χ₁| at q*, in layers (Schoenholz et al. 2017, section 3); None where χ₁ is 1 or 0.

    A signal survives about six times as many layers of this kind.
    """
    functions = ACTIVATIONS[activation.name].bind(activation)
    with np.errstate(all="ignore"):
        chi = weight * slope(functions, fixed_point(functions, weight, bias)) ** 2
    return 1 / abs(log(chi)) if 0 < chi < np.inf and abs(log(chi)) > 1e-6 else None


def propagate(rows: tuple[ExpandedLayer, ...], hidden: Named, input_moment: float) -> tuple[Propagation, ...]:
    """The prediction for every dense row, from the mean square of the inputs; softmax rows pass slope 1."""
    found, moment = [], input_moment
    for row in rows:
        q = min(weight_spread(row, hidden) * moment + bias_variance(row, hidden), 1e12)
        activation = row.activation or Named("identity")
        if ACTIVATIONS[activation.name].last_only:
            found.append(Propagation(q, 1.0))
            continue
        with np.errstate(all="ignore"):
            functions = ACTIVATIONS[activation.name].bind(activation)
            moment = min(second_moment(functions, q), 1e300)
            found.append(Propagation(q, slope(functions, q)))
    return tuple(found)
