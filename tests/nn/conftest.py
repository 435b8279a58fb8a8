"""Small networks for the oracles."""

from collections.abc import Callable

import numpy as np
import pytest

from gradaudit.nn.backprop import Backprop
from gradaudit.nn.losses import LOSSES
from gradaudit.nn.network import build, initial
from gradaudit.spec import DenseSpec, ModelSpec, Named

Make = Callable[..., Backprop]


def targets(loss: str, rng: np.random.Generator, samples: int, outputs: int) -> np.ndarray:
    """One-hot rows for the losses over classes, positive numbers for the others."""
    if LOSSES[loss].for_classes:
        return np.eye(outputs)[rng.integers(0, outputs, samples)]
    return rng.random((samples, outputs)) + 0.1


@pytest.fixture
def make() -> Make:
    """A Backprop of 3-4-4-3 with two seeds, weights drawn, ready for `gradient`."""

    def made(
        activation: Named, output: Named, loss: Named, seed: int = 0, l2: float = 0.1, std: float = 0.7
    ) -> Backprop:
        rng = np.random.default_rng(seed)
        spec = ModelSpec(
            "m",
            3,
            (DenseSpec(4, repeat=2), DenseSpec(3)),
            activation=activation,
            output=output,
            loss=loss,
            init=Named.of("normal", std=std),
            bias=Named.of("normal", std=0.3),
            l2=l2,
        )
        network = build(spec)
        bp = Backprop(network, rng.normal(size=(5, 3)), targets(loss.name, rng, 5, 3), seeds=2)
        bp.theta[:] = [initial(network, rng) for _ in range(2)]
        return bp

    return made
