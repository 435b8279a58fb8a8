"""A module's layers and weights give PyTorch's own loss and gradient; what has no place is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerNormSpec, Named
from gradaudit.errors import GradauditError, InputError
from gradaudit.inputs.pytorch.module import from_module

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch

from tests.inputs.pytorch.comparing import check_equal, off_its_defaults, read, spec_with_weights  # noqa: E402

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
    "softmax twice": ([nn.Softmax(dim=1)], nn.CrossEntropyLoss(), "classes"),
    "softmax of relu": ([nn.ReLU()], nn.CrossEntropyLoss(reduction="sum"), "classes"),
    "sigmoid twice": ([nn.Sigmoid()], nn.BCEWithLogitsLoss(), "shares"),
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
    return off_its_defaults(nn.Sequential(*parts))


def data(kind: str, outputs: int = 3) -> tuple[Any, Any]:
    """Twenty rows and their targets as PyTorch's loss takes them."""
    torch.manual_seed(2)
    X = torch.randn(20, 4, dtype=torch.float64)
    if kind == "classes":
        return X, torch.arange(20) % outputs
    T = torch.rand(20, outputs, dtype=torch.float64)
    return X, T if kind == "shares" else 4 * T - 2


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
    net.add_module("norm", nn.LayerNorm(6, eps=1e-4))
    net.add_module("last", nn.Linear(6, 2))
    found = spec_with_weights(net)
    assert (found.inputs, found.activation, found.output) == (4, Named("tanh"), None)
    assert found.layers == (
        DenseSpec(8, name="first"),
        DenseSpec(8, name="rest.0"),
        DropoutSpec(0.25),
        DenseSpec(6, Named("relu"), name="rest.3"),
        LayerNormSpec(eps=1e-4),
        DenseSpec(2, name="last"),
    )


SHARED = nn.Linear(4, 4)
TIED = nn.Linear(4, 4)
TIED.weight = SHARED.weight
LINEAR_WITH_OWN_FORWARD = type("Own", (nn.Linear,), {"forward": lambda self, x: torch.cos(x)})


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            (nn.Linear(4, 5), nn.Sequential(nn.ConvTranspose2d(1, 2, 3))),
            "net.1.0: ConvTranspose2d is not audited; known are Linear, ",
        ),
        ((nn.Linear(4, 5), nn.LSTM(5, 3)), "net.1: it is given 2 axes; rows × steps × features are audited"),
        ((nn.Linear(4, 5), nn.PReLU(), nn.Linear(5, 1)), "net.1: PReLU is not audited"),
        ((nn.LazyLinear(4),), "a lazy layer takes its width from the data"),
        ((nn.utils.parametrizations.weight_norm(nn.Linear(4, 5)),), "net.0: ParametrizedLinear is not audited"),
        ((nn.Linear(4, 5, device="meta"),), "net.0: its weight holds no numbers"),
        ((SHARED, nn.Tanh(), SHARED), "net.0: it is used twice; layers that share weights are not"),
        ((SHARED, nn.Tanh(), TIED), "net.2: it shares weights with net.0"),
        ((nn.Linear(4, 5), nn.Linear(4, 3)), "net.1: Linear failed on what the forward pass gave it: mat1 and mat2"),
        ((nn.Linear(4, 5), nn.GELU("tanh"), nn.Linear(5, 1)), "net.1: GELU with approximate = 'tanh' is not audited"),
        ((nn.Linear(4, 5), nn.Hardtanh(-2.0, 2.0), nn.Linear(5, 1)), "net.1: Hardtanh with min_val = -2.0"),
        ((nn.Linear(4, 5), nn.Softplus(2), nn.Linear(5, 1)), "net.1: Softplus with beta = 2"),
        ((nn.Linear(4, 5), nn.Softmax(dim=0)), "net.1: Softmax with dim = 0 is not audited; only dim = 1 is"),
        ((nn.Linear(4, 5), nn.BatchNorm1d(5, affine=False)), "net.1: BatchNorm1d with affine = False"),
        ((nn.Linear(4, 5), nn.LayerNorm(5, bias=False)), "net.1: it has no bias"),
        ((nn.Linear(4, 5), nn.Dropout(1.0)), "net.1: Dropout with p = 1 lets nothing through"),
        ((nn.Flatten(0), nn.Linear(4, 5)), "net.0: it makes something else of the rows than a vector each"),
        ((LINEAR_WITH_OWN_FORWARD(4, 5),), "net.0.forward: cos is not audited"),
        ((nn.Identity(),), "it has no weights"),
        ((), "net: it has no weights, so there is nothing to train"),
    ],
)
def test_what_has_no_place_is_refused_by_name(parts: tuple[Any, ...], message: str) -> None:
    """The message has the name by which the person finds the module."""
    with pytest.raises(GradauditError) as error:
        from_module(nn.Sequential(*parts), name="net")
    assert message in str(error.value)


def own(forward: Callable[..., Any], **parts: Any) -> Any:
    """A module of a class of its own."""
    net = type("Net", (nn.Module,), {"forward": forward})()
    for name, part in parts.items():
        net.add_module(name, part)
    return net


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda self, x: self.b(self.a(x) * x.size(0)), "net.forward: mul: a scaling is audited in front of the first"),
        (lambda self, x: self.b(torch.cos(self.a(x))), "net.forward: cos is not audited; known are dropout, elu"),
        (lambda self, x: self.b(self.a(x)).view(-1, 1), "net.forward: view: it makes something else of the rows"),
        (lambda self, x: self.b(F.relu(self.a(x).T)), "net.forward: T: it makes something else of the rows"),
        (lambda self, x: (self.b(self.a(x)), x), "net: its forward pass returns 2 tensors"),
        (lambda self, x: torch.ones(3, 4), "net: its forward pass returns what is not made from its input"),
        (lambda self, x, y: self.b(self.a(x) + y), "net: its forward pass takes 2 inputs (x, y)"),
        (lambda self, x: self.a(torch.relu(self.a(x))), "net.a: it is used twice"),
        (lambda self, x: F.linear(x, self.a.weight * 2), "net.forward: linear: its weight is computed"),
        (lambda self, x: F.linear(self.a(x), self.a.weight), "net.forward: linear: it shares weights with net.a"),
        (lambda self, x: torch.cat([self.a(x), x], 1), "net.forward: cat is not audited"),
        (lambda self, x: self.missing(x), "net: the forward pass cannot be run: AttributeError: 'Net' object has no"),
    ],
)
def test_the_first_thing_in_the_way_is_named(forward: Callable[..., Any], message: str) -> None:
    """With the line of the forward pass, never the innocent layer behind it."""
    net = own(forward, a=nn.Linear(4, 4), b=nn.Linear(4, 4))
    with pytest.raises(GradauditError) as error:
        from_module(net, name="net")
    assert message in str(error.value)


def test_the_line_of_what_is_in_the_way_is_told() -> None:
    """Of the call in the person's own code."""

    def forward(self: Any, x: Any) -> Any:
        x = self.a(x)
        x, _ = self.attention(x, x, x)
        return self.b(x)

    net = own(forward, a=nn.Linear(4, 4), attention=nn.MultiheadAttention(4, 1), b=nn.Linear(4, 1))
    with pytest.raises(InputError) as error:
        from_module(net, name="net")
    (problem,) = error.value.problems
    assert problem.message.startswith("net.attention: MultiheadAttention is not audited")
    assert problem.location is not None
    assert problem.location.line == forward.__code__.co_firstlineno + 2


def test_what_does_not_lead_to_the_output_is_no_matter() -> None:
    """Its features may be kept aside, its numbers looked at; the way taken is said."""

    def forward(self: Any, x: Any) -> Any:
        self.features = torch.cos(x)
        return self.b(self.a(x)) if x.sum() < 1e9 else x

    found = read(own(forward, a=nn.Linear(4, 4), b=nn.Linear(4, 2)))
    assert [layer.keys["units"] for layer in found.layers] == [4, 2]
    assert found.notes[0].startswith("the forward pass looks at its numbers (line ")


@pytest.mark.parametrize("images", [(2, 2), (1, 2, 2)])
def test_images_are_rows_where_the_forward_pass_flattens_them(images: tuple[int, ...]) -> None:
    """From their own shape, where that is known; else from the width that the first Linear takes."""
    net = own(lambda self, x: self.a(x.view(x.size(0), -1)), a=nn.Linear(4, 3))
    assert from_module(net, X=torch.zeros(6, *images)).inputs == from_module(net).inputs == 4
    wants_images = own(lambda self, x: self.a(x.flatten(1)) if x.dim() == 4 else 1 / 0, a=nn.Linear(4, 3))
    assert from_module(wants_images).inputs == 4


def test_running_it_leaves_the_module_as_it_was() -> None:
    """Modes, statistics of norms, and the random generator."""
    net = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Dropout(), nn.Linear(5, 1)).eval()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    state = torch.get_rng_state()
    from_module(net)
    assert not any(part.training for part in net.modules())
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
