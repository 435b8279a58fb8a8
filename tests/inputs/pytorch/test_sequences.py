"""PyTorch's recurrent modules, read however people take their results, compute what PyTorch computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradaudit.api import audit
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError, SpecError
from gradaudit.inputs.pytorch.module import from_module
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn = torch.nn
pytestmark = pytest.mark.torch
STEPS, FEATURES, TOKENS = 6, 3, 9


class Net(nn.Module):  # type: ignore[misc,name-defined]
    """A recurrent module, what is taken of its results, and a Linear."""

    def __init__(self, cell: Any, take: Any, width: int, embedding: Any = None) -> None:
        super().__init__()
        self.embedding, self.cell, self.take = embedding, cell, take
        self.head = nn.Linear(width, 2)

    def forward(self, x: Any) -> Any:
        x = x if self.embedding is None else self.embedding(x)
        return self.take(self, *self.cell(x))


def last(net: Any, out: Any, state: Any) -> Any:
    """The last step of all."""
    return net.head(out[:, -1])


NETS = {
    "lstm, last step": lambda: Net(nn.LSTM(FEATURES, 4, batch_first=True), last, 4),
    "rnn, last step behind": lambda: Net(
        nn.RNN(FEATURES, 4, nonlinearity="relu", batch_first=True), lambda n, out, h: n.head(out)[:, -1, :], 4
    ),
    "gru, final state": lambda: Net(
        nn.GRU(FEATURES, 4, num_layers=2, batch_first=True), lambda n, out, h: n.head(h[-1]), 4
    ),
    "lstm, squeezed state": lambda: Net(
        nn.LSTM(FEATURES, 4, batch_first=True, bias=False), lambda n, out, s: n.head(s[0].squeeze(0)), 4
    ),
    "both, joined": lambda: Net(
        nn.GRU(FEATURES, 4, num_layers=2, bidirectional=True, batch_first=True),
        lambda n, out, h: n.head(torch.cat((h[-2], h[-1]), dim=1)),
        8,
    ),
    "each step": lambda: Net(nn.LSTM(FEATURES, 4, batch_first=True), lambda n, out, s: n.head(out), 4),
    "mean of steps": lambda: Net(nn.GRU(FEATURES, 4, batch_first=True), lambda n, out, h: n.head(out.mean(1)), 4),
    "flattened": lambda: Net(
        nn.GRU(FEATURES, 4, batch_first=True), lambda n, out, h: n.head(out.reshape(len(out), -1)), 4 * STEPS
    ),
    "tokens": lambda: Net(nn.LSTM(5, 4, batch_first=True), last, 4, nn.Embedding(TOKENS, 5)),
}


def rows(name: str) -> Any:
    """A few samples."""
    torch.manual_seed(3)
    return torch.randint(0, TOKENS, (7, STEPS)) if name == "tokens" else torch.randn(7, STEPS, FEATURES)


def gradients(spec: ModelSpec, X: Any) -> tuple[np.ndarray, float]:
    """Output with the spec's own weights, and the norm of the gradient of its mean square."""
    assert spec.weights is not None
    network = build(replace(spec, loss=Named("mse"), output=Named("identity"), activation=spec.activation))
    shape = network.rows[-1].shape
    bp = Backprop(network, X, np.zeros((len(X), *shape)), 1)
    bp.theta[:] = fitted(network, spec.weights)
    bp.gradient()
    return bp.h[0].reshape(len(X), *shape), float(np.linalg.norm(bp.g))


@pytest.mark.parametrize("name", NETS)
def test_it_computes_what_pytorch_computes(name: str) -> None:
    """Outputs of trained weights, and the whole gradient's norm (of two biases that add, each has the sum's)."""
    torch.manual_seed(0)
    net, X = NETS[name]().double(), rows(name)
    X = X if name == "tokens" else X.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.5)
    spec = from_module(net, X=X.numpy(), name="net")
    expected = net(X)
    (expected**2).mean().backward()
    own = [p.grad for key, p in net.named_parameters() if "bias_hh" not in key]
    extra = [
        p.grad[-4:] for key, p in net.named_parameters() if "bias_hh" in key and isinstance(net.cell, nn.GRU)
    ]  # a candidate's second bias is one of its own
    norm = float(torch.sqrt(sum((g**2).sum() for g in (*own, *extra))))

    found, found_norm = gradients(spec, X.numpy())

    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-9, atol=1e-11)
    assert found_norm == pytest.approx(norm, rel=1e-9)


def test_a_fresh_module_is_drawn_anew_as_pytorch_draws_it() -> None:
    """Without data on a usual length, which is said; each recurrent layer by PyTorch's whole default."""
    torch.manual_seed(0)
    spec = from_module(Net(nn.LSTM(FEATURES, 32, batch_first=True), last, 32), name="net")

    assert (spec.weights, spec.input_shape) == (None, (50, FEATURES))
    assert spec.layers[0].plain() == {"type": "lstm", "units": 32, "init": "pytorch", "name": "cell"}
    assert any("50 × 3 is the first usual size" in note for note in spec.notes)


def _set(bias, values) -> None:
    """Set the keeping gate's part of a bias."""
    with torch.no_grad():
        bias[32:64] = values


def _chrono(cell) -> None:
    """As Tallec & Ollivier: the one gate keeps as long as the other is shut."""
    kept = torch.log(torch.empty(32).uniform_(1, 49))
    _set(cell.bias_ih_l0, kept)
    _set(cell.bias_hh_l0, 0.0)
    if isinstance(cell, nn.LSTM):
        with torch.no_grad():
            cell.bias_ih_l0[:32], cell.bias_hh_l0[:32] = -kept, 0.0


@pytest.mark.parametrize(
    ("kind", "change", "key", "value"),
    [
        (nn.LSTM, lambda cell: _set(cell.bias_ih_l0, 1.0), "forget_bias", 1.0),
        (nn.LSTM, lambda cell: _set(cell.bias_hh_l0, -3.0), "forget_bias", -3.0),
        (nn.LSTM, _chrono, "forget_bias", "chrono"),
        (nn.GRU, _chrono, "update_bias", "chrono"),
    ],
)
def test_what_was_set_for_the_memorys_sake_is_kept_in_a_fresh_module(kind, change, key, value) -> None:
    """All else is PyTorch's own draw, and drawn anew: a person who follows the advice is heard."""
    torch.manual_seed(0)
    net = Net(kind(FEATURES, 32, batch_first=True), last, 32)
    change(net.cell)
    spec = from_module(net, name="net")
    assert spec.weights is None
    assert spec.layers[0].plain()[key] == value


def test_weights_of_the_persons_own_draw_are_kept() -> None:
    """A forget bias of 5 is no draw of PyTorch's."""
    torch.manual_seed(0)
    net = Net(nn.LSTM(FEATURES, 32, batch_first=True), last, 32)
    nn.init.constant_(net.cell.bias_ih_l0, 5.0)
    assert from_module(net, name="net").weights is not None


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (lambda: Net(nn.LSTM(FEATURES, 4, proj_size=2, batch_first=True), last, 2), "proj_size is not audited; leave"),
        (lambda: Net(nn.LSTM(FEATURES, 4), last, 4), "batch_first=False is not audited; write batch_first=True"),
        (
            lambda: Net(nn.LSTM(FEATURES, 4, bidirectional=True, batch_first=True), last, 8),
            r"take the final state of both, torch\.cat",
        ),
        (
            lambda: Net(nn.GRU(FEATURES, 4, batch_first=True), lambda n, out, h: n.head(h[-1] * 2), 4),
            "another way|not audited|scaling",
        ),
        (
            lambda: Net(nn.LSTM(FEATURES, 4, batch_first=True), lambda n, out, s: n.head(s[1][-1]), 4),
            "its final state is used in another way",
        ),
    ],
)
def test_what_is_not_audited_is_told(net: Any, message: str) -> None:
    """With what to write instead where there is something."""
    with pytest.raises(InputError, match=message):
        from_module(net(), name="net")


def test_an_embedding_may_be_turned_for_a_convolution() -> None:
    """Steps behind channels, as convolutions of PyTorch's have them: the values are the same."""
    embedding, conv = nn.Embedding(TOKENS, 5), nn.Conv1d(5, 4, 3)

    class Text(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.conv, self.head = embedding, conv, nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return self.head(torch.relu(self.conv(self.embedding(x).transpose(1, 2))).amax(2))

    torch.manual_seed(0)
    net, X = Text().double(), rows("tokens")
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(1.0)
    spec = from_module(net, X=X.numpy(), name="net")

    np.testing.assert_allclose(gradients(spec, X.numpy())[0], net(X).detach().numpy(), rtol=1e-9)


def test_tokens_that_the_embedding_does_not_know_are_told_as_what_they_are() -> None:
    """The module is read by rows as long as these; which of them is wrong is said of the data."""
    net = Net(nn.LSTM(5, 4, batch_first=True), last, 4, nn.Embedding(TOKENS, 5)).double()
    X = np.full((20, STEPS), TOKENS)
    with pytest.raises(SpecError, match=f"whole numbers from 0 to {TOKENS - 1}, but X\\[0, 0\\] is {TOKENS}"):
        audit({"model": net, "X": X, "y": np.arange(20) % 2})
