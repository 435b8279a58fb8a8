"""Group normalisation: each sample's channels, group by group, over all positions (Wu & He 2018, arXiv:1803.08494)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import NAME, REPEAT, key
from gradaudit.layers.normalisation import EPS, EPS_IS, Array, Norm, Normalise
from gradaudit.layers.operation import Binding, Op


@dataclass(frozen=True, slots=True)
class GroupNormSpec(Norm):
    """A group normalisation of its own; with a group a channel it is an instance normalisation."""

    type: ClassVar[str] = "group_norm"
    axis: ClassVar[int] = -1

    groups: int = key("count", "Groups of channels; as many as channels for an instance normalisation (1: all).", 1)
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    eps: float = key("positive", EPS_IS, EPS)
    activation: Named | None = key("hidden", "Behind the normalisation (none).", None)

    def output_shape(self, inputs: Shape) -> Shape:
        if inputs[-1] % self.groups:
            says = f"groups: {self.groups} must divide the {inputs[-1]} channels that come in"
            raise ValueError(f"{says}; write a number that does, such as 1")
        return inputs

    def build(self, binding: Binding) -> Op:
        return NormaliseGroups(binding, self.groups, self.eps)


class NormaliseGroups(Normalise):
    """Normalise, whose means run over the positions of a sample and the channels of a group."""

    def __init__(self, binding: Binding, groups: int, eps: float) -> None:
        super().__init__(binding, -1, eps)
        positions, self.groups = prod(binding.inputs[:-1]), groups
        self.each = np.full((1, positions), 1 / positions, binding.dtype)

    def _mean(self, a: Array) -> Array:
        maps = a.reshape(*a.shape[:-2], -1, self.each.size, a.shape[-1])
        of_channels = self.each @ maps
        of_groups = of_channels.reshape(*of_channels.shape[:-1], self.groups, -1).mean(axis=-1)
        each = np.repeat(of_groups, a.shape[-1] // self.groups, axis=-1)
        return np.broadcast_to(each, maps.shape).reshape(a.shape)
