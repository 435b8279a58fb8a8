"""Optimizers step by step against torch.optim, in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.nn.network import build, initial
from gradaudit.nn.training import TrainingPlan, train

pytestmark = pytest.mark.torch

STEPS = 50
THEIRS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "adagrad": "Adagrad"}


@pytest.fixture(scope="module")
def torch():
    """PyTorch, or a skip."""
    return pytest.importorskip("torch", reason="compares with PyTorch")


def theirs(torch, optimizer, parameters):
    """torch.optim's own, told the same numbers."""
    given = {key: value for key, value in optimizer.parameters if key != "clip_norm"}
    given["lr"] = given.pop("learning_rate")
    if "beta_1" in given:
        given["betas"] = (given.pop("beta_1"), given.pop("beta_2"))
    return getattr(torch.optim, THEIRS[optimizer.name])(parameters, **given)


def clip(torch, optimizer, parameters):
    """Their clipping, where the optimizer has a bound."""
    bound = optimizer.get("clip_norm")
    if bound is not None:
        torch.nn.utils.clip_grad_norm_(parameters, bound)


rates, decays = st.floats(1e-4, 1.0), st.sampled_from([0.0, 0.0, 1e-3, 0.3])
eps = st.sampled_from([1e-12, 1e-8, 1e-3, 0.1])
COMMON = {"learning_rate": rates, "weight_decay": decays}
MOMENTS = {**COMMON, "beta_1": st.floats(0.0, 0.99), "beta_2": st.floats(0.5, 0.9999), "eps": eps}
DRAWN = {
    "sgd": {**COMMON, "momentum": st.floats(0.01, 0.99), "nesterov": st.booleans()},
    "adam": MOMENTS,
    "adamw": MOMENTS,
    "rmsprop": {**COMMON, "alpha": st.floats(0.5, 0.999), "eps": eps, "momentum": st.sampled_from([0.0, 0.5, 0.95])},
    "adagrad": {
        **COMMON,
        "lr_decay": st.sampled_from([0.0, 0.01, 0.5]),
        "eps": eps,
        "initial_accumulator_value": st.sampled_from([0.0, 1e-9, 0.1]),
    },
}


def gradient_sequence(seed):
    """Six entries, their sizes from 1e-12 (below every ε) to 1e3 and jumping from step to step, and one that is 0."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** (rng.uniform(-12, 3, 6) + rng.uniform(-3, 0, (STEPS, 6)))
    return np.concatenate([rng.standard_normal((STEPS, 6)) * sizes, np.zeros((STEPS, 1))], axis=1)


def test_every_optimizer_has_its_parameters_drawn():
    """A new row of the table, or a new parameter, needs a line above."""
    for name, row in OPTIMIZERS.items():
        assert {*DRAWN[name], "clip_norm"} == set(row.parameters)


@pytest.mark.parametrize("name", THEIRS)
@settings(deadline=None, max_examples=15)
@given(st.data())
def test_fifty_steps_are_pytorchs_whatever_the_parameters(torch, name, data):
    """Each of fifty steps to 1e-10 of the parameter, on gradients large, tiny and zero, clipped or not."""
    drawn = data.draw(st.fixed_dictionaries(DRAWN[name]))
    bound = data.draw(st.sampled_from([None, 1e-6, 0.7, 1e6]))
    optimizer = Named.of(name, **drawn, **({} if bound is None else {"clip_norm": bound}))
    start = np.linspace(-1, 1, 7)[None]
    parameter = torch.tensor(start, requires_grad=True)
    stepper = theirs(torch, optimizer, [parameter])
    row, state, theta, largest = OPTIMIZERS[name], {}, start.copy(), np.abs(start)
    for t, g in enumerate(gradient_sequence(data.draw(st.integers(0, 10_000))), 1):
        parameter.grad = torch.tensor(g[None])
        clip(torch, optimizer, [parameter])
        stepper.step()
        row.step(theta, g[None].copy(), state, t, **row.arguments(optimizer))
        largest = np.maximum(largest, np.abs(theta))
        assert np.all(np.abs(theta - parameter.detach().numpy()) <= 1e-10 * largest)
        if drawn["weight_decay"]:  # or rounding errors would come back through a quotient as steep as 1/ε
            theta[:] = parameter.detach().numpy()


NETWORKS = [
    Named.of("sgd", learning_rate=0.5),
    Named.of("sgd", learning_rate=0.1, momentum=0.9, weight_decay=0.01),
    Named.of("sgd", learning_rate=0.1, momentum=0.9, nesterov=True),
    Named.of("adam", learning_rate=0.01),
    Named.of("adam", learning_rate=0.01, beta_1=0.8, beta_2=0.9, eps=1e-3, weight_decay=0.1),
    Named.of("adamw", learning_rate=0.01, weight_decay=0.3),
    Named.of("rmsprop", learning_rate=0.01),
    Named.of("rmsprop", learning_rate=0.01, alpha=0.9, eps=0.1, momentum=0.9, weight_decay=0.1),
    Named.of("adagrad", learning_rate=0.05),
    Named.of("adagrad", learning_rate=0.05, lr_decay=0.1, initial_accumulator_value=0.5, weight_decay=0.1),
]


@pytest.mark.parametrize("clip_norm", [None, 0.05])
@pytest.mark.parametrize("optimizer", NETWORKS, ids=str)
def test_fifty_steps_of_training_are_pytorchs(torch, optimizer, clip_norm):
    """A network of 4-6-3 trained by both, defaults filled in by each: the same weights and losses to 1e-10."""
    if clip_norm is not None:
        optimizer = Named.of(optimizer.name, **dict(optimizer.parameters), clip_norm=clip_norm)
    layers, ends = (DenseSpec(6), DenseSpec(3)), {"output": Named("softmax"), "loss": Named("cross_entropy")}
    network = build(ModelSpec("m", 4, layers, activation=Named("tanh"), bias=Named.of("normal", std=0.3), **ends))
    rng = np.random.default_rng(0)
    X, T, start = rng.standard_normal((12, 4)), np.eye(3)[rng.integers(0, 3, 12)], initial(network, rng)[None]
    plan = TrainingPlan(optimizer, np.array([[optimizer.get("learning_rate")]]), 12, STEPS, STEPS + 1, (0,))
    ours = train(network, start, X, T, (X, T), plan)

    W1, b1, W2, b2 = (torch.tensor(part[0], requires_grad=True) for part in network.layout.views(start).values())
    stepper, losses = theirs(torch, optimizer, [W1, b1, W2, b2]), []
    for _ in range(STEPS + 1):
        logits = torch.tanh(torch.tensor(X) @ W1 + b1) @ W2 + b2
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(T))
        losses.append(loss.item())
        stepper.zero_grad()
        loss.backward()
        clip(torch, optimizer, [W1, b1, W2, b2])
        if len(losses) <= STEPS:
            stepper.step()
    end = np.concatenate([part.detach().numpy().ravel() for part in (W1, b1, W2, b2)])
    np.testing.assert_allclose(ours.losses[:, 0], losses, rtol=1e-10)
    np.testing.assert_allclose(ours.theta[0], end, rtol=1e-10, atol=1e-10 * np.abs(end).max())
