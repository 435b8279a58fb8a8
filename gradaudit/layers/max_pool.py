"""Max pooling: the largest value of each window, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.pooling import MaxPool, Pooling


@dataclass(frozen=True, slots=True)
class MaxPool2dSpec(Pooling):
    """Over the height and width of an image; a border never wins."""

    type: ClassVar[str] = "max_pool2d"
    axes: ClassVar[int] = 2

    def build(self, binding: Binding) -> Op:
        return MaxPool(binding, self.windows(binding.inputs))


@dataclass(frozen=True, slots=True)
class MaxPool1dSpec(MaxPool2dSpec):
    """Over the steps of a sequence."""

    type: ClassVar[str] = "max_pool1d"
    axes: ClassVar[int] = 1
