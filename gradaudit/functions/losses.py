"""Losses: value, first and second derivative in the network's output `h`, against targets `t`.

Each row is elementwise except cross_entropy, whose probabilities belong to one another. How the terms are
averaged is the row's `over_outputs`; the pairing with an output activation is nn.objective's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.elementwise import sigmoid, softmax
from gradaudit.functions.named import Named, Scalar

CLIP = 1e-7
"""Keras's: probabilities are clipped to [1e-7, 1 − 1e-7] where the loss does not see logits."""


@dataclass(frozen=True)
class Loss:
    """One row of the table."""

    name: str
    value: Callable[[Array, Array], Array]
    """Terms, same shape as h."""
    slope: Callable[[Array, Array], Array]
    """∂/∂h of the terms' sum."""
    bend: Callable[[Array, Array, Array], Array]
    """The terms' second derivative in h times a direction `Rh`."""
    over_outputs: Literal["mean", "sum"]
    native_output: str
    """The output activation this loss is made for."""
    constant: Callable[[Array], Array]
    """The best constant output for targets T (N × k): one row of k numbers."""
    parameters: Mapping[str, Scalar | None] = field(default_factory=lambda: {"reduction": "mean"})
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"reduction": ("mean", "sum")})
    for_classes: bool = False


def _clipped(h: Array) -> tuple[Array, Array]:
    """Probabilities inside [CLIP, 1 − CLIP], and 1 where the clip let them through (its derivative)."""
    inside = (h > CLIP) & (h < 1 - CLIP)
    return np.clip(h, CLIP, 1 - CLIP), inside.astype(np.float64)


def _bce(h: Array, t: Array) -> Array:
    p, _ = _clipped(h)
    return -(t * np.log(p) + (1 - t) * np.log1p(-p))


def _bce_slope(h: Array, t: Array) -> Array:
    p, inside = _clipped(h)
    return inside * (p - t) / (p * (1 - p))


def _bce_bend(h: Array, t: Array, Rh: Array) -> Array:
    p, inside = _clipped(h)
    return inside * (t / (p * p) + (1 - t) / (1 - p) ** 2) * Rh


def _ce_parts(h: Array) -> tuple[Array, Array, Array]:
    """Outputs divided by their row's sum, clipped; the mask of the clip; the sums."""
    total = h.sum(axis=-1, keepdims=True)
    q, inside = _clipped(h / total)
    return q, inside, total


def _ce(h: Array, t: Array) -> Array:
    return -t * np.log(_ce_parts(h)[0])


def _ce_slope(h: Array, t: Array) -> Array:
    """With q = h/s and a = ∂/∂q = −t/q: ∂/∂h = (a − Σ a·q)/s, where a·q = −t."""
    q, inside, s = _ce_parts(h)
    return np.asarray(inside * -t / q + (inside * t).sum(axis=-1, keepdims=True)) / s


def _ce_bend(h: Array, t: Array, Rh: Array) -> Array:
    """R{a} = t/q²·R{q}, where R{q} = (Rh − q·R{s})/s; and the quotient rule for the s below."""
    q, inside, s = _ce_parts(h)
    Rs = Rh.sum(axis=-1, keepdims=True)
    Ra = inside * t / (q * q) * (Rh - q * Rs) / s
    return np.asarray((Ra - _ce_slope(h, t) * Rs) / s)


def _poisson(h: Array, t: Array) -> Array:
    """t·ln(t/h) − t + h, scikit-learn's; 0·ln 0 = 0."""
    safe = np.where(t > 0, t, 1.0)
    return np.asarray(np.where(t > 0, t * (np.log(safe) - np.log(h)), 0.0) - t + h)


def _mean(T: Array) -> Array:
    return np.asarray(T.mean(axis=0, keepdims=True))


def _huber_constant(T: Array) -> Array:
    """Its minimum lies between the median and the mean; bisection on the slope, which is monotone."""
    low, high = T.min(axis=0, keepdims=True), T.max(axis=0, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        up = np.clip(middle - T, -1, 1).sum(axis=0, keepdims=True) > 0
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return np.asarray((low + high) / 2)


def _median(T: Array) -> Array:
    return np.median(T, axis=0, keepdims=True)


def cross_entropy_of_logits(z: Array, t: Array) -> Array:
    """−t·log softmax(z), stable; z and t are … × outputs, and so is the result."""
    top = z.max(axis=-1, keepdims=True)
    log_sum = top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True))
    return np.where(t != 0, t * (log_sum - z), 0.0)


def cross_entropy_slope(z: Array, t: Array) -> Array:
    """softmax(z)·Σt − t, the derivative by z; … × outputs, as z and t."""
    return np.asarray(softmax(z) * t.sum(axis=-1, keepdims=True) - t)


def cross_entropy_bend(z: Array, t: Array, Rz: Array) -> Array:
    """R{softmax(z)}·Σt, the change of the slope along Rz; … × outputs, as z, t and Rz."""
    p = softmax(z)
    return np.asarray(p * (Rz - (p * Rz).sum(axis=-1, keepdims=True)) * t.sum(axis=-1, keepdims=True))


def binary_cross_entropy_of_logits(z: Array, t: Array) -> Array:
    """log(1 + e^z) − t·z, entry by entry; of the shape of z and t."""
    return np.logaddexp(0.0, z) - t * z


def _binary_bend(z: Array, t: Array, Rz: Array) -> Array:
    p = sigmoid(z)
    return np.asarray(p * (1 - p) * Rz)


_OUTPUTS: dict[str, Scalar | None] = {"reduction": "mean", "outputs": "mean", "from_logits": False}
_OUTPUTS_CHOICES = {"reduction": ("mean", "sum"), "outputs": ("mean", "sum")}

_ROWS = (
    Loss(
        "mse", lambda h, t: (h - t) ** 2, lambda h, t: 2 * (h - t), lambda h, t, Rh: 2 * Rh, "mean", "identity", _mean
    ),
    Loss("half_mse", lambda h, t: (h - t) ** 2 / 2, lambda h, t: h - t, lambda h, t, Rh: Rh, "mean", "identity", _mean),
    Loss("half_sse", lambda h, t: (h - t) ** 2 / 2, lambda h, t: h - t, lambda h, t, Rh: Rh, "sum", "identity", _mean),
    Loss(
        "mae",
        lambda h, t: np.abs(h - t),
        lambda h, t: np.sign(h - t),
        lambda h, t, Rh: np.zeros_like(Rh),
        "mean",
        "identity",
        _median,
    ),
    Loss(
        "huber",
        lambda h, t: np.where(np.abs(h - t) < 1, (h - t) ** 2 / 2, np.abs(h - t) - 0.5),
        lambda h, t: np.clip(h - t, -1, 1),
        lambda h, t, Rh: (np.abs(h - t) < 1) * Rh,
        "mean",
        "identity",
        _huber_constant,
    ),
    Loss(
        "poisson",
        _poisson,
        lambda h, t: 1 - t / h,
        lambda h, t, Rh: t / (h * h) * Rh,
        "sum",
        "exponential",
        lambda T: np.maximum(_mean(T), 1e-12),
    ),
    Loss(
        "binary_cross_entropy",
        _bce,
        _bce_slope,
        _bce_bend,
        "mean",
        "sigmoid",
        _mean,
        _OUTPUTS,
        _OUTPUTS_CHOICES,
        for_classes=True,
    ),
    Loss(
        "cross_entropy",
        _ce,
        _ce_slope,
        _ce_bend,
        "sum",
        "softmax",
        _mean,
        {"reduction": "mean", "from_logits": False},
        for_classes=True,
    ),
)

LOSSES: Mapping[str, Loss] = {row.name: row for row in _ROWS}

_OF_LOGITS: Mapping[str, tuple[Callable[..., Array], Callable[..., Array], Callable[..., Array]]] = {
    "cross_entropy": (cross_entropy_of_logits, cross_entropy_slope, cross_entropy_bend),
    "binary_cross_entropy": (binary_cross_entropy_of_logits, lambda z, t: sigmoid(z) - t, _binary_bend),
}


def takes_logits(loss: Named) -> bool:
    """Whether the loss applies its softmax or sigmoid itself, whatever the network's output did before."""
    return bool(loss.get("from_logits", False))


def loss_on_outputs(loss: Named) -> Loss:
    """The loss in the network's outputs, which `from_logits` takes for logits."""
    row = LOSSES[loss.name]
    if not takes_logits(loss):
        return row
    value, slope, bend = _OF_LOGITS[loss.name]
    return replace(row, value=value, slope=slope, bend=bend)
