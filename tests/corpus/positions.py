"""Layers over positions as PyTorch computes them, for a stack of networks: slices × samples × *positions × channels."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from gradaudit.domain.expanded import ExpandedLayer


def passed(row: ExpandedLayer, parts: Iterator[Tensor], x: Tensor) -> Tensor:
    """A convolution, pooling or flattening, without its activation."""
    if row.kind.startswith("conv"):
        return _convolved(row, parts, x)
    if row.kind == "flatten":
        return x.flatten(2)
    if row.kind.startswith("global"):
        flat = x.flatten(2, -2)
        return flat.mean(2) if row.kind == "global_avg_pool" else flat.amax(2)
    return _pooled(row, x)


def beside(part: Tensor, x: Tensor) -> Tensor:
    """One number a channel of each slice, to stand beside x."""
    return part.view(len(part), *(1 for _ in x.shape[1:-1]), -1)


def _convolved(row: ExpandedLayer, parts: Iterator[Tensor], x: Tensor) -> Tensor:
    weight = next(parts)
    multiply = _with_patches if row.layer.axes == 2 and row.layer.groups == 1 else _in_groups
    z = multiply(row, weight, x)
    return z if row.bias is None else z + beside(next(parts), z)


def _with_patches(row: ExpandedLayer, weight: Tensor, x: Tensor) -> Tensor:
    """Patches by weights, slice by slice: many times as fast as groups of channels are."""
    of = row.layer.windows(row.input_shape)
    maps = _padded(row, x.movedim(-1, 2).flatten(0, 1), 0.0)
    patches = functional.unfold(maps, of.kernel, of.dilation, 0, of.stride)  # channels × window are its rows
    rows = patches.transpose(1, 2).reshape(len(x), -1, patches.shape[1])
    z = torch.bmm(rows, weight.movedim(-2, 1).flatten(1, -2))
    return z.view(*x.shape[:2], *of.outputs, -1)


def _in_groups(row: ExpandedLayer, weight: Tensor, x: Tensor) -> Tensor:
    """The slices are groups of channels of one convolution."""
    layer, slices = row.layer, len(x)
    maps = x.movedim(-1, 2).transpose(0, 1).flatten(1, 2)  # samples × slices·channels × *positions
    convolve = {1: functional.conv1d, 2: functional.conv2d}[layer.axes]
    kernel = weight.movedim((-1, -2), (1, 2)).flatten(0, 1)
    maps = convolve(_padded(row, maps, 0.0), kernel, None, layer.stride, 0, layer.dilation, layer.groups * slices)
    return maps.unflatten(1, (slices, -1)).transpose(0, 1).movedim(2, -1)


def _pooled(row: ExpandedLayer, x: Tensor) -> Tensor:
    axes, of = row.layer.axes, row.layer.windows(row.input_shape)
    maps = x.movedim(-1, 2).flatten(0, 1)
    if row.kind.startswith("max"):
        pool = {1: functional.max_pool1d, 2: functional.max_pool2d}[axes]
        maps = pool(_padded(row, maps, -torch.inf), of.kernel, of.stride)
    else:
        pool = {1: functional.avg_pool1d, 2: functional.avg_pool2d}[axes]
        maps = pool(maps, of.kernel, of.stride, of.before)
    return maps.unflatten(0, x.shape[:2]).movedim(2, -1)


def _padded(row: ExpandedLayer, maps: Tensor, value: float) -> Tensor:
    of = row.layer.windows(row.input_shape)
    sides = [pad for pair in reversed(list(zip(of.before, of.after, strict=True))) for pad in pair]
    return functional.pad(maps, sides, value=value)
