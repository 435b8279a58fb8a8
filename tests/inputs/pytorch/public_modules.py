"""Modules written as people publish them: each reads its four inputs in its own style. All written for these tests."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as everybody writes it

from tests.inputs.pytorch.own_mathematics import Configured, CustomActivation, Functional, HandMade, Scaled


class TutorialNet(nn.Module):
    """The stack of the beginner's tutorial."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)
        )

    def forward(self, x: Any) -> Any:
        x = self.flatten(x)
        return self.linear_relu_stack(x)


class MnistStyle(nn.Module):
    """fc1, fc2, fc3 with functional activations, a view in front and a log_softmax at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(2 * 2, 12)
        self.fc2 = nn.Linear(12, 8)
        self.fc3 = nn.Linear(8, 3)
        self.drop = nn.Dropout(0.0)

    def forward(self, x: Any) -> Any:
        x = x.view(-1, 2 * 2)
        x = self.drop(F.relu(self.fc1(x)))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


class LayerList(nn.Module):
    """Widths from a list, layers in a ModuleList, a loop over them."""

    def __init__(self, sizes: tuple[int, ...] = (4, 10, 10, 3)) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])])  # noqa: B905, RUF007

    def forward(self, x: Any) -> Any:
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i < len(self.layers) - 1:
                x = torch.tanh(x)
        return x


class QNetwork(nn.Module):
    """A value network of reinforcement learning, seeded inside, with its own reset of the weights."""

    def __init__(self, state_size: int = 4, action_size: int = 3, seed: int = 0) -> None:
        super().__init__()
        self.seed = torch.manual_seed(seed)
        self.fc1 = nn.Linear(state_size, 16)
        self.fc2 = nn.Linear(16, action_size)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for layer in (self.fc1, self.fc2):
            lim = 1.0 / math.sqrt(layer.weight.data.size()[0])
            layer.weight.data.uniform_(-lim, lim)

    def forward(self, state: Any) -> Any:
        x = F.relu(self.fc1(state))
        return self.fc2(x)


class ResidualBlock(nn.Module):
    """Two Linears and the input once more."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.ff = nn.Sequential(OrderedDict(up=nn.Linear(dim, 2 * dim), act=nn.GELU(), down=nn.Linear(2 * dim, dim)))

    def forward(self, x: Any) -> Any:
        return self.norm(x + self.ff(x))


class ResidualMLP(nn.Module):
    """Blocks in a Sequential, post-norm."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(4, 8)
        self.blocks = nn.Sequential(*[ResidualBlock(8) for _ in range(2)])
        self.head = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.head(self.blocks(self.embed(x)))


class InPlaceSkips(nn.Module):
    """`out += identity`, activations in place."""

    def __init__(self) -> None:
        super().__init__()
        self.inp, self.a, self.b, self.out = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        x = self.relu(self.inp(x))
        identity = x
        out = self.relu(self.a(x))
        out = self.b(out)
        out += identity
        return self.out(out)


class OuterActivation(nn.Module):
    """x + relu(f(x))."""

    def __init__(self) -> None:
        super().__init__()
        self.inp, self.f, self.out = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        x = self.inp(x)
        x = x + torch.relu(self.f(x))
        return self.out(x)


class BatchNormed(nn.Module):
    """Batch normalisation of another epsilon, a bias that it makes needless left out, LeakyReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8, eps=1e-3, momentum=0.01), nn.LeakyReLU(0.2), nn.Linear(8, 3)
        )

    def forward(self, input: Any) -> Any:  # noqa: A002 - as it is often called
        return self.net(input)


class Inherited(nn.Sequential):
    """A subclass of Sequential."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 6), nn.Mish(), nn.Linear(6, 3))


class Autoencoder(nn.Module):
    """An encoder and a decoder that gives back the shape of what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 2), nn.Tanh())
        self.decoder = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid())

    def forward(self, x: Any) -> Any:
        shape = x.shape
        return self.decoder(self.encoder(x.view(x.size(0), -1))).view(shape)


class Regressor(nn.Module):
    """One output, as a row of numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(4, 10)
        self.head = nn.Linear(10, 1)

    def forward(self, x: Any) -> Any:
        return self.head(torch.relu(self.body(x))).squeeze(-1)


CLASSES = "classes"
ROWS = "rows"
COLUMN = "column"
MODULES: dict[type[nn.Module], str] = {
    TutorialNet: CLASSES,
    MnistStyle: CLASSES,
    LayerList: CLASSES,
    QNetwork: CLASSES,
    ResidualMLP: CLASSES,
    InPlaceSkips: CLASSES,
    OuterActivation: CLASSES,
    BatchNormed: CLASSES,
    HandMade: CLASSES,
    CustomActivation: CLASSES,
    Scaled: CLASSES,
    Functional: CLASSES,
    Configured: CLASSES,
    Inherited: CLASSES,
    Autoencoder: ROWS,
    Regressor: COLUMN,
}
"""Each with what its targets are."""
