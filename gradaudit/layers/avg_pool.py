"""Average pooling: the mean of each window, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.pooling import AveragePool, Pooling


@dataclass(frozen=True, slots=True)
class AvgPool2dSpec(Pooling):
    """Over the height and width of an image.

    The zeros of a numbered padding count, as in PyTorch; those of `same` do not, as in Keras.
    """

    type: ClassVar[str] = "avg_pool2d"
    axes: ClassVar[int] = 2

    def build(self, binding: Binding) -> Op:
        return AveragePool(binding, self.windows(binding.inputs), counts_border=self.padding != "same")


@dataclass(frozen=True, slots=True)
class AvgPool1dSpec(AvgPool2dSpec):
    """Over the steps of a sequence."""

    type: ClassVar[str] = "avg_pool1d"
    axes: ClassVar[int] = 1
