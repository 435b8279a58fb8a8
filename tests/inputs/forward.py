"""What a model that was read makes of inputs: the engine's own forward pass, for the oracles of the readers."""

from __future__ import annotations

import numpy as np

from gradaudit.datasets import prepare
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted
from gradaudit.spec import ModelSpec


def outputs(spec: ModelSpec, X: np.ndarray) -> np.ndarray:
    """The network's outputs with its own weights, batch normalisation by the batch."""
    assert spec.weights is not None
    units = spec.weights.coefs[-1].shape[1]
    spec, data = prepare(spec, 0, X.astype(float), np.zeros((len(X), units)))
    network = build(spec)
    bp = Backprop(network, data.X, data.T, 1)
    bp.theta[:] = fitted(network, spec.weights)
    bp.gradient()
    return bp.h[0]
