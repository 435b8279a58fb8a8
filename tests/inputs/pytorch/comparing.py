"""What gradaudit makes of a PyTorch module, held against PyTorch itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradaudit.datasets import prepare
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.inputs.described.model import DescribedModel, Place
from gradaudit.inputs.described.to_spec import spec_of
from gradaudit.inputs.pytorch.reading import ForwardPass
from gradaudit.inputs.pytorch.sample import read_module
from gradaudit.inputs.pytorch.training import trained_with
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted

Gradient = list[np.ndarray]


def read(net: Any) -> ForwardPass:
    """What the forward pass comes to."""
    return read_module(net, None, "net", None)


def spec_with_weights(net: Any) -> ModelSpec:
    """The module as a model with the very weights that it has, fresh or not."""
    found = read(net)
    settings = {"loss": Named("cross_entropy")} if found.gives_logarithms else {}
    layers, place = found.layers, Place("net")
    return spec_of(DescribedModel("net", place, layers, found.inputs, "pytorch", settings, leaves_output_open=True))


def off_its_defaults(net: Any) -> Any:
    """The module in float64, every parameter moved."""
    torch.manual_seed(1)
    net = net.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return net


def check_equal(net: Any, loss: Any, X: Any, y: Any, rtol: float = 1e-10) -> ModelSpec:
    """PyTorch's loss and every gradient of it are ours, matrices and vectors by their numbers. Gives the spec."""
    spec = trained_with(spec_with_weights(net), loss)
    net.train()
    theirs = loss(net(X), y)
    theirs.backward()
    rows = X.reshape(len(X), -1)
    complete, dataset = prepare(replace(spec, assumed=()), 0, rows, y.reshape(len(y), -1) if y.dim() > 1 else y)
    bp = Backprop(build(complete), dataset.X, dataset.T, 1)
    assert complete.weights is not None
    bp.theta[:] = fitted(bp.network, complete.weights)
    assert float(bp.gradient()[0]) == pytest.approx(theirs.item(), rel=1e-10)
    mine = sorted((gradient[0] for gradient in bp.views.g.values()), key=_order)
    expected = sorted((_turned(p, net) for p in net.parameters()), key=_order)
    assert len(mine) == len(expected)
    for ours, gradient in zip(mine, expected, strict=True):
        np.testing.assert_allclose(ours, gradient, rtol=rtol, atol=1e-12)
    return complete


def _turned(parameter: Any, net: Any) -> np.ndarray:
    """The gradient as inputs × units."""
    kept = {id(part.weight) for part in net.modules() if isinstance(part, nn.Linear)}
    gradient = parameter.grad.numpy()
    by_rows = id(parameter) in kept or getattr(parameter, "by_rows", False)
    return gradient.T if by_rows else gradient


def _order(gradient: np.ndarray) -> tuple[tuple[int, ...], float]:
    return gradient.shape, float((gradient**2).sum())
