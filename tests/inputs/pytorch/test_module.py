"""A PyTorch module as a model: which stages it has, what its weights were drawn from, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import gradaudit
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError
from gradaudit.inputs.pytorch.module import from_module, is_module, network_data

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn = torch.nn
pytestmark = pytest.mark.torch


def net(*widths: int, seed: int = 0) -> Any:
    """A tanh network, freshly drawn."""
    torch.manual_seed(seed)
    return nn.Sequential(*[part for pair in pairwise(widths) for part in (nn.Linear(*pair), nn.Tanh())][:-1])


def spec(module: Any) -> ModelSpec:
    """The one model in it."""
    return from_module(module, name="net")


def test_a_fresh_module_is_audited_by_many_draws() -> None:
    """Its weights are one draw of PyTorch's default, which the stage `initialised` draws itself."""
    found = spec(net(8, 16, 3))
    assert (found.framework, found.name, found.precision) == ("pytorch", "net", "float32")
    assert (found.init, found.weights) == (Named("pytorch"), None)
    assert found.assumed == ("loss", "optimizer", "epochs", "data")


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_a_fresh_module_of_any_type_is_fresh(dtype: str) -> None:
    """Rounding to a coarser type moves weights past the bound of the draw."""
    found = spec(net(8, 64, 3).to(getattr(torch, dtype)))
    assert (found.precision, found.weights) == (dtype, None)


def test_weights_that_were_trained_are_audited_as_they_are() -> None:
    """Beside PyTorch's default, said as assumed, even where the weights hardly moved."""
    module, X = net(8, 16, 3), torch.randn(30, 8)
    torch.optim.SGD(module.parameters(), lr=1e-6).step(lambda: module(X).sum().backward())
    found = spec(module)
    assert found.init == Named("pytorch")
    assert found.assumed[0] == "own_weights"
    assert found.audits_initialisation
    assert found.weights is not None
    np.testing.assert_array_equal(
        found.weights.each("weight")[1], module[2].weight.detach().numpy().T.astype(np.float64)
    )


@pytest.mark.parametrize("zeroed", [True, False])
@pytest.mark.parametrize(
    ("draw", "init"),
    [
        ("kaiming_normal_", "he_normal"),
        ("kaiming_uniform_", "he_uniform"),
        ("xavier_normal_", "glorot_normal"),
        ("xavier_uniform_", "glorot_uniform"),
        ("orthogonal_", "orthogonal"),
        ("zeros_", "zeros"),
    ],
)
def test_an_initializer_that_the_person_called_is_recognised(draw: str, init: str, zeroed: bool) -> None:
    """Stage `initialised` draws from it, biases included."""
    module = net(16, 32, 48, 4)
    for part in module:
        if isinstance(part, nn.Linear):
            getattr(nn.init, draw)(part.weight)
            part.bias.data *= 0 if zeroed else 1
    found = spec(module)
    assert (found.init, {layer.init for layer in found.layers}) == (Named(init), {None})  # type: ignore[union-attr]
    assert found.weights is None
    assert "own_weights" not in found.assumed
    bounds = [None if zeroed else Named.of("uniform", low=-(n**-0.5), high=n**-0.5) for n in (16, 32, 48)]
    assert [layer.bias or found.bias for layer in found.layers] == bounds  # type: ignore[union-attr]


def test_weights_that_are_not_finite_are_no_draw() -> None:
    """A training that diverged left them; the audit finds them, reading them raises nothing."""
    module = net(8, 32, 3)
    module[0].weight.data[0, 0] = torch.inf
    assert spec(module).weights is not None


@pytest.mark.parametrize("draw", [None, "xavier_normal_", "kaiming_uniform_", "orthogonal_"])
def test_a_handful_of_weights_is_known_where_nobody_wrote_into_them_since(draw: str | None) -> None:
    """But for an initializer, beside biases as PyTorch draws them."""
    module = net(2, 3, 1)
    for part in module:
        if isinstance(part, nn.Linear) and draw:
            getattr(nn.init, draw)(part.weight)
    assert spec(module).weights is None


def test_a_handful_of_weights_that_were_loaded_proves_nothing() -> None:
    """They may be a draw or not: they are audited as they are."""
    module = net(2, 3, 1)
    module.load_state_dict(net(2, 3, 1, seed=1).state_dict())
    assert spec(module).weights is not None


@pytest.mark.parametrize("use", ["batch", "scale"])
def test_a_norm_that_was_used_is_no_fresh_module(use: str) -> None:
    """Its statistics or its scale have moved."""
    module = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1))
    assert spec(module).weights is None
    if use == "batch":
        module(torch.randn(9, 8))
    else:
        module[1].weight.data *= 1.5
    assert spec(module).weights is not None


def test_what_is_no_whole_trainable_module_is_refused() -> None:
    """Partly frozen, of several types, or of one that is not known."""
    module = net(8, 16, 3)
    module[2].bias.requires_grad_(False)
    with pytest.raises(InputError, match=r"^net\.2: it does not train"):
        spec(module)
    assert spec(module.requires_grad_(False)).inputs == 8

    class Mixed(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 4).double(), nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return self.b(self.a(x.double()).float())

    with pytest.raises(InputError, match="it holds parameters of type float32 and float64"):
        spec(Mixed())


def test_a_module_that_is_too_large_is_refused_before_its_weights_are_copied() -> None:
    """Without taking the memory: these weights have a size and no numbers."""
    with pytest.raises(InputError, match="net: it has 400,020,000 parameters; at most 200,000,000 are audited"):
        spec(nn.Linear(20_000, 20_001, device="meta", bias=False))


def test_images_become_rows_as_the_forward_pass_makes_them() -> None:
    """Inputs and, of an autoencoder, targets."""
    flat_spec = ModelSpec("m", 16, ())
    X, y = torch.zeros(5, 1, 4, 4), torch.zeros(5)
    flat, same = network_data(flat_spec, X, y)
    assert flat.shape == (5, 16)  # type: ignore[attr-defined]
    assert same is y
    assert network_data(flat_spec, X, X)[1].shape == (5, 16)  # type: ignore[attr-defined]
    rows = torch.zeros(5, 16)
    assert network_data(flat_spec, rows, y)[0] is rows


def test_a_module_is_audited_on_tensors() -> None:
    """With PyTorch's own loss and optimizer; assumptions that these settle are not made."""
    module, X = net(8, 16, 3), torch.randn(60, 8)
    y = (X @ torch.randn(8, 3)).argmax(1)
    report = gradaudit.audit(
        module, X, y, loss=nn.CrossEntropyLoss(), optimizer=torch.optim.Adam(module.parameters(), 0.01), effort="quick"
    )
    (one,) = report.reports
    assert one.model.facts["loss"] == "cross_entropy"
    assert one.model.facts["optimizer"] == "adam, learning rate 0.01"
    assert one.model.facts["data"] == "your own data, 60 rows"
    assert not [said for said in one.model.assumed if "epochs" not in said]
    named = gradaudit.audit(module, X, y, loss="cross_entropy", optimizer={"name": "adam", "learning_rate": 0.01})
    assert named.reports[0].model.facts["output"] == "softmax"


def test_a_sigmoid_end_stays_under_a_named_loss() -> None:
    """A loss's name does not take away the module's own last activation."""
    module = nn.Sequential(*net(8, 16, 1), nn.Sigmoid())
    X = torch.randn(30, 8)
    report = gradaudit.audit(module, X, torch.rand(30), loss="mse", effort="quick")
    assert report.reports[0].model.facts["output"] == "sigmoid"


def test_modules_are_known_without_importing_torch() -> None:
    """By what is loaded."""
    assert is_module(nn.Linear(1, 1))
    assert not is_module(3)
