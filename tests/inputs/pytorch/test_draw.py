"""Weights that are a fresh draw are known as one, whatever their number; those that were trained or stored are not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from gradaudit.domain.spec import Named
from gradaudit.inputs.pytorch.module import from_module

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn = torch.nn
pytestmark = pytest.mark.torch

INITS: dict[str, tuple[Callable[[Any], Any], Named]] = {
    "he_normal": (nn.init.kaiming_normal_, Named("he_normal")),
    "glorot_uniform": (nn.init.xavier_uniform_, Named("glorot_uniform")),
    "gain": (lambda w: nn.init.xavier_uniform_(w, 5 / 3), Named.of("glorot_uniform", gain=5 / 3)),
    "linear": (lambda w: nn.init.kaiming_normal_(w, nonlinearity="linear"), Named("lecun_normal")),
    "fan_out": (
        lambda w: nn.init.kaiming_uniform_(w, mode="fan_out", nonlinearity="relu"),
        Named.of("variance_scaling", scale=2.0, mode="fan_out", distribution="uniform"),
    ),
    "normal": (lambda w: nn.init.normal_(w, std=0.02), Named.of("normal", std=0.02)),
    "shifted": (lambda w: nn.init.normal_(w, 0.5, 0.1), Named.of("normal", mean=0.5, std=0.1)),
    "uniform": (lambda w: nn.init.uniform_(w, -0.1, 0.1), Named.of("uniform", low=-0.1, high=0.1)),
    "positive": (nn.init.uniform_, Named.of("uniform", low=0.0, high=1.0)),
    "truncated": (lambda w: nn.init.trunc_normal_(w, std=1.0), Named.of("truncated_normal", std=1.0)),
    "data": (lambda w: w.data.copy_(torch.randn_like(w) / w.shape[1] ** 0.5), Named("lecun_normal")),
    "orthogonal": (lambda w: nn.init.orthogonal_(w, gain=2.0), Named.of("orthogonal", gain=2.0)),
    "constant": (lambda w: nn.init.constant_(w, 0.5), Named.of("constant", value=0.5)),
    "zeros": (nn.init.zeros_, Named("zeros")),
    "eye": (nn.init.eye_, Named("identity")),
    "default": (lambda w: w, Named("pytorch")),
}


ALIKE_AT_ANY_SIZE = ("glorot_uniform", "normal", "uniform", "positive", "constant", "zeros", "default")
"""Those that are no other initializer's where a layer has one input or one unit."""


def with_class(*widths: int) -> Any:
    """A module of a class that is made without arguments: some widths, zero biases, `INITS[Net.init]`."""

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        init: Any = None

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
            for layer in self.layers:
                Net.init(layer.weight)
                nn.init.zeros_(layer.bias)

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = torch.tanh(layer(x))
            return x

    return Net


@pytest.mark.parametrize("name", INITS)
@pytest.mark.parametrize("widths", [(1, 16, 1), (20, 32, 32, 3)])
def test_a_class_that_draws_is_known_by_many_draws(name: str, widths: tuple[int, ...]) -> None:
    """However few weights one of its modules has."""
    init, expected = INITS[name]
    kind = with_class(*widths)
    kind.init = init
    torch.manual_seed(5)
    spec = from_module(kind())
    assert spec.weights is None
    if widths != (1, 16, 1) or name in ALIKE_AT_ANY_SIZE:
        assert (spec.init, {layer.init for layer in spec.layers}) == (expected, {None})  # type: ignore[union-attr]


@pytest.mark.parametrize("name", INITS)
def test_a_large_draw_is_known_alone(name: str) -> None:
    """A Sequential cannot be made again."""
    kind = with_class(20, 64, 64, 3)
    kind.init = INITS[name][0]
    torch.manual_seed(6)
    layers = [part for layer in kind().layers for part in (layer, nn.Tanh())]
    spec = from_module(nn.Sequential(*layers))
    assert (spec.init, spec.weights) == (INITS[name][1], None)


def test_trained_weights_of_a_class_keep_their_own_initializer() -> None:
    """They are audited as they are, and drawn anew as the class draws them: nothing is assumed."""
    kind = with_class(20, 16, 3)
    kind.init = INITS["normal"][0]
    net, X = kind(), torch.randn(30, 20)
    torch.optim.SGD(net.parameters(), 0.1).step(lambda: net(X).square().sum().backward())
    spec = from_module(net)
    assert (spec.init, spec.audits_initialisation) == (Named.of("normal", std=0.02), True)
    assert spec.weights is not None
    assert "own_weights" not in spec.assumed


def test_a_training_loop_without_gradients_left_behind_is_no_draw() -> None:
    """Each step writes into the weights once more."""
    net, X = nn.Sequential(nn.Linear(8, 12), nn.Tanh(), nn.Linear(12, 1)), torch.randn(30, 8)
    optimizer = torch.optim.SGD(net.parameters(), 1e-7)
    for _ in range(6):
        net(X).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    assert from_module(net).weights is not None


def test_stored_weights_are_no_draw() -> None:
    """A class that comes out the same under every seed."""
    stored = torch.randn(16, 1) ** 3

    class Stored(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(1, 16)
            self.fc.weight.data.copy_(stored)
            self.fc.bias.data.fill_(0.7331)

        def forward(self, x: Any) -> Any:
            return self.fc(x)

    spec = from_module(Stored())
    assert spec.weights is not None
    assert spec.assumed[0] == "own_weights"


def test_a_seed_inside_of_the_class_is_moved_on() -> None:
    """Many draws under one seed would be one; the person's generator is as it was afterwards."""

    class Seeded(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, size: int = 1) -> None:
            super().__init__()
            torch.manual_seed(42)
            self.fc = nn.Linear(size, 12)
            torch.nn.init.xavier_normal_(self.fc.weight)
            self.fc.bias.data.fill_(0.1)

        def forward(self, x: Any) -> Any:
            return self.fc(x)

    net, state = Seeded(), torch.get_rng_state()
    spec = from_module(net)
    assert (spec.init, spec.bias, spec.weights) == (Named("glorot_normal"), Named.of("constant", value=0.1), None)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_module_s_own_reset_draws_again() -> None:
    """Where its class needs arguments."""

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, inputs: int) -> None:
            super().__init__()
            self.fc = nn.Linear(inputs, 9)
            self.reset_parameters()

        def reset_parameters(self) -> None:
            self.fc.weight.data.normal_(0, 3)
            self.fc.bias.data.normal_(0, 3)

        def forward(self, x: Any) -> Any:
            return self.fc(x)

    spec = from_module(Net(2))
    assert (spec.init.name, spec.weights) == ("normal", None)
    assert spec.init.number("std", 0) == pytest.approx(3, rel=0.15)
