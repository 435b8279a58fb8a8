"""Recurrent layers: gradient and Hessian product of every cell, direction, stack and form of output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.layers import DenseSpec, GruSpec, LstmSpec, RnnSpec
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

CELLS = {
    "rnn": RnnSpec,
    "rnn relu": lambda **k: RnnSpec(activation=Named("relu"), **k),
    "lstm": LstmSpec,
    "lstm softsign": lambda **k: LstmSpec(activation=Named("softsign"), **k),
    "gru": GruSpec,
    "gru before": lambda **k: GruSpec(reset_after=False, **k),
}
layers = st.builds(
    lambda cell, bias, **k: CELLS[cell](bias=None if bias else False, **k),
    cell=st.sampled_from(sorted(CELLS)),
    bias=st.booleans(),
    units=st.integers(1, 4),
    bidirectional=st.booleans(),
)
stacks = st.tuples(st.lists(layers, min_size=1, max_size=3), st.booleans())
STEPS, FEATURES, SAMPLES, OUTPUTS = 5, 3, 4, 2


def model_of(stack):
    """The stack, with sequences between its layers, and a dense layer behind it."""
    found, last = stack
    inner = [replace(layer, return_sequences=True) for layer in found[:-1]]
    whole = (*inner, replace(found[-1], return_sequences=last), DenseSpec(OUTPUTS))
    return ModelSpec("m", FEATURES, whole, loss=Named("mse"), output=Named("identity"), l2=0.1, positions=(STEPS,))


def pass_of(spec, seeds=2, steps=STEPS):
    """A gradient pass and a Hessian product at random parameters."""
    network, rng = build(spec), np.random.default_rng(1)
    X = rng.standard_normal((SAMPLES, steps, FEATURES))
    T = rng.standard_normal((SAMPLES, *network.rows[-1].shape))
    bp = Backprop(network, X, T, seeds)
    for k in range(seeds):
        bp.theta[k] = initial(network, rng) + 0.4 * rng.standard_normal(network.layout.size)
    bp.v[:] = rng.standard_normal(bp.v.shape)
    loss = bp.gradient() + bp.penalty()
    return bp, loss, bp.g.copy(), bp.hessian_product().copy()


def step_of(spec, x, h, c, W, U, b, d):
    """One step written from the cell's definition; (h, c) after it."""
    torch = pytest.importorskip("torch")
    phi = getattr(torch.nn.functional, spec.activation.name if spec.activation else "tanh")
    n = spec.units
    a = x @ W + b
    if spec.type == "rnn":
        return phi(a + h @ U), c
    if spec.type == "lstm":
        i, f, g, o = (a + h @ U).split(n, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * phi(g)
        return torch.sigmoid(o) * phi(c), c
    r, z = torch.sigmoid(a[:, : 2 * n] + h @ U[:, : 2 * n]).split(n, dim=-1)
    inside = r * (h @ U[:, 2 * n :] + d) if spec.reset_after else (r * h) @ U[:, 2 * n :]
    return (1 - z) * phi(a[:, 2 * n :] + inside) + z * h, c


def run(spec, x, parameters):
    """x: samples × steps × features; parameters by name."""
    torch, halves = pytest.importorskip("torch"), []
    for prefix in spec.directions:
        W, U = parameters[f"{prefix}weight"], parameters[f"{prefix}recurrent"]
        b = parameters.get(f"{prefix}bias", torch.zeros(W.shape[1], dtype=W.dtype))
        d = parameters.get(f"{prefix}recurrent_bias", torch.zeros(spec.units, dtype=W.dtype))
        h = c = torch.zeros(len(x), spec.units, dtype=W.dtype)
        steps = range(x.shape[1])[:: -1 if prefix else 1]
        states = {}
        for t in steps:
            h, c = step_of(spec, x[:, t], h, c, W, U, b, d)
            states[t] = h
        halves.append(torch.stack([states[t] for t in range(x.shape[1])], 1) if spec.return_sequences else h)
    return torch.cat(halves, dim=-1)


def torch_pass(bp, seed):
    """Loss, gradient and Hessian product from PyTorch's autograd."""
    torch = pytest.importorskip("torch")
    theta = torch.tensor(bp.theta[seed], requires_grad=True)

    def loss_of(flat):
        x, penalty = torch.tensor(bp.X), 0.0
        for row in bp.network.rows:
            slots = [slot for slot in bp.network.layout.slots if slot.row == row.index]
            parameters = {s.parameter.name: flat[s.start : s.stop].reshape(s.shape) for s in slots}
            penalty += sum((parameters[s.parameter.name] ** 2).sum() for s in slots if s.parameter.role == "weight")
            dense = row.kind == "dense"
            x = x @ parameters["weight"] + parameters["bias"] if dense else run(row.layer, x, parameters)
        return ((x - torch.tensor(bp.T)) ** 2).mean() + 0.05 * penalty

    loss = loss_of(theta)
    (g,) = torch.autograd.grad(loss, theta, create_graph=True)
    (Hv,) = torch.autograd.grad(g @ torch.tensor(bp.v[seed]), theta)
    return loss.item(), g.detach().numpy(), Hv.numpy()


@pytest.mark.torch
@settings(max_examples=15, deadline=None)
@given(stacks)
def test_agrees_with_pytorch(stack):
    """To 1e-9 in the gradient and 1e-7 in the Hessian product, relative to the largest entry."""
    bp, losses, g, Hv = pass_of(model_of(stack))
    for seed in range(2):
        loss, due_g, due_Hv = torch_pass(bp, seed)
        np.testing.assert_allclose(losses[seed], loss, rtol=1e-12)
        np.testing.assert_allclose(g[seed], due_g, rtol=0, atol=1e-9 * np.abs(due_g).max())
        np.testing.assert_allclose(Hv[seed], due_Hv, rtol=0, atol=1e-7 * np.abs(due_Hv).max())


@settings(max_examples=10, deadline=None)
@given(stacks)
def test_agrees_with_differences(stack):
    """Central differences of the loss and of the gradient, along a direction."""
    bp, _, g, Hv = pass_of(model_of(stack), seeds=1)
    theta, step, found = bp.theta.copy(), 1e-5, []
    for sign in (1, -1):
        bp.theta[:] = theta + sign * step * bp.v
        found.append((bp.gradient() + bp.penalty(), bp.g.copy()))
    kinks = 30 if any("relu" in str(layer) for layer in stack[0]) else 1  # a step may pass one
    slope = (found[0][0] - found[1][0]) / (2 * step)
    np.testing.assert_allclose((g * bp.v).sum(), slope, rtol=1e-5 * kinks, atol=1e-7)
    curvature = (found[0][1] - found[1][1]) / (2 * step)
    np.testing.assert_allclose(Hv, curvature, rtol=0, atol=1e-5 * kinks * np.abs(Hv).max())


def as_torch(spec, parameters):
    """PyTorch's own module with these parameters: its gates stand in our order, its matrices are transposed."""
    torch = pytest.importorskip("torch")
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[spec.type]
    module = kind(FEATURES, spec.units, batch_first=True, bidirectional=spec.bidirectional).double()
    for prefix, suffix in zip(spec.directions, ("", "_reverse"), strict=False):
        inside = np.zeros(spec.units * spec.gates)
        if spec.type == "gru":
            inside[-spec.units :] = parameters[f"{prefix}recurrent_bias"]
        theirs = {"weight_ih": parameters[f"{prefix}weight"].T, "weight_hh": parameters[f"{prefix}recurrent"].T}
        theirs |= {"bias_ih": parameters[f"{prefix}bias"], "bias_hh": inside}
        for name, value in theirs.items():
            getattr(module, f"{name}_l0{suffix}").data = torch.tensor(np.ascontiguousarray(value))
    return module


@pytest.mark.torch
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_is_the_layer_of_pytorch(cell):
    """Gate order, biases and directions are those of torch.nn."""
    torch = pytest.importorskip("torch")
    spec = CELLS[cell](units=3, bidirectional=True, return_sequences=True)
    bp, *_ = pass_of(model_of(([spec], True)), seeds=1)
    row = bp.network.rows[0]
    module = as_torch(spec, {p.name: bp.views.theta[0, p.name][0] for p in row.parameters})
    due, last = module(torch.tensor(bp.X))
    np.testing.assert_allclose(bp.ops[0].y.reshape(due.shape), due.detach().numpy(), atol=1e-14)
    ends = (last[0] if cell == "lstm" else last).detach().numpy()
    only_last = replace(spec, return_sequences=False)
    found, *_ = pass_of(model_of(([only_last], False)), seeds=1)
    found.theta[:, : row.parameters[0].shape[0]] = 0  # other weights than above: set them all
    found.theta[0, : bp.network.layout.slots[-3].stop] = bp.theta[0, : bp.network.layout.slots[-3].stop]
    found.output()
    np.testing.assert_allclose(found.ops[0].y[0], np.concatenate(ends, axis=-1), atol=1e-14)


@pytest.mark.parametrize("steps", [1, 2])
def test_one_step_is_enough(steps):
    """A sequence of one step has no past; its recurrent weights get no gradient."""
    spec = replace(model_of(([CELLS["lstm"](units=3), CELLS["gru"](units=2)], False)), positions=(steps,))
    bp, _, g, Hv = pass_of(spec, steps=steps)
    assert np.isfinite(g).all()
    assert np.isfinite(Hv).all()
    recurrent = bp.network.layout.views(g - 0.1 * bp.theta)[1, "recurrent"]
    assert (np.abs(recurrent).max() < 1e-15) == (steps == 1)


def test_reads_sequences_alone():
    """The message says what to write."""
    spec = LstmSpec(units=3)
    with pytest.raises(ValueError, match="its input is 8 features without steps"):
        spec.output_shape((8,))
    with pytest.raises(ValueError, match="its input is 8 × 8 × 1"):
        spec.output_shape((8, 8, 1))
    assert spec.output_shape((5, 8)) == (3,)
    assert replace(spec, bidirectional=True, return_sequences=True).output_shape((5, 8)) == (5, 6)


def test_taps_are_the_gates():
    """z, h, f′ and both errors of each gate, the backward half's under names of their own."""
    spec = model_of(([LstmSpec(units=3, bidirectional=True, activation=Named("softsign"))], False))
    bp, *_ = pass_of(spec)
    taps = {tap.name: tap for tap in bp.ops[0].taps()}
    names = ["input_gate", "forget_gate", "cell", "output_gate"]
    assert list(taps) == names + [f"reverse_{name}" for name in names]
    for name, tap in taps.items():
        f = (lambda z: z / (1 + np.abs(z))) if name.endswith("cell") else (lambda z: 1 / (1 + np.exp(-z)))
        np.testing.assert_allclose(tap.h, f(tap.z), atol=1e-15)
        np.testing.assert_allclose(tap.delta, tap.dh * tap.df, atol=1e-15)
    sums = np.concatenate([taps[name].delta.sum(axis=1) for name in names], axis=-1)
    np.testing.assert_allclose(bp.views.g[0, "bias"], sums, atol=1e-14)
