"""PyTorch's loss and optimizer objects: mapped exactly, or refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradaudit
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.inputs.pytorch.module import from_module
from gradaudit.inputs.pytorch.training import FUNCTIONS, is_loss, is_optimizer, trained_with

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
nn, optim = torch.nn, torch.optim
pytestmark = pytest.mark.torch


def net(*last: Any, outputs: int = 3) -> Any:
    """A module of 4 inputs that ends in a Linear and `last`."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, outputs), *last)


def spec(*last: Any, outputs: int = 3) -> ModelSpec:
    """The same as a model."""
    return from_module(net(*last, outputs=outputs))


OPTIMIZERS_OF_TORCH = [
    (optim.SGD, {"lr": 0.03}, Named.of("sgd", learning_rate=0.03)),
    (optim.SGD, {"lr": 0.03, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, None),
    (optim.Adam, {}, Named.of("adam", learning_rate=0.001)),
    (optim.Adam, {"lr": torch.tensor(0.5), "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}, None),
    (optim.AdamW, {"lr": 0.002}, Named.of("adamw", learning_rate=0.002)),
    (optim.AdamW, {"weight_decay": 0.0}, Named.of("adamw", learning_rate=0.001, weight_decay=0.0)),
    (optim.RMSprop, {"alpha": 0.9, "momentum": 0.5, "eps": 1e-5}, None),
    (optim.Adagrad, {"lr_decay": 0.1, "initial_accumulator_value": 0.2, "weight_decay": 0.01}, None),
]


@pytest.mark.parametrize(("kind", "given", "named"), OPTIMIZERS_OF_TORCH)
def test_an_optimizer_takes_pytorch_s_steps(kind: Any, given: dict[str, Any], named: Named | None) -> None:
    """Four steps of the mapped optimizer end where PyTorch's own end, to 1e-6 of float32 rates' rounding."""
    theirs = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    theta, state = theirs.detach().numpy()[None].copy(), {}
    optimizer = kind([theirs], **given)
    model = net()
    found = trained_with(from_module(model), optimizer=kind(model.parameters(), **given)).optimizer
    assert named is None or found == named
    row = OPTIMIZERS[found.name]
    for t in range(1, 5):
        g = np.array([[0.3, -0.7, 0.01]]) * t
        theirs.grad = torch.tensor(g[0])
        optimizer.step()
        row.step(theta, g, state, t, **row.arguments(found))
    np.testing.assert_allclose(theta[0], theirs.detach().numpy(), rtol=1e-6)


def test_an_object_takes_the_place_of_an_assumption() -> None:
    """What PyTorch's objects say is no longer said to be assumed."""
    model = net()
    found = trained_with(from_module(model), nn.MSELoss(), optim.SGD(model.parameters(), 0.1))
    assert found.assumed == ("epochs", "data")
    assert (found.loss, found.output) == (Named("mse"), Named("identity"))


@pytest.mark.parametrize(
    ("last", "loss", "message"),
    [
        ((), nn.CrossEntropyLoss(weight=torch.ones(3)), "CrossEntropyLoss with weight = tensor"),
        ((), nn.CrossEntropyLoss(label_smoothing=0.1), "label_smoothing = 0.1 is not audited; only label_smoothing"),
        ((), nn.CrossEntropyLoss(ignore_index=0), "CrossEntropyLoss with ignore_index = 0"),
        ((), nn.MSELoss(reduction="none"), "MSELoss with reduction = 'none'"),
        ((), nn.HuberLoss(delta=2.0), "HuberLoss with delta = 2.0"),
        ((), nn.SmoothL1Loss(beta=0.5), "SmoothL1Loss with beta = 0.5"),
        ((), nn.BCEWithLogitsLoss(pos_weight=torch.ones(3)), "BCEWithLogitsLoss with pos_weight"),
        ((), nn.KLDivLoss(), "loss: KLDivLoss is not audited; known are MSELoss"),
        ((), nn.NLLLoss(), "NLLLoss takes logarithms, and the module ends in a Linear; end it in LogSoftmax"),
        ((nn.Softmax(dim=1),), nn.NLLLoss(), "NLLLoss takes logarithms, and the module ends in softmax"),
        ((nn.LogSoftmax(dim=1),), nn.MSELoss(), "MSELoss on LogSoftmax is not audited"),
        ((), nn.PoissonNLLLoss(), "PoissonNLLLoss over several outputs"),
        ((), nn.PoissonNLLLoss(log_input=False), "PoissonNLLLoss with log_input = False"),
    ],
)
def test_a_loss_without_an_exact_counterpart_is_refused(last: Any, loss: Any, message: str) -> None:
    """By its name, with what it would have to be."""
    with pytest.raises(InputError) as error:
        trained_with(spec(*last), loss)
    assert message in str(error.value)


def test_poisson_has_pytorch_s_gradient() -> None:
    """Its value differs by a constant of the targets."""
    from gradaudit.nn.objective import Objective

    found = trained_with(spec(outputs=1), nn.PoissonNLLLoss())
    assert found.loss is not None
    assert found.output is not None
    z = torch.linspace(-1, 2, 6, dtype=torch.float64, requires_grad=True)
    t = torch.arange(6, dtype=torch.float64)
    nn.PoissonNLLLoss()(z, t).backward()
    column = z.detach().numpy()[:, None]
    mine = Objective(found.output, found.loss).delta(column, np.exp(column), t.numpy()[:, None])
    np.testing.assert_allclose(mine[:, 0], z.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}, "SGD with dampening = 0.5"),
        (optim.SGD, {"lr": 0.1, "maximize": True}, "SGD with maximize = True"),
        (optim.Adam, {"amsgrad": True}, "Adam with amsgrad = True"),
        (optim.RMSprop, {"centered": True}, "RMSprop with centered = True"),
        (optim.LBFGS, {}, "optimizer: LBFGS is not audited; known are SGD"),
        (optim.NAdam, {}, "optimizer: NAdam is not audited"),
    ],
)
def test_an_optimizer_without_an_exact_counterpart_is_refused(kind: Any, given: Any, message: str) -> None:
    """By its name, with what it would have to be."""
    model = net()
    with pytest.raises(InputError) as error:
        trained_with(from_module(model), optimizer=kind(model.parameters(), **given))
    assert message in str(error.value)


def test_parameter_groups_must_agree() -> None:
    """Groups with the same settings are one; with different rates they are refused, and so is a part of the module."""
    model = net()
    first, last = list(model[0].parameters()), list(model[2].parameters())
    same = optim.SGD([{"params": first}, {"params": last, "lr": 0.1}], lr=0.1)
    assert trained_with(from_module(model), optimizer=same).optimizer == Named.of("sgd", learning_rate=0.1)
    several = optim.SGD([{"params": first}, {"params": last, "lr": 0.5}], lr=0.1)
    with pytest.raises(InputError, match=r"lr = 0\.1 in one parameter group and 0\.5 in group 1"):
        trained_with(from_module(model), optimizer=several)
    with pytest.raises(InputError, match=r"optimizer: it does not hold the parameters of model\.0"):
        from_module(model, optimizer=optim.SGD(last, lr=0.1))


def test_layers_that_the_forward_pass_does_not_call_need_no_optimizer() -> None:
    """Nor do they matter where it holds them."""
    model = net()
    model.forward = lambda x: model[2](model[0](x))
    model.unused = nn.Linear(3, 3)
    called = [*model[0].parameters(), *model[2].parameters()]
    for parameters in (called, model.parameters()):
        assert from_module(model, optimizer=optim.SGD(parameters, lr=0.1)).inputs == 4


@pytest.mark.parametrize(
    ("last", "loss", "name"),
    [
        (nn.Softmax(dim=1), nn.CrossEntropyLoss(), "cross_entropy"),
        (nn.ReLU(), nn.CrossEntropyLoss(), "cross_entropy"),
        (nn.Sigmoid(), nn.BCEWithLogitsLoss(), "binary_cross_entropy"),
    ],
)
def test_an_activation_before_a_loss_that_has_its_own_is_taken_twice(last: Any, loss: Any, name: str) -> None:
    """As PyTorch does, so that the audit can tell."""
    found = trained_with(spec(last), loss)
    assert (found.loss, found.output) == (Named.of(name, from_logits=True), spec(last).output)
    plain = trained_with(spec(), loss)
    assert plain.loss == Named(name)


@pytest.mark.parametrize("model", [{"layers": [1, 1]}, ModelSpec("m", 1, ()), "m.yaml"])
def test_pytorch_s_objects_belong_to_its_modules(model: Any) -> None:
    """Another model takes names."""
    with pytest.raises(InputError, match=r"loss: MSELoss is PyTorch's and .* write a name, as in a spec"):
        gradaudit.audit(model, loss=nn.MSELoss())


def test_a_function_is_its_class_with_the_defaults() -> None:
    """torch.nn.functional's losses give what their modules give; other functions are no losses."""
    functional = torch.nn.functional
    for name, kind in FUNCTIONS.items():
        last = [nn.LogSoftmax(dim=1)] if kind == "NLLLoss" else []
        model = spec(*last, outputs=1)
        assert trained_with(model, getattr(functional, name)) == trained_with(model, getattr(nn, kind)())
    assert not is_loss(functional.relu)
    assert not is_loss(print)


def test_objects_are_told_by_their_classes() -> None:
    """Losses and optimizers of a person's own are of the kind too, so that they are refused by name."""
    assert is_loss(nn.MSELoss())
    assert is_loss(type("Own", (nn.MSELoss,), {})())
    assert not is_loss(nn.Linear(1, 1))
    assert is_optimizer(optim.LBFGS(net().parameters()))
    assert not is_optimizer(net())
