"""Losses and gradients against PyTorch's own, in float64, at the same fixed weights."""

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

pytestmark = pytest.mark.torch

HIDDEN = {  # ours → PyTorch's function
    "identity": lambda torch, F: lambda z: z,
    "sigmoid": lambda torch, F: torch.sigmoid,
    "tanh": lambda torch, F: torch.tanh,
    "relu": lambda torch, F: F.relu,
    "leaky_relu": lambda torch, F: F.leaky_relu,
    "elu": lambda torch, F: F.elu,
    "selu": lambda torch, F: F.selu,
    "gelu": lambda torch, F: F.gelu,
    "silu": lambda torch, F: F.silu,
    "softplus": lambda torch, F: F.softplus,
    "softsign": lambda torch, F: F.softsign,
    "mish": lambda torch, F: F.mish,
    "hard_sigmoid": lambda torch, F: lambda z: F.relu6(z + 3) / 6,  # its hardsigmoid has the slope 1/6 in float32
    "hard_tanh": lambda torch, F: F.hardtanh,
    "relu6": lambda torch, F: F.relu6,
    "exponential": lambda torch, F: torch.exp,
}
LOSSES = {  # ours → (output, PyTorch's loss of its last z)
    "mse": ("identity", lambda F: F.mse_loss),
    "half_mse": ("identity", lambda F: lambda z, t: F.mse_loss(z, t) / 2),
    "half_sse": ("identity", lambda F: lambda z, t: F.mse_loss(z, t, reduction="sum") / 2 / len(z)),
    "mae": ("identity", lambda F: F.l1_loss),
    "huber": ("identity", lambda F: F.huber_loss),
    "poisson": ("exponential", lambda F: lambda z, t: (z.exp() - t * z + t.xlogy(t) - t).sum() / len(z)),
    "binary_cross_entropy": ("sigmoid", lambda F: F.binary_cross_entropy_with_logits),
    "cross_entropy": ("softmax", lambda F: F.cross_entropy),
}
OUTPUTS = [name for name in HIDDEN if name != "identity"]


@pytest.fixture(scope="module")
def torch():
    """PyTorch, or a skip."""
    return pytest.importorskip("torch", reason="compares with PyTorch")


def ours(hidden, output, loss, l2=0.0):
    """A network 4-6-5-3 with two seeds of fixed weights and its batch."""
    rng = np.random.default_rng(7)
    spec = ModelSpec(
        "m",
        4,
        (DenseSpec(6), DenseSpec(5), DenseSpec(3)),
        activation=Named(hidden),
        output=Named(output),
        loss=Named(loss),
        init=Named.of("normal", std=0.3),
        bias=Named.of("normal", std=0.3),
        l2=l2,
    )
    network = build(spec)
    T = np.eye(3)[rng.integers(0, 3, 11)] if "entropy" in loss else rng.random((11, 3)) + 0.1
    bp = Backprop(network, rng.standard_normal((11, 4)), T, seeds=2)
    bp.theta[:] = [initial(network, rng) for _ in range(2)]
    return bp


def agrees(torch, bp, hidden, objective):
    """Loss and every gradient, seed by seed, to 1e-9."""
    losses = bp.gradient() + bp.penalty()
    X, T = torch.tensor(bp.X), torch.tensor(bp.T)
    for seed in range(bp.seeds):
        given = {key: torch.tensor(array[seed], requires_grad=True) for key, array in bp.views.theta.items()}
        h = X
        for row in range(3):
            z = h @ given[row, "weight"] + given[row, "bias"]
            h = hidden(z)
        loss = objective(z, T)
        loss = loss + bp.network.l2 / 2 * sum((given[row, "weight"] ** 2).sum() for row in range(3))
        loss.backward()
        assert losses[seed] == pytest.approx(loss.item(), rel=1e-9)
        for key, parameter in given.items():
            norm = parameter.grad.norm().item()
            assert np.linalg.norm(bp.views.g[key][seed]) == pytest.approx(norm, rel=1e-9, abs=1e-14)
            np.testing.assert_allclose(
                bp.views.g[key][seed], parameter.grad.numpy(), rtol=1e-9, atol=1e-9 * norm + 1e-14
            )


def test_every_hidden_activation_is_compared():
    """A new row of the table needs a line above."""
    assert set(HIDDEN) == {name for name, row in ACTIVATIONS.items() if not row.last_only}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_hidden_activation_under_every_loss(torch, hidden, loss):
    """The loss with the output that it is made for; l2 included."""
    F = torch.nn.functional
    output, objective = LOSSES[loss]
    agrees(torch, ours(hidden, output, loss, l2=0.1), HIDDEN[hidden](torch, F), objective(F))


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
@pytest.mark.parametrize("output", [*OUTPUTS, "softmax"])
def test_every_output_activation_under_the_losses_over_numbers(torch, output, loss):
    """The output's derivative is part of the chain, softmax's off-diagonal one as well."""
    F = torch.nn.functional
    f = (lambda z: torch.softmax(z, dim=-1)) if output == "softmax" else HIDDEN[output](torch, F)
    objective = LOSSES[loss][1](F)
    agrees(torch, ours("tanh", output, loss), torch.tanh, lambda z, t: objective(f(z), t))


def test_softmax_under_binary_cross_entropy_goes_through_the_probabilities(torch):
    """Away from the clip it is PyTorch's loss of probabilities."""
    F = torch.nn.functional
    bp = ours("tanh", "softmax", "binary_cross_entropy")
    agrees(torch, bp, torch.tanh, lambda z, t: F.binary_cross_entropy(torch.softmax(z, dim=-1), t))
