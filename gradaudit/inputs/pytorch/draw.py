"""Whether a module's weights are a fresh draw, and of which initializer: then many draws are audited in their place.

What tells is how the numbers are spread. A few numbers tell little: then the module is made again under other seeds,
where its class, the person's function or its own `reset_parameters` can do that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradaudit.domain.spec import Named
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import DescribedLayer
from gradaudit.inputs.pytorch.distributions import (
    DEFAULT,
    FITTED,
    bias_initializers,
    default_bias,
    likelihood,
    may_be_bias,
    may_be_weight,
    weight_initializers,
)

DRAWN = ("dense", "conv1d", "conv2d")
"""Types whose weights one initializer draws."""
ENOUGH = 256
"""Weights from which an initializer can be told from what was learnt."""
ENOUGH_FOR_DEFAULT = 64
MOST_WRITES = 4
"""In-place changes of a parameter that setting it up takes; each step of an optimizer is one more."""
_POOL = 400
"""Weights of the smallest layer, all draws together, that are enough."""
_NEARLY = 8.0
"""Difference in log-likelihood."""
_FEWEST_DRAWS, _MOST_DRAWS = 4, 64


@dataclass(frozen=True, eq=False)
class Dense:
    """A dense layer's parameters, as PyTorch holds them and as arrays."""

    weight: Any
    bias: Any
    """None where it has none."""
    array: Array
    """Inputs × units, of a convolution *kernel × channels in × out."""
    intercept: Array | None

    @property
    def inputs(self) -> int:
        """How many inputs one unit has."""
        return int(self.array.size // self.array.shape[-1])


@dataclass(frozen=True)
class Draw:
    """What a layer was drawn from."""

    init: Named
    bias: Named | None
    """None: what `init` brings, or no biases."""


@dataclass(frozen=True, eq=False)
class DrawFound:
    """What is known of how the weights came about."""

    draws: tuple[Draw, ...] | None
    """One a dense layer; None where it cannot be told."""
    is_fresh: bool
    """The weights are nothing but such a draw."""


Draws = list[tuple[list[Array], list[Array]]]
"""Of each dense layer the weights and the biases, one array a draw; biases may be missing."""
Drawing = list[tuple[Array, Array | None]]
"""The arrays of all dense layers, drawn again."""


def find_draws(dense: list[Dense], ways: Iterator[Iterator[Drawing]], *, used: bool) -> DrawFound:
    """What the dense layers' weights were drawn from; `ways` are the ways to draw them again and again."""
    if not all(np.isfinite(layer.array).all() for layer in dense):
        return DrawFound(None, is_fresh=False)
    own = _recognise([([layer.array], [] if layer.intercept is None else [layer.intercept]) for layer in dense])
    may_be_own = not used and own is not None and not _is_trained(dense)
    if own is not None and may_be_own and _is_large_enough(dense, own):
        return DrawFound(own, is_fresh=True)
    for way in ways:
        known = _recognise(_pool(way, len(dense)))
        if known is not None:
            return DrawFound(known, not used and not _is_trained(dense) and all(map(_may_be, dense, known)))
    if own is not None and may_be_own and all(map(_is_set_up, dense, own)):
        return DrawFound(own, is_fresh=True)
    return DrawFound(None, is_fresh=False)


def was_used(module: Any) -> bool:  # noqa: ANN401
    """Whether a gradient, or a batch that a norm has seen, speaks against a fresh draw."""
    return any(parameter.grad is not None for parameter in module.parameters()) or any(
        name.endswith("num_batches_tracked") and int(seen) for name, seen in module.named_buffers()
    )


def _is_trained(dense: list[Dense]) -> bool:
    return any(layer.weight._version > MOST_WRITES for layer in dense)  # noqa: SLF001 - there is no public way


def _is_large_enough(dense: list[Dense], draws: tuple[Draw, ...]) -> bool:
    """Whether one draw is enough to tell what it was drawn from, and that it was not trained."""
    size, inits = sum(layer.array.size for layer in dense), {draw.init for draw in draws}
    if inits == {DEFAULT} and all(draw.bias is None for draw in draws):
        parameters = [p for layer in dense for p in (layer.weight, layer.bias) if p is not None]
        return size >= ENOUGH_FOR_DEFAULT or all(map(_is_untouched, parameters))
    if any(init.name in FITTED for init in inits):
        return size >= ENOUGH and len(inits) == 1 and all(map(_has_untrained_bias, dense, draws))
    return size >= ENOUGH


def _is_set_up(layer: Dense, draw: Draw) -> bool:
    """Whether its biases show that it was not trained, though its weights are few."""
    return layer.intercept is not None and draw.init.name not in FITTED and _has_untrained_bias(layer, draw)


def _is_untouched(parameter: Any) -> bool:  # noqa: ANN401
    """Whether it was written into no more than once, as torch.nn's constructors do."""
    return bool(parameter._version <= 1)  # noqa: SLF001


def _has_untrained_bias(layer: Dense, draw: Draw) -> bool:
    """Training moves biases: those that are all alike, or are PyTorch's own draw, it has not moved."""
    if layer.intercept is None or (draw.bias is not None and draw.bias.name in ("zeros", "constant")):
        return True
    return _is_untouched(layer.bias) and draw.bias in (None, default_bias(layer.inputs))


def _may_be(layer: Dense, draw: Draw) -> bool:
    """Whether the layer's own weights and biases may be such a draw."""
    if not may_be_weight([layer.array], draw.init):
        return False
    bias = draw.bias or default_bias(layer.inputs)
    return layer.intercept is None or may_be_bias([layer.intercept], bias)


def _pool(way: Iterator[Drawing], layers: int) -> Draws:
    """So many draws that the smallest layer has enough weights; none where nothing differs from draw to draw."""
    pool: Draws = [([], []) for _ in range(layers)]
    for count, drawing in enumerate(way, 1):
        for (weights, biases), (W, b) in zip(pool, drawing, strict=True):
            weights.append(W)
            if b is not None:
                biases.append(b)
        smallest = min(sum(W.size for W in weights) for weights, _ in pool)
        if count >= _MOST_DRAWS or (count >= _FEWEST_DRAWS and smallest >= _POOL):
            break
    return pool


def _recognise(draws: Draws) -> tuple[Draw, ...] | None:
    """The initializer of each layer, the one that most of them may have wherever it is possible."""
    if not all(weights for weights, _ in draws) or _is_one(draws):
        return None
    possible = [weight_initializers(weights) for weights, _ in draws]
    if not all(possible):
        return None
    inits = _by_kind([weights for weights, _ in draws], possible)
    found = []
    for init, (weights, biases) in zip(inits, draws, strict=True):
        choices = bias_initializers(biases, _inputs(weights)) if biases else []
        if biases and not choices:
            return None
        found.append(Draw(init, _bias(init, choices, _inputs(weights))))
    return tuple(found)


def _inputs(weights: list[Array]) -> int:
    """How many inputs one unit has."""
    return int(weights[0].size // weights[0].shape[-1])


def _by_kind(weights: list[list[Array]], possible: list[list[Named]]) -> list[Named]:
    """Convolutions agree among themselves, and so do dense layers: people often set one kind and leave the other."""
    inits: dict[int, Named] = {}
    for axes in {min(drawn[0].ndim, 3) for drawn in weights}:
        places = [place for place, drawn in enumerate(weights) if min(drawn[0].ndim, 3) == axes]
        agreed = _agreed([weights[place] for place in places], [possible[place] for place in places])
        inits |= dict(zip(places, agreed, strict=True))
    return [inits[place] for place in range(len(weights))]


def _agreed(weights: list[list[Array]], possible: list[list[Named]]) -> list[Named]:
    """The initializer that most layers were drawn from, for every layer where it is nearly as likely as its own."""
    likeliest = [choices[0] for choices in possible]
    common, _ = Counter(likeliest).most_common(1)[0]
    fits_all = [init for init in possible[0] if all(init in choices for choices in possible)]
    if fits_all and any(common not in choices for choices in possible):  # layers of several shapes tell two apart
        common = fits_all[0]
    return [
        common if may_be_weight(drawn, common) and likelihood(drawn, common) > likelihood(drawn, own) - _NEARLY else own
        for drawn, own in zip(weights, likeliest, strict=True)
    ]


def _is_one(draws: Draws) -> bool:
    """Whether it came out the same each time, though no constant: numbers that were stored, no draw."""
    several = [weights for weights, _ in draws if len(weights) > 1 and np.ptp(weights[0])]
    return bool(several) and all((weights[0] == W).all() for weights in several for W in weights)


def _bias(init: Named, choices: list[Named], inputs: int) -> Named | None:
    """The bias's own initializer, where it is not what `init` brings."""
    if not choices:
        return None
    return None if init == DEFAULT and choices[0] == default_bias(inputs) else choices[0]


def with_draws(
    layers: tuple[DescribedLayer, ...], draws: Iterator[Draw], *, keeps_weights: bool
) -> tuple[DescribedLayer, ...]:
    """The layers, each dense one with what it was drawn from; without their arrays where those are such a draw."""
    found = []
    for layer in layers:
        keys: Mapping[str, Any] = layer.keys
        if layer.type in DRAWN:
            draw = next(draws)
            bias = keys.get("bias") if keys.get("bias") is False else draw.bias
            keys = {**keys, "init": draw.init} | ({} if bias is None else {"bias": bias})
        inside, beside = (
            with_draws(each, draws, keeps_weights=keeps_weights) for each in (layer.layers, layer.shortcut)
        )
        drops = not keeps_weights and layer.type != "input_scaling"
        found.append(replace(layer, keys=keys, weights={} if drops else layer.weights, layers=inside, shortcut=beside))
    return tuple(found)
