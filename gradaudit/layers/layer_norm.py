"""Layer normalisation: the channels of each sample and position among themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradaudit.functions.named import Named
from gradaudit.layers.interface import NAME, REPEAT, key
from gradaudit.layers.normalisation import EPS, EPS_IS, Norm


@dataclass(frozen=True, slots=True)
class LayerNormSpec(Norm):
    """A layer normalisation of its own."""

    type: ClassVar[str] = "layer_norm"
    axis: ClassVar[int] = -1

    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    eps: float = key("positive", EPS_IS, EPS)
    activation: Named | None = key("hidden", "Behind the normalisation (none).", None)
