"""Positions: a layer that does not mix them sees each step of a sequence as a sample of its own."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.errors import SpecError
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

LAYERS = (
    "{units: 6, norm: batch_norm, activation: tanh}, "
    "{type: residual, layers: [layer_norm, {units: 6, activation: sigmoid}], activation: softplus}"
)
TEXT = "layers: [{first}, {layers}, 3]\nloss: {loss}\nl2: 0.1\ndata: {{name: gaussian, samples: 9}}\n"


def spec(first: str, loss: str = "mse"):
    """A model with layers of every kind, on inputs of this shape."""
    return from_text(TEXT.format(first=first, layers=LAYERS, loss=loss), "m.yaml")


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", "{name: mse, reduction: sum}"])
def test_a_sequence_is_its_steps_one_after_another(loss):
    """Loss, gradient and Hessian product on N × steps are those of N·steps samples: losses average over steps too."""
    complete, data = prepare(spec("[7, 4]", loss), 0)
    assert (data.X.shape, data.T.shape) == ((9, 7, 4), (9, 7, 3))
    network = build(complete)
    assert [row.shape for row in network.rows][-1] == (7, 3)
    rng = np.random.default_rng(1)
    theta = initial(network, rng) + 0.1 * rng.standard_normal(network.layout.size)
    direction, found = rng.standard_normal(network.layout.size), []
    flat = build(prepare(spec("4", loss), 0)[0])
    for net, X, T in ((network, data.X, data.T), (flat, data.X.reshape(63, 4), data.T.reshape(63, 3))):
        bp = Backprop(net, X, T, 1)
        bp.theta[0], bp.v[0] = theta, direction
        loss_there = bp.gradient()
        found.append((loss_there, bp.g.copy(), bp.hessian_product().copy()))
        assert bp.samples == len(X)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("loss", "y", "T"),
    [
        ("cross_entropy", lambda rng: rng.integers(0, 3, (5, 7)), lambda y: np.eye(3)[y]),
        ("mse", lambda rng: rng.standard_normal((5, 7, 3)), lambda y: y),
    ],
)
def test_targets_stand_at_each_step(tmp_path, loss, y, T):
    """Classes N × steps, or numbers N × steps × outputs, from an npz file."""
    rng = np.random.default_rng(0)
    X, targets = rng.standard_normal((5, 7, 4)), y(rng)
    np.savez(tmp_path / "d.npz", X=X, y=targets)
    text = f"layers: [[7, 4], 8, 3]\nloss: {loss}\ndata: {{name: npz, path: {tmp_path / 'd.npz'}, standardize: true}}"
    _, data = prepare(from_text(text, "m.yaml"), 0)
    np.testing.assert_array_equal(data.T, T(targets))
    np.testing.assert_allclose(data.X.mean(axis=(0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(data.X.std(axis=(0, 1)), 1)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ((5, 6, 4), (5, 7, 3), r"an input is 7 × 4, but the data have inputs of 6 × 4; write \[6, 4\] there"),
        ((5, 7, 4), (5, 3), "outputs at 7 positions a sample, but the targets have one; put {type: flatten} .or a"),
        ((5, 7, 4), (5, 6, 3), "outputs at 7 positions a sample, but the targets have 6"),
    ],
)
def test_shapes_that_do_not_fit_are_told(X, y, message):
    """At the line of the shape."""
    with pytest.raises(SpecError, match=message):
        prepare(spec("[7, 4]"), 0, np.ones(X) + np.arange(X[-1]), 0.5 * np.ones(y))
