"""Small networks for the oracles."""

from collections.abc import Callable

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.functions.losses import LOSSES
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

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


class Oracle:
    """Central differences: what gradients and Hessian products are held against."""

    @staticmethod
    def objective(bp: Backprop, theta: np.ndarray) -> np.ndarray:
        bp.theta[:] = theta
        return bp.data_loss() + bp.penalty()

    @staticmethod
    def gradient(bp: Backprop, theta: np.ndarray) -> np.ndarray:
        bp.theta[:] = theta
        bp.gradient()
        return bp.g.copy()

    @staticmethod
    def derivative(function, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Richardson's extrapolation of the central difference: error of order step⁴."""
        e = 2e-4
        central = lambda h: (function(theta + h * v) - function(theta - h * v)) / (2 * h)  # noqa: E731
        return (4 * central(e / 2) - central(e)) / 3

    def agree(self, bp: Backprop, tolerance: float = 1e-9) -> None:
        """Gradient along a random direction, and Hessian product, against differences, relative to their norms."""
        theta = bp.theta.copy()
        rng = np.random.default_rng(1)
        v = rng.standard_normal(theta.shape)
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        g = self.gradient(bp, theta)
        bp.v[:] = v
        Hv = bp.hessian_product().copy()
        slope = self.derivative(lambda t: self.objective(bp, t), theta, v)
        scale = np.linalg.norm(g, axis=1) + 1e-2 * np.abs(self.objective(bp, theta))
        assert np.all(np.abs(slope - (g * v).sum(axis=1)) <= tolerance * scale)
        bend = self.derivative(lambda t: self.gradient(bp, t), theta, v)
        assert np.all(np.linalg.norm(bend - Hv, axis=1) <= 10 * tolerance * (np.linalg.norm(Hv, axis=1) + scale))


@pytest.fixture
def oracle() -> Oracle:
    """The differences, at the fingertips of a test."""
    return Oracle()
