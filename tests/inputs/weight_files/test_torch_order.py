"""State dicts of PyTorch's recurrent and convolutional networks as the weights of a spec: the outputs are PyTorch's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.errors import GradauditError, Location
from gradaudit.inputs.weight_files.reading import read_weights
from gradaudit.inputs.weight_files.torch_order import joined, parted
from gradaudit.inputs.yaml_spec.document import from_document
from tests.inputs.computing import outputs

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn = torch.nn
pytestmark = pytest.mark.torch
STEPS, FEATURES, TOKENS = 6, 3, 9


class Net(nn.Module):  # type: ignore[misc,name-defined]
    """Modules one after another; of a recurrent one every step goes on, behind the last the final state."""

    def __init__(self, **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Any) -> Any:
        for _, part in self.named_children():
            if isinstance(part, nn.RNNBase):
                x, state = part(x)
                h = state[0] if isinstance(state, tuple) else state
                final = torch.cat(tuple(h[-2:] if part.bidirectional else h[-1:]), dim=1)
            elif isinstance(part, nn.Linear) and x.ndim == 3:
                x = part(final)
            else:
                x = part(x)
        return x


def cell(kind: str, features: int = FEATURES, **keys: Any) -> Any:
    """Four units, rows first."""
    return getattr(nn, kind)(features, 4, batch_first=True, **keys)


SEQUENCE = [STEPS, FEATURES]
CASES: dict[str, tuple[Any, list[Any]]] = {
    "rnn": (lambda: Net(zz=cell("RNN"), head=nn.Linear(4, 2)), [SEQUENCE, {"type": "rnn", "units": 4}, 2]),
    "lstm, two deep": (
        lambda: Net(lstm=cell("LSTM", num_layers=2), head=nn.Linear(4, 2)),
        [SEQUENCE, {"type": "lstm", "units": 4, "return_sequences": True}, {"type": "lstm", "units": 4}, 2],
    ),
    "gru both ways": (
        lambda: Net(gru=cell("GRU", bidirectional=True), head=nn.Linear(8, 2)),
        [SEQUENCE, {"type": "gru", "units": 4, "bidirectional": True}, 2],
    ),
    "no biases": (
        lambda: Net(gru=cell("GRU", bias=False), head=nn.Linear(4, 2)),
        [SEQUENCE, {"type": "gru", "units": 4, "bias": False}, 2],
    ),
    "tokens": (
        lambda: Net(words=nn.Embedding(TOKENS, 5), lstm=cell("LSTM", 5), head=nn.Linear(4, 2)),
        [STEPS, {"type": "embedding", "vocabulary": TOKENS, "units": 5}, {"type": "lstm", "units": 4}, 2],
    ),
    "images": (
        lambda: Net(
            conv1=nn.Conv2d(3, 4, 3),
            norm=nn.BatchNorm2d(4),
            act=nn.ReLU(),
            conv2=nn.Conv2d(4, 6, 3, stride=2, bias=False),
            flat=nn.Flatten(),
            norm2=nn.BatchNorm1d(12),
            head=nn.Linear(12, 2),
        ),
        [
            [7, 6, 3],
            {"type": "conv2d", "channels": 4, "kernel_size": 3, "norm": "batch_norm", "activation": "relu"},
            {"type": "conv2d", "channels": 6, "kernel_size": 3, "stride": 2, "bias": False, "activation": "identity"},
            "flatten",
            "batch_norm",
            2,
        ],
    ),
}


def rows(name: str) -> Any:
    """A few samples as PyTorch takes them."""
    torch.manual_seed(3)
    if name == "tokens":
        return torch.randint(0, TOKENS, (7, STEPS))
    return torch.randn(7, 3, 7, 6) if name == "images" else torch.randn(7, STEPS, FEATURES)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", CASES)
def test_the_outputs_are_pytorchs(tmp_path: Path, name: str, suffix: str) -> None:
    """Every cell, stacked and both ways; kernels turned, and the order behind a flatten."""
    make, layers = CASES[name]
    torch.manual_seed(0)
    net, X = make(), rows(name)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    path = tmp_path / f"w{suffix}"
    save(net.state_dict(), path)
    spec = from_document({"layers": layers, "loss": "mse", "output": "identity"})
    weights = read_weights(str(path), spec, Location("m.yaml"))
    ours = np.moveaxis(X.numpy(), 1, -1) if name == "images" else X.numpy()

    found = outputs(replace(spec, weights=weights), ours)

    np.testing.assert_allclose(found, net(X).detach().numpy(), rtol=1e-4, atol=1e-5)


def save(state: dict[str, Any], path: Path) -> None:
    """As torch.save does, or as safetensors."""
    if path.suffix == ".pt":
        torch.save(state, path)
        return
    from tests.inputs.weight_files.test_reading import save_torch

    save_torch(path, {name: tensor.numpy() for name, tensor in state.items() if tensor.dtype == torch.float32})


def test_a_missing_half_of_the_biases_is_named(tmp_path: Path) -> None:
    """By PyTorch's own name."""
    state = cell("LSTM").state_dict()
    del state["bias_hh_l0"]
    save(state, tmp_path / "w.pt")
    spec = from_document({"layers": [SEQUENCE, {"type": "lstm", "units": 4}, 2], "loss": "mse"})
    with pytest.raises(GradauditError, match="'bias_hh_l0' is missing; it is to be 16"):
        read_weights(str(tmp_path / "w.pt"), spec, Location("m.yaml"))


@pytest.mark.parametrize("name", ["a.b.weight", "weight", "x.weight_ih_l0", "bias_hh_l12_reverse", "a.weight_ih_lx"])
def test_names_are_parted_and_joined(name: str) -> None:
    """Whatever stands in front."""
    assert joined(*parted(name)) == name
