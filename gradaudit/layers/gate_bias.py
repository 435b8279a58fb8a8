"""How the biases of a recurrent layer are drawn: by gates, with the forget gate's own value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.functions.initializers import INITIALIZERS, Rng
from gradaudit.functions.named import Named
from gradaudit.layers.interface import matrix

Array = npt.NDArray[np.float64]
ForgetBias: TypeAlias = float | Literal["chrono"]
"""A number, or `chrono`: log of what is uniform between 1 and one less than the steps, so that the memories of the
units reach back over all lengths of time (Tallec & Ollivier 2018, arXiv:1804.11188)."""


@dataclass(frozen=True, slots=True)
class GateBias:
    """The biases of all gates side by side; one that is drawn twice has two biases, of which only the sum matters."""

    units: int
    gates: int
    init: Named
    twice: frozenset[int] = frozenset()
    forget: ForgetBias | None = None
    keeps: int = 0
    """The gate that `forget` sets."""
    admits: int | None = None
    """The gate that `chrono` opens as far as it shuts the other; None where one gate does both."""
    steps: int = 2
    """Of a sequence."""

    def __call__(self, rng: Rng) -> Array:
        table = INITIALIZERS[self.init.name]
        parts = []
        for gate in range(self.gates):
            terms = 2 if gate in self.twice else 1
            drawn = [table.draw(rng, matrix(1, self.units), **table.arguments(self.init))[0] for _ in range(terms)]
            parts.append(np.sum(drawn, axis=0))
        if self.forget == "chrono":
            kept = np.log(rng.uniform(1.0, max(self.steps - 1.0, 1.0), self.units))
            parts[self.keeps] = kept
            if self.admits is not None:
                parts[self.admits] = -kept
        elif self.forget is not None:
            parts[self.keeps] = np.full(self.units, float(self.forget))
        return np.concatenate(parts)
