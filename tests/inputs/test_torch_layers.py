"""A PyTorch module's layers and weights give PyTorch's own loss and gradient; what has no place is refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.errors import InputError
from gradaudit.inputs.torch_layers import layers_of, parts_of
from gradaudit.inputs.torch_module import from_module
from gradaudit.inputs.torch_training import trained_with
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted
from gradaudit.spec import DenseSpec, DropoutSpec, ModelSpec, Named, NormSpec

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn = torch.nn
pytestmark = pytest.mark.torch

ACTIVATIONS = {
    "ELU": lambda: nn.ELU(0.7),
    "GELU": nn.GELU,
    "Hardsigmoid": nn.Hardsigmoid,
    "Hardtanh": nn.Hardtanh,
    "LeakyReLU": lambda: nn.LeakyReLU(0.2),
    "Mish": nn.Mish,
    "ReLU": nn.ReLU,
    "ReLU6": nn.ReLU6,
    "SELU": nn.SELU,
    "Sigmoid": nn.Sigmoid,
    "SiLU": nn.SiLU,
    "Softplus": nn.Softplus,
    "Softsign": nn.Softsign,
    "Tanh": nn.Tanh,
}
ENDS: dict[str, tuple[list[Any], Any, str]] = {
    "logits": ([], nn.CrossEntropyLoss(), "classes"),
    "logits, summed": ([], nn.CrossEntropyLoss(reduction="sum"), "classes"),
    "log-softmax": ([nn.LogSoftmax(dim=1)], nn.NLLLoss(), "classes"),
    "log-softmax twice": ([nn.LogSoftmax(dim=-1)], nn.CrossEntropyLoss(), "classes"),
    "softmax and squares": ([nn.Softmax(dim=1)], nn.MSELoss(), "shares"),
    "sigmoid": ([nn.Sigmoid()], nn.BCELoss(), "shares"),
    "sigmoid in the loss": ([], nn.BCEWithLogitsLoss(), "shares"),
    "squares": ([], nn.MSELoss(), "numbers"),
    "squares, summed": ([nn.Tanh()], nn.MSELoss(reduction="sum"), "numbers"),
    "absolute": ([], nn.L1Loss(), "numbers"),
    "Huber": ([], nn.HuberLoss(), "numbers"),
    "smooth absolute": ([], nn.SmoothL1Loss(), "numbers"),
}


def module(*parts: Any) -> Any:
    """A module in float64 whose parameters are off their defaults; 4 inputs, 5 hidden units."""
    torch.manual_seed(1)
    made = nn.Sequential(*parts).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return made


def data(kind: str, outputs: int = 3) -> tuple[Any, Any]:
    """Twenty rows and their targets as PyTorch's loss takes them."""
    torch.manual_seed(2)
    X = torch.randn(20, 4, dtype=torch.float64)
    if kind == "classes":
        return X, torch.arange(20) % outputs
    T = torch.rand(20, outputs, dtype=torch.float64)
    return X, T if kind == "shares" else 4 * T - 2


def ours(net: Any, loss: Any, X: Any, y: Any) -> tuple[float, dict[str, list[np.ndarray]], ModelSpec]:
    """The loss, and the gradients in the order of the layers, as gradaudit computes them."""
    (spec,) = from_module(net)
    spec = trained_with(replace(spec, weights=layers_of(parts_of(net, "net")).weights), loss)
    complete, dataset = prepare(spec, 0, X, y)
    network = build(complete)
    bp = Backprop(network, dataset.X, dataset.T, 1)
    assert complete.weights is not None
    bp.theta[:] = fitted(network, complete.weights)
    value = float(bp.gradient()[0])
    found: dict[str, list[np.ndarray]] = {"weight": [], "bias": [], "scale": [], "shift": []}
    for (_, part), gradient in bp.views.g.items():
        found[part].append(gradient[0])
    return value, found, complete


def check_equal(net: Any, loss: Any, X: Any, y: Any, rtol: float = 1e-10) -> None:
    """PyTorch's loss and every gradient of it are ours."""
    net.train()
    theirs = loss(net(X), y)
    theirs.backward()
    value, found, _ = ours(net, loss, X, y)
    assert value == pytest.approx(theirs.item(), rel=1e-10)
    linear = [part for part in net.modules() if isinstance(part, nn.Linear)]
    norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm1d | nn.LayerNorm)]
    expected = {
        "weight": [part.weight.grad.T for part in linear],
        "bias": [part.bias.grad for part in linear if part.bias is not None],
        "scale": [part.weight.grad for part in norms],
        "shift": [part.bias.grad for part in norms],
    }
    for part, gradients in expected.items():
        assert len(gradients) == len(found[part])
        for mine, gradient in zip(found[part], gradients, strict=True):
            np.testing.assert_allclose(mine, gradient.numpy(), rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("end", ENDS)
def test_every_end_has_pytorch_s_loss_and_gradient(end: str) -> None:
    """Last activation and loss module together, in float64, to 1e-10."""
    last, loss, kind = ENDS[end]
    check_equal(module(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), *last), loss, *data(kind))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_has_pytorch_s_value_and_slope(name: str) -> None:
    """Between two Linears, in float64, to 1e-10; its parameters come along."""
    net = module(nn.Linear(4, 5), ACTIVATIONS[name](), nn.Linear(5, 1))
    rtol = 1e-7 if name == "Hardsigmoid" else 1e-10  # PyTorch's slope is the 1/6 of float32
    check_equal(net, nn.MSELoss(), *data("numbers", outputs=1), rtol)


@pytest.mark.parametrize(
    "parts",
    [
        (nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)),
        (nn.Linear(4, 5), nn.ReLU(), nn.BatchNorm1d(5), nn.Linear(5, 3)),
        (nn.Linear(4, 5), nn.LayerNorm(5), nn.Linear(5, 3)),
        (nn.Linear(4, 5), nn.BatchNorm1d(5), nn.LayerNorm(5), nn.Linear(5, 3), nn.BatchNorm1d(3)),
        (nn.Linear(4, 5, bias=False), nn.Dropout(0.0), nn.ReLU(), nn.Linear(5, 3)),
        (nn.Flatten(), nn.Sequential(nn.Linear(4, 5), nn.Identity(), nn.SELU()), nn.Sequential(nn.Linear(5, 3))),
        (nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)),
    ],
)
def test_every_arrangement_has_pytorch_s_loss_and_gradient(parts: tuple[Any, ...]) -> None:
    """Norms before, behind and without an activation; nested Sequentials; layers without biases."""
    check_equal(module(*parts), nn.CrossEntropyLoss(), *data("classes"))


def test_a_module_becomes_the_layers_that_a_person_would_write() -> None:
    """The commonest activation is the model's; names are kept where they are more than numbers."""
    net = nn.Sequential()
    net.add_module("first", nn.Linear(4, 8))
    net.add_module("tanh", nn.Tanh())
    net.add_module("rest", nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Dropout(0.25), nn.Linear(8, 6), nn.ReLU()))
    net.add_module("norm", nn.LayerNorm(6))
    net.add_module("last", nn.Linear(6, 2))
    found = layers_of(parts_of(net, "net"))
    assert (found.inputs, found.activation, found.output) == (4, Named("tanh"), None)
    assert found.layers == (
        DenseSpec(8, name="first"),
        DenseSpec(8, name="rest.0"),
        DropoutSpec(0.25),
        DenseSpec(6, Named("relu"), name="rest.3"),
        NormSpec("layer_norm"),
        DenseSpec(2, name="last"),
    )
    plain = layers_of(parts_of(nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.ReLU(), nn.Linear(8, 1)), "net"))
    assert plain.layers == (DenseSpec(8), DropoutSpec(0.5), DenseSpec(1))


SHARED = nn.Linear(4, 4)
TIED = nn.Linear(4, 4)
TIED.weight = SHARED.weight
EMPTY = nn.Linear(4, 4)
EMPTY.weight = nn.Parameter(torch.zeros(0, 4))
OWN = type("Own", (nn.Linear,), {})


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((nn.Linear(4, 5), nn.Sequential(nn.Conv2d(1, 2, 3))), "net.1.0: Conv2d is not audited; known are Linear, "),
        ((OWN(4, 5),), "net.0: Own is not audited"),
        ((nn.Linear(4, 5), nn.PReLU(), nn.Linear(5, 1)), "net.1: PReLU is not audited"),
        ((EMPTY,), "net.0: a Linear of 4 inputs and 0 units has no weights"),
        ((nn.LazyLinear(4),), "net.0: LazyLinear is not audited"),
        ((nn.utils.parametrizations.weight_norm(nn.Linear(4, 5)),), "net.0: ParametrizedLinear is not audited"),
        ((nn.Linear(4, 5, device="meta"),), "net.0: its weight is no parameter of its own that holds numbers"),
        ((SHARED, nn.Tanh(), SHARED), "net.2 shares weights with net.0"),
        ((SHARED, nn.Tanh(), TIED), "net.2 shares weights with net.0"),
        ((nn.Linear(4, 5), nn.Linear(4, 3)), "net.1 takes 4 inputs, but what stands before it gives 5"),
        ((nn.Linear(4, 5), nn.GELU("tanh"), nn.Linear(5, 1)), "net.1: GELU with approximate = 'tanh' is not audited"),
        ((nn.Linear(4, 5), nn.Hardtanh(-2.0, 2.0), nn.Linear(5, 1)), "net.1: Hardtanh with min_val = -2.0"),
        ((nn.Linear(4, 5), nn.Softplus(2), nn.Linear(5, 1)), "net.1: Softplus with beta = 2"),
        ((nn.Linear(4, 5), nn.Softmax(dim=0)), "net.1: Softmax with dim = 0 is not audited; only dim = 1 is"),
        ((nn.Linear(4, 5), nn.Softmax(dim=1), nn.Linear(5, 1)), "net.0: a softmax behind it, in the midst"),
        ((nn.Linear(4, 5), nn.Tanh(), nn.ReLU()), "net.2: ReLU after Tanh is not audited; an activation follows"),
        ((nn.Linear(4, 5), nn.Dropout(), nn.Tanh()), "net.2: Tanh after Dropout is not audited"),
        ((nn.ReLU(), nn.Linear(4, 5)), "net.0: ReLU before the first Linear is not audited"),
        ((nn.BatchNorm1d(4), nn.Linear(4, 5)), "net.0: BatchNorm1d before the first Linear is not audited"),
        ((nn.Linear(4, 5), nn.BatchNorm1d(5, eps=1e-3)), "net.1: BatchNorm1d with eps = 0.001 is not audited"),
        ((nn.Linear(4, 5), nn.BatchNorm1d(5, affine=False)), "net.1: BatchNorm1d with affine = False"),
        ((nn.Linear(4, 5), nn.LayerNorm((2, 5))), "net.1: LayerNorm normalises (2, 5), which is not audited"),
        ((nn.Linear(4, 5), nn.LayerNorm(5, bias=False)), "net.1: LayerNorm has no bias"),
        ((nn.Linear(4, 5), nn.Dropout(1.0)), "net.1: Dropout with p = 1 lets nothing through"),
        ((nn.Linear(4, 5), nn.Dropout()), "net.1: Dropout behind the last Linear is not audited"),
        ((nn.Linear(4, 5), nn.ReLU(), nn.BatchNorm1d(5)), "net.2: a normalisation of its own behind the last Linear"),
        ((nn.Flatten(0), nn.Linear(4, 5)), "net.0: Flatten with start_dim = 0"),
        ((nn.Identity(),), "the module has no Linear"),
        ((), "the module has no Linear"),
    ],
)
def test_what_has_no_place_is_refused_by_name(parts: tuple[Any, ...], message: str) -> None:
    """The message begins with the name by which the person finds the module."""
    with pytest.raises(InputError) as error:
        layers_of(parts_of(nn.Sequential(*parts), "net"))
    assert str(error.value).startswith(message)
