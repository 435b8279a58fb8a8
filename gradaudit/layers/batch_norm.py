"""Batch normalisation: each channel over the batch's samples and positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradaudit.functions.named import Named
from gradaudit.layers.interface import NAME, REPEAT, key
from gradaudit.layers.normalisation import EPS, EPS_IS, Norm


@dataclass(frozen=True, slots=True)
class BatchNormSpec(Norm):
    """A batch normalisation of its own."""

    type: ClassVar[str] = "batch_norm"
    axis: ClassVar[int] = -2

    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)
    eps: float = key("positive", EPS_IS, EPS)
    activation: Named | None = key("hidden", "Behind the normalisation (none).", None)
