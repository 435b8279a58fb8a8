"""Activations: f, f′ and f″ of each in one row, with the facts that rules and reports cite.

`z` is the activation's input, `h` = f(z). At a kink the derivative is PyTorch's (relu′(0) = 0). One more activation is
one more row; parameters reach the functions as keywords. The formulas that are longer than a line are nn.elementwise's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.functions import elementwise as e
from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named

Elementwise = Callable[..., Array]
Slope = Callable[..., npt.NDArray[Any]]
"""f′ may come as booleans where it is 0 or 1."""


@dataclass(frozen=True)
class Functions:
    """One activation with its parameters bound: f(z), f′(z, h), f″(z, h), each elementwise.

    `out` is the offer of a buffer of z's shape: what is returned may be it, or a new array.
    """

    f: Callable[..., Array]
    df: Slope
    d2f: Callable[..., Array] | None
    """None where it is 0 but at kinks."""


@dataclass(frozen=True)
class Activation:
    """One row of the table."""

    name: str
    f: Elementwise
    df: Slope
    d2f: Elementwise | None
    """None for what is linear between its kinks."""
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
        d2f = None if self.d2f is None else _bound(self.d2f, given)
        return Functions(_bound(self.f, given), _bound(self.df, given), d2f)

    def bound(self, activation: Named) -> float | None:
        """Supremum of |f′| with the spec's parameters; None where it is unbounded."""
        if callable(self.slope_bound):
            return self.slope_bound(**{k: activation.number(k, d) for k, d in self.parameters.items()})
        return self.slope_bound


def _bound(function: Slope, given: Mapping[str, float]) -> Slope:
    """The function with its parameters, ready to be offered a buffer whether it can use one or not."""
    with_parameters = partial(function, **given) if given else function
    if _fills_a_buffer(function):
        return with_parameters

    def ignore_out(*arrays: Array, out: Any = None) -> npt.NDArray[Any]:  # noqa: ANN401 - whatever is offered
        return with_parameters(*arrays)

    return ignore_out


@cache
def _fills_a_buffer(function: Slope) -> bool:
    return "out" in signature(function).parameters


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017 (arXiv:1706.02515), A.3

_ROWS = (
    Activation("identity", lambda z: z, lambda z, h: np.ones_like(z), None, 1.0, "lecun_normal", aliases=("linear",)),
    Activation(
        "sigmoid",
        e.sigmoid,
        e.sigmoid_df,
        lambda z, h: h * (1 - h) * (1 - 2 * h),
        0.25,
        "glorot_normal",
        aliases=("logistic",),
        saturates=True,
    ),
    Activation("tanh", e.tanh, e.tanh_df, lambda z, h: -2 * h * (1 - h * h), 1.0, "glorot_normal", saturates=True),
    Activation(
        "relu",
        e.relu,
        e.relu_df,
        None,
        1.0,
        "he_normal",
        can_die=True,
        kinks=(0.0,),
    ),
    Activation(
        "leaky_relu",
        e.leaky_relu,
        lambda z, h, negative_slope: np.where(z > 0, 1.0, negative_slope),
        None,
        lambda negative_slope: max(1.0, abs(negative_slope)),
        "he_normal",
        {"negative_slope": 0.01},
        kinks=(0.0,),
    ),
    Activation(
        "elu",
        e.elu,
        lambda z, h, alpha: np.where(z > 0, 1.0, h + alpha),
        lambda z, h, alpha: np.where(z > 0, 0.0, h + alpha),
        lambda alpha: max(1.0, abs(alpha)),
        "he_normal",
        {"alpha": 1.0},
        kinks=(0.0,),
    ),
    Activation(
        "selu",
        lambda z: SELU_SCALE * e.elu(z, SELU_ALPHA),
        lambda z, h: np.where(z > 0, SELU_SCALE, h + SELU_SCALE * SELU_ALPHA),
        lambda z, h: np.where(z > 0, 0.0, h + SELU_SCALE * SELU_ALPHA),
        SELU_SCALE * SELU_ALPHA,
        "lecun_normal",
        kinks=(0.0,),
    ),
    Activation(
        "gelu",
        lambda z: z * e.normal_cdf(z),
        lambda z, h: e.normal_cdf(z) + z * e.normal_pdf(z),
        lambda z, h: e.normal_pdf(z) * (2 - z * z),
        1.1289042,
        "he_normal",
    ),
    Activation("silu", lambda z: z * e.sigmoid(z), e.silu_df, e.silu_d2f, 1.0998393, "he_normal", aliases=("swish",)),
    Activation(
        "softplus",
        lambda z: np.logaddexp(0.0, z),
        lambda z, h: e.sigmoid(z),
        lambda z, h: e.sigmoid_df(z, e.sigmoid(z)),
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
    Activation("mish", lambda z: z * np.tanh(np.logaddexp(0.0, z)), e.mish_df, e.mish_d2f, 1.0884951, "he_normal"),
    Activation(
        "hard_sigmoid",
        lambda z: np.clip(z + 3, 0, 6) / 6,
        lambda z, h: (np.abs(z) < 3) / 6.0,
        None,
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
        None,
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
        None,
        1.0,
        "he_normal",
        can_die=True,
        kinks=(0.0, 6.0),
    ),
    Activation("exponential", np.exp, lambda z, h: h, lambda z, h: h, None, "lecun_normal", aliases=("exp",)),
    Activation("softmax", e.softmax, e.not_elementwise, e.not_elementwise, 0.5, "glorot_normal", last_only=True),
)

ACTIVATIONS: Mapping[str, Activation] = {row.name: row for row in _ROWS}
