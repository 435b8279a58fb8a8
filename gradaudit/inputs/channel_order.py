"""Arrays of models that have channels in front of positions, as PyTorch and ONNX do, turned to channels last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape

CHANNELS_FIRST = "channels_first"
"""Key of a described `flatten`: whether it takes channels before positions, which is another order of its values."""


@dataclass
class Turning:
    """The order of the values behind a flatten, until a dense layer has taken them."""

    order: npt.NDArray[np.intp] | None = None
    """The place in the source's order of each value in ours; None: they are in ours."""

    def flattened(self, shape: Shape) -> None:
        """A flatten that takes channels before positions, of a map of this shape, channels last."""
        if prod(shape[:-1]) == 1 or shape[-1] == 1:
            return
        first = np.arange(prod(shape)).reshape(shape[-1], *shape[:-1])
        self.order = np.moveaxis(first, 0, -1).ravel()

    def turned(self, type_: str, weights: Mapping[str, Array]) -> Mapping[str, Array]:
        """The arrays of a layer of this type in our order; the same ones where there is nothing to turn."""
        if self.order is None or not weights:
            return weights
        order = self.order
        if type_ == "dense":
            self.order = None
            return _rows(weights, order)
        return {key: array[..., order] for key, array in weights.items()}


def _rows(weights: Mapping[str, Array], order: npt.NDArray[np.intp]) -> dict[str, Array]:
    """A dense layer's weights with their rows in another order, where there are as many."""
    weight = weights["weight"]
    fits = len(weight) == len(order)
    return {**weights, "weight": weight[order] if fits else weight}


def channels_last(shape: Shape) -> Shape:
    """(channels, height, width) → (height, width, channels)."""
    return (*shape[1:], shape[0])


def kernel_last(weight: Array) -> Array:
    """A kernel out × in × *positions as *positions × in × out."""
    return np.ascontiguousarray(np.moveaxis(weight, (1, 0), (-2, -1)))
