"""Activations: f, f′ and f″ of each in one row, with the facts that rules and reports cite.

`z` is the activation's input, `h` = f(z). At a kink the derivative is PyTorch's (relu′(0) = 0). One more activation is
one more row; parameters reach the functions as keywords.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from gradaudit.spec import Named

Array = npt.NDArray[np.float64]
Elementwise = Callable[..., Array]


@dataclass(frozen=True)
class Functions:
    """One activation with its parameters bound: f(z), f′(z, h), f″(z, h), each elementwise."""

    f: Callable[[Array], Array]
    df: Callable[[Array, Array], Array]
    d2f: Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Activation:
    """One row of the table."""

    name: str
    f: Elementwise
    df: Elementwise
    d2f: Elementwise
    slope_bound: float | Callable[..., float] | None
    """Supremum of |f′|, from the parameters where it depends on them; None where it is unbounded."""
    matching_init: str
    """The initializer whose variance keeps this activation's signal."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    saturates: bool = False
    """True where f′ tends to 0 on both sides."""
    can_die: bool = False
    """True where f′ is exactly 0 on a half-line: a unit can stop learning altogether."""
    last_only: bool = False
    kinks: tuple[float, ...] = ()
    """Where f′ jumps: quadrature and difference quotients must know."""

    def bind(self, activation: Named) -> Functions:
        """The functions with the spec's parameters, defaults filled in."""
        given = {key: activation.number(key, default) for key, default in self.parameters.items()}
        return Functions(partial(self.f, **given), partial(self.df, **given), partial(self.d2f, **given))

    def bound(self, activation: Named) -> float | None:
        """Supremum of |f′| with the spec's parameters; None where it is unbounded."""
        if callable(self.slope_bound):
            return self.slope_bound(**{k: activation.number(k, d) for k, d in self.parameters.items()})
        return self.slope_bound


def sigmoid(z: Array) -> Array:
    """1/(1 + e^−z); where e^−z overflows, 1/∞ is the 0 that it should be."""
    with np.errstate(over="ignore"):
        e = np.exp(-z)
    e += 1.0
    return np.asarray(np.reciprocal(e, out=e))


def _normal_cdf(z: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def _normal_pdf(z: Array) -> Array:
    return np.exp(-0.5 * z * z) / sqrt(2 * pi)


def _mish_parts(z: Array) -> tuple[Array, Array]:
    return np.tanh(np.logaddexp(0.0, z)), sigmoid(z)


def _mish_df(z: Array, h: Array) -> Array:
    t, s = _mish_parts(z)
    return t + z * s * (1 - t * t)


def _mish_d2f(z: Array, h: Array) -> Array:
    t, s = _mish_parts(z)
    return s * (1 - t * t) * (2 + z * ((1 - s) - 2 * t * s))


def _silu_df(z: Array, h: Array) -> Array:
    s = sigmoid(z)
    return s + h * (1 - s)


def _silu_d2f(z: Array, h: Array) -> Array:
    s = sigmoid(z)
    return s * (1 - s) * (2 + z * (1 - 2 * s))


def _softplus_d2f(z: Array, h: Array) -> Array:
    s = sigmoid(z)
    return s * (1 - s)


def _elu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def _softmax(z: Array) -> Array:
    """e^z / Σ e^z over the last axis, shifted by the maximum."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _not_elementwise(z: Array, h: Array) -> Array:
    raise TypeError("softmax has no elementwise derivative: nn.objective treats it together with the loss")


def _zero(z: Array, h: Array) -> Array:
    return np.zeros_like(z)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017 (arXiv:1706.02515), A.3

_ROWS = (
    Activation("identity", lambda z: z, lambda z, h: np.ones_like(z), _zero, 1.0, "lecun_normal", aliases=("linear",)),
    Activation(
        "sigmoid",
        sigmoid,
        lambda z, h: h * (1 - h),
        lambda z, h: h * (1 - h) * (1 - 2 * h),
        0.25,
        "glorot_normal",
        aliases=("logistic",),
        saturates=True,
    ),
    Activation(
        "tanh", np.tanh, lambda z, h: 1 - h * h, lambda z, h: -2 * h * (1 - h * h), 1.0, "glorot_normal", saturates=True
    ),
    Activation(
        "relu",
        lambda z: np.maximum(z, 0.0),
        lambda z, h: (z > 0).astype(z.dtype),
        _zero,
        1.0,
        "he_normal",
        can_die=True,
        kinks=(0.0,),
    ),
    Activation(
        "leaky_relu",
        lambda z, negative_slope: np.where(z > 0, z, negative_slope * z),
        lambda z, h, negative_slope: np.where(z > 0, 1.0, negative_slope),
        lambda z, h, negative_slope: np.zeros_like(z),
        lambda negative_slope: max(1.0, abs(negative_slope)),
        "he_normal",
        {"negative_slope": 0.01},
        kinks=(0.0,),
    ),
    Activation(
        "elu",
        _elu,
        lambda z, h, alpha: np.where(z > 0, 1.0, h + alpha),
        lambda z, h, alpha: np.where(z > 0, 0.0, h + alpha),
        lambda alpha: max(1.0, abs(alpha)),
        "he_normal",
        {"alpha": 1.0},
        kinks=(0.0,),
    ),
    Activation(
        "selu",
        lambda z: SELU_SCALE * _elu(z, SELU_ALPHA),
        lambda z, h: np.where(z > 0, SELU_SCALE, h + SELU_SCALE * SELU_ALPHA),
        lambda z, h: np.where(z > 0, 0.0, h + SELU_SCALE * SELU_ALPHA),
        SELU_SCALE * SELU_ALPHA,
        "lecun_normal",
        kinks=(0.0,),
    ),
    Activation(
        "gelu",
        lambda z: z * _normal_cdf(z),
        lambda z, h: _normal_cdf(z) + z * _normal_pdf(z),
        lambda z, h: _normal_pdf(z) * (2 - z * z),
        1.1289042,
        "he_normal",
    ),
    Activation("silu", lambda z: z * sigmoid(z), _silu_df, _silu_d2f, 1.0998393, "he_normal", aliases=("swish",)),
    Activation(
        "softplus",
        lambda z: np.logaddexp(0.0, z),
        lambda z, h: sigmoid(z),
        _softplus_d2f,
        1.0,
        "he_normal",
    ),
    Activation(
        "softsign",
        lambda z: z / (1 + np.abs(z)),
        lambda z, h: (1 + np.abs(z)) ** -2,
        lambda z, h: -2 * np.sign(z) * (1 + np.abs(z)) ** -3,
        1.0,
        "glorot_normal",
        saturates=True,
    ),
    Activation("mish", lambda z: z * np.tanh(np.logaddexp(0.0, z)), _mish_df, _mish_d2f, 1.0884951, "he_normal"),
    Activation(
        "hard_sigmoid",
        lambda z: np.clip(z + 3, 0, 6) / 6,
        lambda z, h: (np.abs(z) < 3) / 6.0,
        _zero,
        1 / 6,
        "glorot_normal",
        saturates=True,
        can_die=True,
        kinks=(-3.0, 3.0),
    ),
    Activation(
        "hard_tanh",
        lambda z: np.clip(z, -1, 1),
        lambda z, h: (np.abs(z) < 1).astype(z.dtype),
        _zero,
        1.0,
        "glorot_normal",
        saturates=True,
        can_die=True,
        kinks=(-1.0, 1.0),
    ),
    Activation(
        "relu6",
        lambda z: np.clip(z, 0, 6),
        lambda z, h: ((z > 0) & (z < 6)).astype(z.dtype),
        _zero,
        1.0,
        "he_normal",
        can_die=True,
        kinks=(0.0, 6.0),
    ),
    Activation("exponential", np.exp, lambda z, h: h, lambda z, h: h, None, "lecun_normal", aliases=("exp",)),
    Activation("softmax", _softmax, _not_elementwise, _not_elementwise, 0.5, "glorot_normal", last_only=True),
)

ACTIVATIONS: Mapping[str, Activation] = {row.name: row for row in _ROWS}
