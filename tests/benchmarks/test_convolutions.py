"""Convolutional networks against the bare products of their patches, and against PyTorch on one thread."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial
from tests.benchmarks.timing import milliseconds

pytestmark = pytest.mark.slow


def conv(channels: int, kernel: int = 3, more: str = "") -> str:
    """A convolution that keeps the map's size."""
    return f"{{type: conv2d, channels: {channels}, kernel_size: {kernel}, padding: same{more}}}"


def block(channels: int, stride: int = 1) -> str:
    """A residual block of two convolutions, with a projection where it shrinks the map."""
    way = (
        f", shortcut: [{{type: conv2d, channels: {channels}, kernel_size: 1, stride: {stride}}}]" if stride > 1 else ""
    )
    norm = ", norm: batch_norm"
    inside = f"{conv(channels, 3, f', stride: {stride}{norm}')}, {conv(channels, 3, norm)}"
    return f"{{type: residual, layers: [{inside}]{way}}}"


RESNET = ", ".join(
    ["[16, 16, 3]", conv(16), *[block(16)] * 3, block(32, 2), *[block(32)] * 2, block(64, 2), *[block(64)] * 2]
)
WORKLOADS = {
    "C1 LeNet, 28×28": (
        f"[28, 28, 1], {conv(6, 5)}, max_pool2d, {conv(16, 5)}, max_pool2d, flatten, 120, 84, 10", 64),
    "C2 six of 32 channels, 32×32": (f"[32, 32, 3], {', '.join([conv(32)] * 6)}, global_avg_pool, 10", 32),
    "C3 ResNet of 20 layers, 16×16": (f"{RESNET}, global_avg_pool, 10", 32),
}  # fmt: skip


def engine(layers: str, batch: int, dtype: Any = np.float64) -> Backprop:
    """The network with drawn weights and Gaussian data."""
    network = build(from_text(f"layers: [{layers}]\ninit: he_normal\nloss: cross_entropy\noutput: softmax", "m.yaml"))
    rng = np.random.default_rng(0)
    T = np.eye(10)[rng.integers(0, 10, batch)].astype(dtype)
    bp = Backprop(network, rng.standard_normal((batch, *network.input_shape)).astype(dtype), T, 1, dtype=dtype)
    bp.theta[0], bp.v[0] = initial(network, rng), rng.standard_normal(network.layout.size)
    return bp


def products(rows: tuple[ExpandedLayer, ...], batch: int) -> Callable[[], None]:
    """Forward, back and ∂loss/∂W of each layer with weights, as products of patches that lie ready."""
    made = []
    for row in rows:
        weight = next((part for part in row.parameters if part.role == "weight"), None)
        if weight is not None:
            depth, units, places = prod(weight.shape[:-1]), weight.shape[-1], batch * prod(row.shape[:-1])
            patches, W, dz = np.ones((places, depth)), np.ones((depth, units)), np.ones((places, units))
            made.append((patches, W, dz, np.empty_like(dz), np.empty_like(W), np.empty_like(patches)))

    def run() -> None:
        for patches, W, dz, z, dW, dx in made:
            np.matmul(patches, W, out=z)
            np.matmul(patches.T, dz, out=dW)
            np.matmul(dz, W.T, out=dx)

    return run


def _of(row: ExpandedLayer, nn: Any) -> list[Any]:
    """A row and its ReLU as modules."""
    if row.kind == "conv2d":
        return [nn.Conv2d(row.inputs, row.units, row.layer.kernel_size, padding="same"), nn.ReLU()]
    if row.kind == "dense":
        return [nn.Linear(row.inputs, row.units), nn.ReLU()]
    made = {"max_pool2d": [nn.MaxPool2d(2)], "global_avg_pool": [nn.AdaptiveAvgPool2d(1), nn.Flatten()]}
    return made.get(row.kind, [nn.Flatten()])


def module(rows: tuple[ExpandedLayer, ...], batch: int) -> Callable[[], None] | None:
    """PyTorch's own loss and gradient of a network without blocks, in float64; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    nn = torch.nn
    torch_layers = [each for row in rows for each in _of(row, nn)]
    torch.set_num_threads(1)
    net = nn.Sequential(*torch_layers[:-1]).double()
    height, width, channels = rows[0].input_shape
    X, y = torch.randn(batch, channels, height, width).double(), torch.randint(0, 10, (batch,))

    def run() -> None:
        net.zero_grad()
        nn.functional.cross_entropy(net(X), y).backward()

    return run


@pytest.mark.parametrize("name", WORKLOADS)
def test_gradient_and_hessian_product(benchmark, name):
    """Their times over that of the bare products, and over PyTorch's where the network has no blocks."""
    layers, batch = WORKLOADS[name]
    with threadpool_limits(1):
        bp = engine(layers, batch)
        bare = milliseconds(products(bp.network.rows, batch))
        bp.gradient()
        hessian = milliseconds(bp.hessian_product)
        theirs = None if "ResNet" in name else module(bp.network.rows, batch)
        torchs = milliseconds(theirs) if theirs else None
        benchmark(bp.gradient)
    if benchmark.stats is not None:
        taken = 1e3 * benchmark.stats.stats.median
        noted = {"gradient / products": taken / bare, "Hessian product / products": hessian / bare}
        noted |= {"gradient / PyTorch": taken / torchs} if torchs else {}
        benchmark.extra_info |= {key: f"{value:.2f}" for key, value in noted.items()}
