"""Networks over positions as PyTorch computes them, and their gradient and Hessian product beside ours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import Network, build, initial

SEEDS, SAMPLES = 2, 3
SMOOTH = {"tanh": torch.tanh, "softplus": functional.softplus, "identity": lambda z: z, "relu": torch.relu}


def network_of(layers: str) -> Network:
    """The network of a list of layers as YAML."""
    return build(from_text(f"layers: {layers}\nloss: mse\nactivation: tanh\n", "m.yaml"))


def both(layers: str, seed: int = 0):
    """(ours, PyTorch's): loss, gradient and Hessian product of each seed, with inputs that the seeds share."""
    network, rng = network_of(layers), np.random.default_rng(seed)
    X = rng.standard_normal((SAMPLES, *network.input_shape))
    T = rng.standard_normal((SAMPLES, *network.rows[-1].shape))
    bp = Backprop(network, X, T, SEEDS)
    for k in range(SEEDS):
        bp.theta[k] = initial(network, rng) + 0.1 * rng.standard_normal(network.layout.size)
    bp.v[:] = rng.standard_normal(bp.v.shape)
    ours = (bp.gradient().copy(), bp.g.copy(), bp.hessian_product().copy())
    theirs = [_of_seed(network, *(torch.tensor(a) for a in (X, T, bp.theta[k], bp.v[k]))) for k in range(SEEDS)]
    return ours, tuple(np.stack(parts) for parts in zip(*theirs, strict=True))


def assert_pytorch_agrees(layers: str) -> None:
    """Loss, gradient and Hessian product of all seeds."""
    for ours, theirs, within in zip(*both(layers), (1e-12, 1e-9, 1e-7), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=within, atol=within * np.abs(theirs).max())


def _of_seed(network: Network, X: Tensor, T: Tensor, theta: Tensor, v: Tensor):
    theta.requires_grad_(True)
    h, waiting = X.movedim(-1, 1), None  # PyTorch has channels first
    for row, after in pairwise((*network.rows, None)):
        parts = {
            slot.parameter.name: theta[slot.start : slot.stop].reshape(slot.shape) for slot in _slots(network, row)
        }
        h = _layer(row, h, parts)
        activation, waiting = (None, row.activation) if row.normed else (waiting or row.activation, None)
        if after is not None and activation is not None:
            h = SMOOTH[activation.name](h)
    loss = ((h.movedim(1, -1) - T) ** 2).mean()
    (g,) = torch.autograd.grad(loss, theta, create_graph=True)
    (Hv,) = torch.autograd.grad(g @ v, theta)
    return loss.detach().numpy(), g.detach().numpy(), Hv.numpy()


def _slots(network: Network, row: ExpandedLayer):
    return [slot for slot in network.layout.slots if slot.row == row.index]


def _layer(row: ExpandedLayer, h: Tensor, parts: dict[str, Tensor]) -> Tensor:
    layer, axes = row.layer, h.ndim - 2
    if row.kind == "dense":
        h = h.movedim(1, -1) @ parts["weight"]
        return (h + parts["bias"]).movedim(-1, 1)
    if row.kind.startswith("conv"):
        W = parts["weight"].movedim((-1, -2), (0, 1))
        conv = {1: functional.conv1d, 2: functional.conv2d}[axes]
        of = layer.windows(row.input_shape)
        h = _padded(h, of.before, of.after, 0.0)
        return conv(h, W, parts.get("bias"), layer.stride, 0, layer.dilation, layer.groups)
    if row.kind == "group_norm":
        return functional.group_norm(h, layer.groups, parts["scale"], parts["shift"], layer.eps)
    if row.kind == "flatten":
        return h.movedim(1, -1).flatten(1)
    if row.kind.startswith("global"):
        return h.flatten(2).mean(-1) if "avg" in row.kind else h.flatten(2).amax(-1)
    return _pool(row, h, axes)


def _pool(row: ExpandedLayer, h: Tensor, axes: int) -> Tensor:
    of, name = row.layer.windows(row.input_shape), row.kind[:3]
    if name == "max":
        h = _padded(h, of.before, of.after, -torch.inf)
        return {1: functional.max_pool1d, 2: functional.max_pool2d}[axes](h, of.kernel, of.stride)
    if row.layer.padding == "same":  # Keras: the border does not count
        ones = _padded(torch.ones_like(h), of.before, of.after, 0.0)
        average = {1: functional.avg_pool1d, 2: functional.avg_pool2d}[axes]
        return average(_padded(h, of.before, of.after, 0.0), of.kernel, of.stride) / average(ones, of.kernel, of.stride)
    return {1: functional.avg_pool1d, 2: functional.avg_pool2d}[axes](h, of.kernel, of.stride, of.before)


def _padded(h: Tensor, before, after, value: float) -> Tensor:
    sides = [pad for pair in reversed(list(zip(before, after, strict=True))) for pad in pair]
    return functional.pad(h, sides, value=value)
