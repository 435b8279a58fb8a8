"""Whether a PyTorch module's weights are a fresh draw, and of which initializer: its distribution gives it away.

Kolmogorov's distance between the weights and each initializer's distribution decides. A gradient, or a batch that a
norm has seen, speaks against a fresh draw; a handful of weights proves nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import erf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.inputs.torch_layers import Layers
from gradaudit.nn.initializers import INITIALIZERS
from gradaudit.spec import DenseSpec, LayerSpec, Named, Weights

Array = npt.NDArray[np.float64]
Draws = list[tuple[Array, Array | None]]

DEFAULT = Named("pytorch")
"""U(−1/√n, 1/√n) for n inputs, weights and biases alike (torch.nn.Linear.reset_parameters)."""
OTHERS = tuple(Named(f"{family}_{shape}") for family in ("he", "glorot", "lecun") for shape in ("normal", "uniform"))
FEWEST, FEWEST_OF_OTHERS = 64, 256
"""Weights from which the default, and another initializer, can be told from what was learnt."""
FARTHEST, FARTHEST_OF_OTHERS = 3.0, 1.63
"""√n·D beyond which a sample is none: a true one exceeds 3 once in 30 million times, 1.63 once in a hundred."""
LARGEST_SAMPLE = 4000


def fresh_draw(module: Any, found: Layers) -> tuple[Named, tuple[LayerSpec, ...]] | None:  # noqa: ANN401
    """The initializer that the weights were drawn from; None where they were trained, or drawn otherwise.

    With it the layers, which name initializers of their own weights and biases where those differ.
    """
    weights = found.weights
    if _was_used(module, weights) or not all(np.isfinite(W).all() for W in weights.coefs):
        return None
    draws = list(zip(weights.coefs, weights.intercepts, strict=True))
    size = sum(W.size for W, _ in draws)
    if size >= FEWEST and all(_is_default(W, b) for W, b in draws):
        return DEFAULT, found.layers
    if size < FEWEST_OF_OTHERS:
        return None
    possible = [_exact(W) or [init for init in OTHERS if _is_drawn_from(init, W)] for W, _ in draws]
    if not all(possible):
        return None
    init, _ = Counter(choice for choices in possible for choice in choices).most_common(1)[0]
    chosen = [init if init in choices else choices[0] for choices in possible]
    biases = [_bias(W, b) for W, b in draws]
    if any(bias is None for bias in biases):
        return None
    return init, _with_own(found.layers, init, chosen, biases)


def _with_own(
    layers: tuple[LayerSpec, ...], init: Named, inits: list[Named], biases: list[Named | None]
) -> tuple[LayerSpec, ...]:
    own = iter(zip(inits, biases, strict=True))
    return tuple(_drawn(layer, init, *next(own)) if isinstance(layer, DenseSpec) else layer for layer in layers)


def _drawn(layer: DenseSpec, init: Named, its: Named, bias: Named | None) -> DenseSpec:
    silent = layer.bias is False or bias == Named("zeros")
    return replace(layer, init=None if its == init else its, bias=layer.bias if silent else bias)


def _was_used(module: Any, weights: Weights) -> bool:  # noqa: ANN401 - torch is not imported, so it has no types
    return (
        any(parameter.grad is not None for parameter in module.parameters())
        or any(name.endswith("num_batches_tracked") and int(seen) for name, seen in module.named_buffers())
        or any((scale != 1).any() for scale in weights.scales)
        or any(shift.any() for shift in weights.shifts)
    )


def _is_default(W: Array, b: Array | None) -> bool:
    return _is_drawn_from(DEFAULT, W, FARTHEST) and (b is None or _is_default_bias(W, b))


def _is_default_bias(W: Array, b: Array) -> bool:
    return bool(b.any()) and _is_uniform(b * sqrt(len(W)), FARTHEST)


def _is_drawn_from(init: Named, W: Array, farthest: float = FARTHEST_OF_OTHERS) -> bool:
    std = sqrt(INITIALIZERS[init.name].variance(*W.shape, **INITIALIZERS[init.name].arguments(init)))
    if init.name.endswith("normal"):
        return _is_normal(W.ravel() / std, farthest)
    return _is_uniform(W.ravel() / (sqrt(3) * std), farthest)


def _exact(W: Array) -> list[Named]:
    """Initializers that leave no doubt."""
    if (W.flat[0] == W).all():
        return [Named("zeros") if W.flat[0] == 0 else Named.of("constant", value=float(W.flat[0]))]
    small = W.T @ W if W.shape[0] >= W.shape[1] else W @ W.T
    return [Named("orthogonal")] if np.allclose(small, np.eye(len(small)), atol=1e-3) else []


def _bias(W: Array, b: Array | None) -> Named | None:
    """What a layer's biases were drawn from; zeros for a layer without any."""
    if b is None or not b.any():
        return Named("zeros")
    if (b == b[0]).all() and b.size > 1:
        return Named.of("constant", value=float(b[0]))
    bound = 1 / sqrt(len(W))
    return Named.of("uniform", low=-bound, high=bound) if _is_default_bias(W, b) else None


def _is_uniform(values: Array, farthest: float) -> bool:
    """On [−1, 1], the ends as coarse as the coarsest type's numbers."""
    return bool(np.abs(values).max() <= 1 + 2**-7) and _is_near((values + 1) / 2, farthest)


def _is_normal(values: Array, farthest: float) -> bool:
    sample = values[:: max(1, values.size // LARGEST_SAMPLE)]
    return _is_near(np.array([(1 + erf(value / sqrt(2))) / 2 for value in sample]), farthest)


def _is_near(quantiles: Array, farthest: float) -> bool:
    """Whether values between 0 and 1 spread over them evenly."""
    n = quantiles.size
    ordered, steps = np.sort(quantiles), np.arange(n + 1) / n
    return float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max())) * sqrt(n) < farthest
