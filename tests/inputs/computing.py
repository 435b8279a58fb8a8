"""What a model with its own weights computes, and what the library that wrote it said beside the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from gradaudit.datasets import prepare
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted


def computed(spec: ModelSpec, X: np.ndarray) -> np.ndarray:
    """The engine's forward pass, batch norms by the batch."""
    assert spec.weights is not None
    spec, data = prepare(spec, 0, X.astype(float), np.zeros((len(X), spec.weights.each("weight")[-1].shape[1])))
    network = build(spec)
    bp = Backprop(network, data.X, data.T, 1)
    bp.theta[:] = fitted(network, spec.weights)
    bp.gradient()
    return bp.h[0]


def said(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs, from outputs.npz beside the file; `residual` ends in logits for its loss."""
    with np.load(path.parent / "outputs.npz") as made:
        X, outputs = made["X"], made[path.stem]
    return X, 1 / (1 + np.exp(-outputs)) if path.stem == "residual" else outputs


def outputs(spec: ModelSpec, X: np.ndarray) -> np.ndarray:
    """Of the network as it is, linear at its end."""
    network = build(replace(spec, loss=Named("mse"), output=Named("identity")))
    assert spec.weights is not None
    bp = Backprop(network, X, np.zeros((len(X), *network.rows[-1].shape)), 1)
    bp.theta[:] = fitted(network, spec.weights)
    return bp.output()[0]
