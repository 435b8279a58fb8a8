"""PyTorch modules by the name that they have in a person's code."""

from __future__ import annotations

import pytest

from gradaudit.domain.spec import Named
from gradaudit.errors import Location
from gradaudit.inputs.python_object import load_object
from gradaudit.inputs.readers import PYTHON_OBJECT
from tests.inputs.conftest import Complaint, Write

TORCH = """
import torch
from torch import nn
net = nn.Sequential(nn.Linear(4, 30), nn.Tanh(), nn.Linear(30, 3))
loss, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=0.01)
X, y = torch.zeros(6, 4), torch.arange(6) % 3
trained = net, loss, optimizer
def setup():
    return net, X, y, loss, optimizer
twice = net, loss, loss
conv = nn.Sequential(nn.Conv3d(1, 2, 3))
"""


@pytest.mark.torch
def test_a_pytorch_module_comes_alone_or_with_what_trains_it(write: Write, complaint: Complaint) -> None:
    """Loss and optimizer are known by their classes, wherever they stand; data are a pair in front of them."""
    pytest.importorskip("torch", reason="the optional extra torch is not installed")
    write(TORCH)
    (alone,) = PYTHON_OBJECT.read("own.py:net")
    assert (alone.name, alone.source, alone.loss) == ("net", "own.py:net", None)
    assert alone.lines[""] == Location("own.py", 4, 1)
    for name in ("trained", "setup"):
        (spec,) = PYTHON_OBJECT.read(f"own.py:{name}")
        assert (spec.loss, spec.optimizer) == (Named("cross_entropy"), Named.of("adam", learning_rate=0.01))
    assert load_object("own.py:setup").y is not None
    assert "twice gives 3 values; a model with its data is (model, X, y), a PyTorch module" in complaint("own.py:twice")
    assert complaint("own.py:conv").startswith("own.py:11:1: conv.0: Conv3d is not audited; known are Linear")


@pytest.mark.torch
def test_what_is_made_at_random_is_the_same_each_time(write: Write) -> None:
    """Without a seed of its own; the generators of the running program go on as before."""
    torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
    write(
        "import random, numpy as np, torch\ndef net():\n    return {'layers': [2, 1]}, DRAWN, 0\n"
        "DRAWN = [random.random(), np.random.rand(), torch.rand(1).item()]"
    )
    state = torch.get_rng_state()
    first, second = (load_object("own.py:net").X for _ in range(2))
    assert first == second
    assert torch.equal(torch.get_rng_state(), state)


CLASSES = """
from torch import nn
class Ready(nn.Module):
    def __init__(self, size=12):
        super().__init__()
        self.fc = nn.Linear(4, size)
    def forward(self, x):
        return self.fc(x)
class Net(Ready):
    def __init__(self, inputs, hidden_size, *, outputs=3):
        super().__init__()
"""


@pytest.mark.torch
def test_a_class_is_made_or_the_lines_to_write_are_told(write: Write, complaint: Complaint) -> None:
    """Without required arguments it is an object; with some, two lines of a file say them."""
    pytest.importorskip("torch", reason="the optional extra torch is not installed")
    write(CLASSES)
    (spec,) = PYTHON_OBJECT.read("own.py:Ready")
    assert (spec.name, spec.inputs, spec.init, spec.weights) == ("Ready", 4, Named("pytorch"), None)
    told = complaint("own.py:Net")
    assert told.startswith("own.py:9:1: Net cannot be called without arguments: missing a required argument: 'inputs'")
    assert "`from own import Net` and `model = Net(inputs=..., hidden_size=...)`" in told
    assert told.endswith("and name audited.py:model")
