"""One network, written as a PyTorch module, as its ONNX graph and as a Keras configuration with the same weights.

A part is a kind and its numbers: conv (channels, kernel, stride, padding), max and avg (size, stride, padding, or the
size alone), mean (of positions, of "steps", or as a "pool"), norm, flatten, dense (units), skip (inside, beside),
embed (vocabulary, units), and rnn, lstm, gru (units, halves, whether each step goes on). Padding in Keras is a layer of
its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

Part = tuple[Any, ...]
Arrays = dict[str, np.ndarray]
CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


class Net(nn.Module):
    """The parts in order; each module has the name by which all forms call its layer."""

    def __init__(self, parts: list[Part], width: int, prefix: str = "p") -> None:
        super().__init__()
        self.parts, self.prefix = parts, prefix
        for k, (kind, *said) in enumerate(parts):
            module, width = self.made(f"{prefix}{k}", kind, said, width)
            if module is not None:
                self.add_module(f"{prefix}{k}", module)
        self.width = width

    def made(self, name: str, kind: str, said: list[Any], width: int) -> tuple[nn.Module | None, int]:
        """The module of a part, and how many channels come out of it."""
        if kind in ("conv", "embed"):
            return nn.Conv2d(width, *said) if kind == "conv" else nn.Embedding(*said), said[kind == "embed"]
        if kind == "skip":
            inside = Net(said[0], width, f"{name}a")
            if said[1]:
                self.add_module(f"{name}_beside", Net(said[1], width, f"{name}b"))
            return inside, inside.width
        if kind in CELLS:
            units, halves, _ = said
            keys = {"batch_first": True, "bidirectional": halves == 2}
            return getattr(nn, CELLS[kind])(width, units, **keys), units * halves
        made = {"dense": nn.Linear, "norm": nn.BatchNorm2d, "max": nn.MaxPool2d, "avg": nn.AvgPool2d}
        if kind in ("dense", "norm"):
            return made[kind](width, *said), said[0] if kind == "dense" else width
        if kind in made:
            return made[kind](*said), width
        return nn.AdaptiveAvgPool2d(1) if said == ["pool"] else None, said[0] if kind == "flatten" else width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for k, (kind, *said) in enumerate(self.parts):
            module = getattr(self, f"{self.prefix}{k}", None)
            if kind == "skip":
                x = module(x) + (getattr(self, f"{self.prefix}{k}_beside")(x) if said[1] else x)
            elif kind in CELLS:
                out, state = module(x)
                h = state[0] if isinstance(state, tuple) else state
                x = out if said[2] else torch.cat(tuple(h[-said[1] :]), dim=1) if said[1] == 2 else h[-1]
            elif kind == "mean":
                x = module(x).flatten(1) if module is not None else x.mean((2, 3) if x.ndim == 4 else 1)
            elif kind == "flatten":
                x = x.flatten(1)
            else:
                x = module(x) if module is not None else getattr(torch, kind)(x)
        return x


def arrays_of(net: nn.Module) -> Arrays:
    """Its parameters by name, without the modules around them: `p1.weight`."""
    return {".".join(name.split(".")[-2:]): each.detach().numpy() for name, each in net.named_parameters()}


def gates(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Gates·units × … in another order of gates."""
    blocks = np.split(array, len(order))
    return np.concatenate([blocks[k] for k in order])
