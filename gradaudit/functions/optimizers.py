"""Optimizers with PyTorch's updates, and scikit-learn's and Keras's where they differ, on flat parameters θ in place.

`step(theta, g, state, t, **parameters)` adds one update to θ (seeds × P); `t` counts from 1, and `learning_rate` may
be a column (seeds × 1), so that runs at several rates go side by side. Every update is elementwise once the gradient
is clipped, so it is made in pieces that stay in a core's cache. Sources: torch.optim; Kingma & Ba 2015
(arXiv:1412.6980); Loshchilov & Hutter 2019 (arXiv:1711.05101); Duchi et al. 2011; Hinton's rmsprop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.named import Named, Scalar

State = dict[str, Array]
Rate = float | Array


PIECE = 131_072
"""Elements that are updated at a time: a handful of arrays of this length fit a third-level cache, and calling NumPy
for them costs nothing."""


@dataclass(frozen=True)
class Optimizer:
    """One row of the table."""

    name: str
    update: Callable[..., None]
    """The formula, on a piece of θ, of the clipped and decayed g and of the state's arrays, in place."""
    keeps: tuple[str, ...]
    """The state's arrays, each of θ's shape; `velocity` only where there is momentum."""
    parameters: Mapping[str, Scalar | None]
    """Defaults; `clip_norm` None is no clipping."""
    aliases: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    """Frameworks whose update differs from PyTorch's in where ε stands, or in what a weight decay joins."""
    decouples_decay: bool = False
    """True where weight_decay shrinks θ beside the step, in every framework, instead of joining the gradient."""

    def arguments(self, optimizer: Named, framework: str | None = None) -> dict[str, Any]:
        """The spec's parameters, defaults filled in; a framework's own form of the update where it has one."""
        form = {"form": framework} if framework in self.forms else {}
        return {**self.parameters, **dict(optimizer.parameters), **form}

    def couples_decay(self, framework: str | None) -> bool:
        """Whether weight_decay joins the gradient, and so its moments: nowhere in Keras."""
        return not self.decouples_decay and framework != "keras"

    def step(self, theta: Array, g: Array, state: State, t: int, *, clip_norm: float | None, **given: Any) -> None:  # noqa: ANN401 - the row's parameters
        """One update of θ in place; θ and g are runs × P, and `state` is empty at first and belongs to the run.

        `t` counts the steps from 1, and a learning rate is a number or runs × 1.
        """
        if not state:
            state.update(self._start(theta, given))
        scale, decay = clip_scale(g, clip_norm), given.pop("weight_decay")
        decouples = not self.couples_decay(given.get("form"))
        width = max(1, PIECE // len(theta))
        for begin in range(0, theta.shape[1], width):
            piece = np.s_[:, begin : begin + width]
            clipped = g[piece] if scale is None else g[piece] * scale
            decayed = _decayed(theta[piece], clipped, given["learning_rate"], decay, decoupled=decouples)
            self.update(theta[piece], decayed, {key: array[piece] for key, array in state.items()}, t, **given)

    def _start(self, theta: Array, given: Mapping[str, Any]) -> State:
        """The state before the first step: zeros, or what the squares' sum is told to begin with."""
        kept = [key for key in self.keeps if key != "velocity" or given["momentum"]]
        fill = {"v": given.get("initial_accumulator_value", 0.0)}
        return {key: np.full_like(theta, fill.get(key, 0.0)) for key in kept}


def clip_scale(g: Array, clip_norm: float | None) -> Array | None:
    """What brings g (seeds × P) down to norm `clip_norm`, a column (PyTorch's clip_grad_norm_); None: no clipping."""
    if clip_norm is None:
        return None
    norm = np.sqrt(np.einsum("sp,sp->s", g, g))[:, None]
    return np.asarray(np.minimum(1.0, clip_norm / (norm + 1e-6)))


def _decayed(theta: Array, g: Array, learning_rate: Rate, weight_decay: float, *, decoupled: bool) -> Array:
    """g + λθ (PyTorch), or g where the decay is decoupled and shrinks θ beside the step: θ ← θ − ηλθ (Keras)."""
    if not weight_decay:
        return g
    if not decoupled:
        return g + weight_decay * theta
    theta -= learning_rate * weight_decay * theta
    return g


def _sgd(
    theta: Array,
    g: Array,
    state: State,
    t: int,
    learning_rate: Rate,
    momentum: float,
    nesterov: bool,
    form: str = "pytorch",
) -> None:
    """v ← βv + g; θ ← θ − η·v (heavy ball), or θ − η·(g + βv) with Nesterov."""
    if momentum:
        v = state["velocity"]
        v *= momentum
        v += g
        g = g + momentum * v if nesterov else v
    theta -= learning_rate * g


def _adam(
    theta: Array,
    g: Array,
    state: State,
    t: int,
    learning_rate: Rate,
    beta_1: float,
    beta_2: float,
    eps: float,
    form: str = "pytorch",
) -> None:
    """θ ← θ − η·m̂/(√v̂ + ε) with bias-corrected running moments.

    scikit-learn and Keras add ε to √v before the correction.
    """
    m, v, part = state["m"], state["v"], g - state["m"]
    part *= 1 - beta_1
    m += part
    np.multiply(g, g, out=part)
    part -= v
    part *= 1 - beta_2
    v += part
    correction = sqrt(1 - beta_2**t)  # a plain number: NumPy's would turn float32 into float64
    np.sqrt(v, out=part)
    part += eps * (correction if form == "pytorch" else 1.0)
    np.divide(m, part, out=part)
    part *= correction / (1 - beta_1**t)
    theta -= learning_rate * part


def _root(s: Array, eps: float, form: str) -> Array:
    """√s + ε (PyTorch), or √(s + ε) (Keras)."""
    return np.sqrt(s + eps) if form == "keras" else np.sqrt(s) + eps


def preconditioner(v: Array, given: Mapping[str, Any]) -> Array:
    """P, which an adaptive update with these arguments divides by at the second moment v, bias correction past.

    Of the shape of v. Without a correction, in rmsprop and adagrad, Keras's ε stands inside the root.
    """
    return _root(v, given["eps"], "pytorch" if "beta_2" in given else given.get("form", "pytorch"))


def _rmsprop(
    theta: Array,
    g: Array,
    state: State,
    t: int,
    learning_rate: Rate,
    alpha: float,
    eps: float,
    momentum: float,
    form: str = "pytorch",
) -> None:
    """s ← αs + (1 − α)g²; θ ← θ − η·g/(√s + ε), momentum on the quotient where it is given; Keras: g/√(s + ε)."""
    s = state["v"]
    s += (1 - alpha) * (g * g - s)
    update = g / _root(s, eps, form)
    if momentum:
        velocity = state["velocity"]
        velocity *= momentum
        velocity += update
        update = velocity
    theta -= learning_rate * update


def _adagrad(
    theta: Array,
    g: Array,
    state: State,
    t: int,
    learning_rate: Rate,
    lr_decay: float,
    eps: float,
    initial_accumulator_value: float,
    form: str = "pytorch",
) -> None:
    """s ← s + g²; θ ← θ − η/(1 + (t − 1)·decay)·g/(√s + ε); Keras: g/√(s + ε)."""
    s = state["v"]
    s += g * g
    theta -= learning_rate / (1 + (t - 1) * lr_decay) * g / _root(s, eps, form)


_MOMENTS: dict[str, Scalar | None] = {"beta_1": 0.9, "beta_2": 0.999, "eps": 1e-8}

_ROWS = (
    Optimizer(
        "sgd",
        _sgd,
        ("velocity",),
        {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0, "clip_norm": None},
        forms=("keras",),
    ),
    Optimizer(
        "adam",
        _adam,
        ("m", "v"),
        {"learning_rate": 0.001, **_MOMENTS, "weight_decay": 0.0, "clip_norm": None},
        forms=("sklearn", "keras"),
    ),
    Optimizer(
        "adamw",
        _adam,
        ("m", "v"),
        {"learning_rate": 0.001, **_MOMENTS, "weight_decay": 0.01, "clip_norm": None},
        forms=("keras",),
        decouples_decay=True,
    ),
    Optimizer(
        "rmsprop",
        _rmsprop,
        ("v", "velocity"),
        {"learning_rate": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "clip_norm": None},
        forms=("keras",),
    ),
    Optimizer(
        "adagrad",
        _adagrad,
        ("v",),
        {
            "learning_rate": 0.01,
            "lr_decay": 0.0,
            "eps": 1e-10,
            "weight_decay": 0.0,
            "initial_accumulator_value": 0.0,
            "clip_norm": None,
        },
        forms=("keras",),
    ),
)

OPTIMIZERS: Mapping[str, Optimizer] = {row.name: row for row in _ROWS}
