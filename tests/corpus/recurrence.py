"""Recurrent layers as PyTorch computes them, for a stack of networks: slices × samples × steps × channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from gradaudit.domain.expanded import ExpandedLayer


def passed(row: ExpandedLayer, parts: Iterator[Tensor], x: Tensor, phi: Callable[[Tensor], Tensor]) -> Tensor:
    """A recurrent layer with its activation, or an embedding."""
    if row.kind == "embedding":
        tokens = x.long().flatten(1)
        table = next(parts)
        wide = tokens[..., None].expand(*tokens.shape, table.shape[-1])
        return table.gather(1, wide).view(*x.shape, -1)
    own = {each.name: next(parts) for each in row.parameters}
    halves = [_half(row, own, prefix, x, phi) for prefix in row.layer.directions]
    return torch.cat(halves, dim=-1)


def _half(
    row: ExpandedLayer, own: dict[str, Tensor], prefix: str, x: Tensor, phi: Callable[[Tensor], Tensor]
) -> Tensor:
    """One direction: every step, or the last that it runs."""
    W, U, b, c = (own.get(f"{prefix}{name}") for name in ("weight", "recurrent", "bias", "recurrent_bias"))
    slices, samples, steps, _ = x.shape
    a = torch.bmm(x.flatten(1, 2), W).view(slices, samples, steps, -1)
    a = a if b is None else a + b[:, None, None]
    h = cell = x.new_zeros(slices, samples, row.layer.units)
    states: dict[int, Tensor] = {}
    for t in range(steps)[:: -1 if prefix else 1]:
        h, cell = _step(row, a[:, :, t], h, cell, U, 0.0 if c is None else c[:, None], phi)
        states[t] = h
    return torch.stack([states[t] for t in range(steps)], 2) if row.layer.return_sequences else h


def _step(
    row: ExpandedLayer,
    a: Tensor,
    h: Tensor,
    cell: Tensor,
    U: Tensor,
    c: Tensor | float,
    phi: Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    if row.kind == "rnn":
        return phi(a + torch.bmm(h, U)), cell
    n = row.layer.units
    if row.kind == "lstm":
        i, f, g, o = (a + torch.bmm(h, U)).split(n, -1)
        cell = f.sigmoid() * cell + i.sigmoid() * phi(g)
        return o.sigmoid() * phi(cell), cell
    r, z = (a[..., : 2 * n] + torch.bmm(h, U[..., : 2 * n])).sigmoid().split(n, -1)
    own = U[..., 2 * n :]
    inside = r * (torch.bmm(h, own) + c) if row.layer.reset_after else torch.bmm(r * h, own)
    return (1 - z) * phi(a[..., 2 * n :] + inside) + z * h, cell
