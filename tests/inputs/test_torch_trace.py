"""A person's own module class is followed through its forward pass, where that is one chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradaudit.errors import InputError
from gradaudit.inputs.torch_layers import layers_of, parts_of
from gradaudit.inputs.torch_module import from_module, network_data
from gradaudit.spec import DenseSpec, DropoutSpec, Named

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch


def own(forward: Callable[..., Any], **parts: Any) -> Any:
    """A module of a class of its own."""

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            for name, part in parts.items():
                self.add_module(name, part)

    Net.forward = forward
    torch.manual_seed(0)
    return Net()


def both(net: Any) -> tuple[Any, Any]:
    """What its parts make of three rows, one after another, and what it makes of them itself."""
    X = torch.randn(3, 2, 2)
    mine = X
    for _, part in parts_of(net.eval(), "net"):
        mine = part.eval()(mine)
    return mine, net(X)


STYLES: dict[str, Callable[..., Any]] = {
    "modules": lambda self, x: self.b(self.act(self.a(torch.flatten(x, 1)))),
    "functions": lambda self, x: F.softmax(self.b(F.elu(self.a(x.view(x.size(0), -1)), 0.5)), dim=1),
    "methods": lambda self, x: self.b(self.a(x.flatten(1)).tanh()).sigmoid(),
    "torch's own": lambda self, x: self.b(torch.relu(self.a(x.reshape(x.shape[0], -1)))),
    "width": lambda self, x: self.b(torch.relu(self.a(x.view(-1, 4)))),
    "squeezed": lambda self, x: self.b(self.a(x.flatten(1)).relu()).squeeze(-1),
    "settings": lambda self, x: F.log_softmax(self.b(F.leaky_relu(self.a(x.flatten(start_dim=1)), 0.3)), 1),
    "dropout": lambda self, x: self.b(F.dropout(F.gelu(self.a(x.flatten(1))), 0.4, training=self.training)),
}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_forward_is_followed(style: str) -> None:
    """The modules found, one after another, compute what the forward pass does."""
    net = own(STYLES[style], a=nn.Linear(4, 6), act=nn.SiLU(), b=nn.Linear(6, 3))
    mine, theirs = both(net)
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-6)
    found = layers_of(parts_of(net, "net"))
    assert [layer.name for layer in found.layers if isinstance(layer, DenseSpec)] == ["a", "b"]
    assert [layer for layer in found.layers if isinstance(layer, DropoutSpec)] == [DropoutSpec(0.4)] * (
        style == "dropout"
    )


def test_classes_within_sequentials_and_sequentials_within_classes_are_opened() -> None:
    """Names lead to the modules; a subclass of Sequential that keeps its forward pass is one."""
    block = own(lambda self, x: torch.tanh(self.inner(x)), inner=nn.Sequential(nn.Linear(4, 5)))
    mlp = type("MLP", (nn.Sequential,), {})(nn.Linear(5, 3), nn.ReLU(), nn.Linear(3, 2))
    net = nn.Sequential(nn.Flatten(), block, mlp)
    assert [path for path, _ in parts_of(net, "net")] == [
        "net.0",
        "net.1.inner.0",
        "net.1.forward: tanh",
        "net.2.0",
        "net.2.1",
        "net.2.2",
    ]
    mine, theirs = both(net)
    assert torch.equal(mine, theirs)


def test_a_flatten_in_the_forward_pass_takes_images() -> None:
    """The network's inputs are rows."""
    net = own(STYLES["functions"], a=nn.Linear(4, 20), b=nn.Linear(20, 3))
    X, _ = network_data(net, torch.zeros(5, 2, 2), torch.zeros(5))
    assert X.shape == (5, 4)  # type: ignore[attr-defined]
    (spec,) = from_module(net, name="net")
    assert (spec.inputs, spec.output, spec.activation) == (4, Named("softmax"), Named.of("elu", alpha=0.5))


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda self, x: self.b(x + self.a(x)), "net.forward: add in Net is not audited; a forward pass is to be one"),
        (lambda self, x: self.b(self.a(x) * x.size(0)), "net.forward: mul is not audited; known are dropout"),
        (lambda self, x: self.b(torch.cos(self.a(x))), "net.forward: cos is not audited; known are dropout, elu"),
        (lambda self, x: self.b(self.a(x).view(-1, 2, 2)), "net.forward: view is not audited"),
        (lambda self, x: self.b(self.a(x)).view(-1, 1), "net.forward: view is not audited"),
        (lambda self, x: self.b(self.a(x)).squeeze(0), "net.forward: squeeze is not audited"),
        (lambda self, x: self.b(F.relu(self.a(x).T)), "net.forward: relu in Net is not audited"),
        (lambda self, x: self.a(x) if x.sum() > 0 else x, "the forward pass of Net cannot be followed: symbolically"),
        (lambda self, x: (self.b(self.a(x)), x), "net.forward: output in Net is not audited"),
        (lambda self, x, y: self.b(self.a(x) + y), "net.forward: y in Net is not audited"),
        (lambda self, x: self.a(torch.relu(self.a(x))), "net.a shares weights with net.a"),
        (lambda self, x: F.linear(x, self.a.weight), "net.forward: "),
        (lambda self, x: self.b(self.a(torch.flatten(x))), "net.forward: flatten: Flatten with start_dim = 0"),
    ],
)
def test_what_is_no_chain_is_refused_by_name(forward: Callable[..., Any], message: str) -> None:
    """Sums, several inputs or outputs, unknown functions, control flow, a layer that is used twice."""
    net = own(forward, a=nn.Linear(4, 4), b=nn.Linear(4, 4))
    with pytest.raises(InputError) as error:
        layers_of(parts_of(net, "net"))
    assert message in str(error.value)
