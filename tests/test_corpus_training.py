"""The training that labels are held against does what PyTorch's own modules and optimizers do."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.inputs import from_document

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
training = pytest.importorskip("tests.corpus.training", reason="trains with PyTorch")
pytestmark = pytest.mark.torch

MOONS = {
    "layers": [2, {"units": 6, "norm": "layer_norm"}, 5, 1],
    "activation": "tanh",
    "loss": "binary_cross_entropy",
    "init": "pytorch",
    "data": {"name": "moons", "samples": 40, "scale": 3.0},
    "epochs": 20,
}
OPTIMIZERS = {
    "sgd": ({"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, "SGD"),
    "adam": ({"weight_decay": 0.01}, "Adam"),
    "adamw": ({}, "AdamW"),
    "rmsprop": ({}, "RMSprop"),
    "adagrad": ({"lr_decay": 0.1}, "Adagrad"),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_slice_trains_as_a_module_of_its_own(name: str) -> None:
    """Two seeds at two rates, side by side, end where nn.Sequential with torch.optim ends from the same draw."""
    given, class_name = OPTIMIZERS[name]
    specs = [
        from_document(MOONS | {"optimizer": {"name": name, "learning_rate": rate, **given}}) for rate in (0.002, 0.02)
    ]
    runs = training.train(specs, (3, 4))

    alone = [[module_alone(spec, seed, getattr(torch.optim, class_name), given) for seed in (3, 4)] for spec in specs]
    np.testing.assert_allclose([run.progress for run in runs], alone, rtol=1e-3)
    assert len({round(p, 3) for run in runs for p in run.progress}) == 4


def module_alone(spec, seed, optimizer, given):
    """Progress of PyTorch's own module, in full batches."""
    spec, data = prepare(spec, 0)
    X, T = (torch.tensor(array, dtype=torch.float32) for array in (data.X, data.T))
    nn = torch.nn
    module = nn.Sequential(nn.Linear(2, 6), nn.LayerNorm(6), nn.Tanh(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
    parts = [torch.tensor(part, dtype=torch.float32) for part in training.drawn(spec, seed)]
    for parameter, part in zip(module.parameters(), parts, strict=True):
        parameter.data = part.T.clone() if part.ndim == 2 else part
    update = optimizer(module.parameters(), lr=spec.optimizer.number("learning_rate", 0.0), **given)
    loss = nn.BCEWithLogitsLoss()
    for _ in range(spec.epochs):
        update.zero_grad()
        loss(module(X), T).backward()
        update.step()
    share = T.mean()
    constant = loss(torch.full_like(T, float(torch.logit(share))), T)
    return 1 - loss(module(X), T).item() / constant.item()


def test_a_run_is_judged_by_most_of_its_seeds() -> None:
    """Four of five above 0.3 learn, three of five under 0.1 fail, what is not finite included."""
    assert training.Run((0.9, 0.31, 0.4, 0.5, -np.inf)).truth == "learns"
    assert training.Run((0.9, 0.9, 0.05, -np.inf, -3.0)).truth == "fails"
    assert training.Run((0.9, 0.9, 0.9, 0.2, 0.0)).truth == "between"


CONV = "type: conv2d, channels: 4"
POSITIONS = [
    f"{{{CONV}, kernel_size: 3, padding: same, stride: 2}}, max_pool2d, flatten",
    f"{{{CONV}, kernel_size: [3, 2], dilation: 2, groups: 2}}, {{type: avg_pool2d, stride: 1}}, global_max_pool",
    (
        f"{{type: residual, activation: tanh, layers: [{{{CONV}, kernel_size: 3, padding: same, norm: batch_norm}}], "
        f"shortcut: [{{{CONV}, kernel_size: 1}}]}}, layer_norm, global_avg_pool"
    ),
]


@pytest.mark.parametrize("layers", POSITIONS)
def test_layers_over_positions_are_gradaudit_s(layers: str) -> None:
    """The loss of each slice, on data of the slice's own."""
    from gradaudit.inputs.yaml_spec.file import from_text
    from gradaudit.nn.backprop import Backprop
    from gradaudit.nn.network import build

    text = (
        f"layers: [[8, 7, 2], {layers}, 3]\nloss: mse\ninit: pytorch\nepochs: 1\ndata: {{name: gaussian, samples: 6}}"
    )
    spec, data = prepare(from_text(text, "m.yaml"), 0)
    stack = training._Stack([(spec, data)], (3, 4))  # noqa: SLF001
    found = stack.losses(stack.X[stack.of], stack.T[stack.of], training=False)

    bp = Backprop(build(spec), data.X, data.T, 2)
    bp.theta[:] = stack.theta.detach().numpy()
    np.testing.assert_allclose(found.detach().numpy(), bp.data_loss(), rtol=1e-4)


RECURRENT = [
    "{type: rnn, units: 3, activation: relu, return_sequences: true}, {type: lstm, units: 3, bidirectional: true}",
    "{type: lstm, units: 3, return_sequences: true, bias: false}, {type: gru, units: 2}",
    "{type: gru, units: 3, reset_after: false, bidirectional: true}",
]


@pytest.mark.parametrize("layers", RECURRENT)
def test_recurrent_layers_are_what_is_audited(layers: str) -> None:
    """The loss that training sees is the loss that the audit's own pass sees, for every cell."""
    from gradaudit.inputs.yaml_spec.file import from_text
    from gradaudit.nn.backprop import Backprop
    from gradaudit.nn.network import build

    spec, data = prepare(from_text(f"layers: [[6, 2], {layers}, 1]\ndata: adding\nepochs: 1\nloss: mse", "m"), 0)
    stack = training._Stack([(spec, data)], (0, 1))  # noqa: SLF001 - the passes alone, no training
    found = stack.losses(stack.X[stack.of], stack.T[stack.of], training=False).detach().numpy()
    bp = Backprop(build(spec), data.X, data.T, 2)
    bp.theta[:] = [np.concatenate([part.ravel() for part in training.drawn(spec, seed)]) for seed in (0, 1)]
    np.testing.assert_allclose(found, bp.data_loss(), rtol=1e-5)
