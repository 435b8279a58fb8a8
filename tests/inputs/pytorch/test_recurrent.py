"""PyTorch's recurrent modules: what each gives, and what a forward pass takes of it."""

from __future__ import annotations

import numpy as np
import pytest

import gradaudit
from gradaudit.datasets import prepare
from gradaudit.errors import GradauditError
from gradaudit.inputs.python_object import Loaded, specs_of
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn
RNG = np.random.default_rng(0)


class Net(nn.Module):
    """Layers one after another; a recurrent one's results are taken by `take`."""

    def __init__(self, take, *layers):
        super().__init__()
        self.take, self.layers = take, nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
            x = self.take(*x) if isinstance(x, tuple) else x
        return x


def last(out, state):
    """The forward half's last step."""
    return out[:, -1]


def top_state(out, state):
    """Of the top layer."""
    return (state[0] if isinstance(state, tuple) else state)[-1]


def both_ends(out, state):
    """Each half's own last step."""
    h = state[0] if isinstance(state, tuple) else state
    return torch.cat((h[-2], h[-1]), dim=1)


def every_step(out, state):
    """The sequence."""
    return out


F = {"batch_first": True}
NETS = {
    "last step": lambda: Net(last, nn.LSTM(3, 4, **F), nn.Linear(4, 2)),
    "last state": lambda: Net(top_state, nn.GRU(3, 4, 2, dropout=0.5, **F), nn.Linear(4, 2)),
    "both ways": lambda: Net(both_ends, nn.LSTM(3, 4, bidirectional=True, num_layers=2, **F), nn.Linear(8, 2)),
    "each step": lambda: Net(
        every_step, nn.RNN(3, 4, nonlinearity="relu", bias=False, **F), nn.Linear(4, 2), nn.Tanh()
    ),
    "tokens": lambda: Net(last, nn.Embedding(9, 5), nn.GRU(5, 4, **F), nn.ReLU(), nn.Linear(4, 2)),
}


def spec_of(net, X=None, y=None):
    """As `file.py:NAME` would give it."""
    (spec,) = specs_of(Loaded(net), X, y)
    return spec


@pytest.mark.parametrize("name", NETS)
def test_gives_what_pytorch_gives(name):
    """Weights, gates and biases in a spec's order; to float64."""
    torch.manual_seed(0)
    net = NETS[name]().double().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter))
    X = RNG.integers(0, 9, (6, 7)).astype(float) if name == "tokens" else RNG.standard_normal((6, 7, 3))
    with torch.no_grad():
        due = net(torch.tensor(X).long() if name == "tokens" else torch.tensor(X)).numpy()
    complete, data = prepare(spec_of(net, X, due), 0, X, due)
    bp = Backprop(build(complete), data.X, data.T, 1)
    bp.theta[:] = fitted(bp.network, complete.weights)
    np.testing.assert_allclose(bp.output().reshape(due.shape), due, atol=1e-12)


def test_a_usual_length_is_assumed_and_said():
    """Where no data tell how long its sequences are."""
    spec = spec_of(NETS["last step"]())
    assert spec.input_shape == (20, 3)
    assert "20 × 3 is the first usual size" in " ".join(spec.notes)


def test_fresh_weights_are_drawn_again_and_others_kept():
    """An orthogonal recurrent matrix is no default of PyTorch's."""
    net = NETS["last step"]()
    assert spec_of(net).weights is None
    assert spec_of(net).layers[0].init.name == "pytorch"
    nn.init.orthogonal_(net.layers[0].weight_hh_l0)
    assert spec_of(net).weights is not None


def test_it_can_be_audited():
    """From the Python API, with its own data."""
    X, y = RNG.standard_normal((32, 9, 3)), RNG.standard_normal((32, 2))
    report = gradaudit.audit(NETS["last step"](), X.astype("float32"), y.astype("float32"), effort="quick", seeds=2)
    assert report.reports[0].model.layers[0].kind == "lstm"


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (lambda: Net(last, nn.LSTM(3, 4), nn.Linear(4, 2)), "batch_first=False is not audited"),
        (lambda: Net(last, nn.LSTM(3, 4, bidirectional=True, **F), nn.Linear(8, 2)), "not its last output"),
        (lambda: Net(lambda out, s: out[:, 0], nn.GRU(3, 4, **F), nn.Linear(4, 2)), "not its last output"),
        (lambda: Net(lambda out, s: out.mean(dim=1), nn.GRU(3, 4, **F), nn.Linear(4, 2)), "mean is not audited"),
    ],
)
def test_what_is_no_layers_output_is_refused(net, message):
    """With the step that goes on from it."""
    with pytest.raises(GradauditError, match=message):
        spec_of(net(), RNG.standard_normal((6, 7, 3)), RNG.standard_normal((6, 2)))
