"""Modules whose forward pass is written in a person's own mathematics. All written for these tests."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody writes it


class HandMade(nn.Module):
    """Matrices as parameters, products by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(4, 9) / 2)
        self.b1 = nn.Parameter(torch.zeros(9))
        self.w2 = nn.Parameter(torch.empty(3, 9))
        nn.init.xavier_uniform_(self.w2)

    def forward(self, x: Any) -> Any:
        h = torch.sigmoid(x @ self.w1 + self.b1)
        return h.mm(self.w2.t())


class Swish(nn.Module):
    """A custom activation class."""

    def forward(self, x: Any) -> Any:
        return x * torch.sigmoid(x)


class CustomActivation(nn.Module):
    """Its own activation module, clamps and clever shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.act = Swish()
        self.l1, self.l2, self.l3 = nn.Linear(4, 7), nn.Linear(7, 7), nn.Linear(7, 3)

    def forward(self, x: Any) -> Any:
        batch_size = x.shape[0]
        x = x.reshape(batch_size, -1).contiguous().to(x.dtype)
        x = self.act(self.l1(x))
        x = self.l2(x).clamp(min=0)
        return self.l3(x)


class Scaled(nn.Module):
    """Scales its inputs by constants, pixels say, before the first layer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.1, 0.2, 0.3, 0.4]))
        self.fc = nn.Linear(4, 5)
        self.out = nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        x = (x - self.mean) / 2.0
        return self.out(F.elu(self.fc(x)))


class Functional(nn.Module):
    """F.linear on parameters of its own, set up by kaiming_uniform_ as nn.Linear does."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(6, 4))
        self.bias = nn.Parameter(torch.empty(6))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        nn.init.uniform_(self.bias, -0.5, 0.5)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        return self.head(F.softplus(F.linear(x, self.weight, self.bias)))


class Configured(nn.Module):
    """Activations by name from a dict, dropout only where it is asked for, an assertion on the input."""

    def __init__(self, activation: str = "selu", depth: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.activation = {"relu": nn.ReLU(), "selu": nn.SELU(), "tanh": nn.Tanh()}[activation]
        self.hidden = nn.ModuleDict({f"h{i}": nn.Linear(4 if i == 0 else 6, 6) for i in range(depth)})
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.classifier = nn.Linear(6, 3)
        self.apply(self._init_weights)

    @staticmethod
    def _init_weights(m: Any) -> None:
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, 0.0, 0.3)
            m.bias.data.fill_(0.01)

    def forward(self, x: Any, mask: Any = None) -> Any:
        assert x.dim() == 2, "rows"
        for layer in self.hidden.values():
            x = self.dropout(self.activation(layer(x)))
        if mask is not None:
            x = x * mask
        return self.classifier(x)
