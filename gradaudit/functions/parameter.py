"""A parameter of a layer: its shape, its role, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from gradaudit.functions.named import Named

if TYPE_CHECKING:
    import numpy as np

    from gradaudit.functions.arrays import Array

Shape: TypeAlias = tuple[int, ...]
"""Of one sample: (64,), (20, 8) for steps × features, (8, 8, 1) for height × width × channels."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """All that layout, initialisation, weight files, penalties and update ratios read of a parameter."""

    name: str
    """Its key in weight files too."""
    shape: Shape
    role: Literal["weight", "bias", "scale", "shift"]
    """`weight`: drawn by the layer's init, and what l2 penalises; `bias`: drawn with it."""
    fan_in: int = 0
    fan_out: int = 0
    blocks: int = 1
    """Drawn side by side so many times along the last axis, as the gates of a recurrent cell are."""
    start: float | None = None
    """What it starts at, a file of weights without it included; None where it is drawn."""
    init: Named | None = None
    """How it is drawn, where that is not what the row's `init` (of a bias: the row's `bias`) says."""
    draw: Callable[[np.random.Generator | np.random.RandomState], Array] | None = None
    """Where no initializer says how it is drawn: the function that does."""
    may_be_absent: bool = False
    """Whether a file of weights may lack it though it is drawn; it is 0 then."""
