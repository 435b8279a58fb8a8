"""Convolutions against PyTorch's autograd, and against central differences without it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradaudit.errors import SpecError
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.layers import Conv1dSpec, Conv2dSpec
from gradaudit.layers.windows import padded
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial
from tests.layers.differences import assert_differences_agree

DRAWS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
KERNEL = st.integers(1, 3)


@st.composite
def convolutions(draw) -> str:
    """A network whose convolution differs in everything that one may say of it, between two other layers."""
    axes = draw(st.sampled_from([1, 2]))
    side = st.lists(st.integers(4, 7), min_size=axes, max_size=axes)
    each = st.lists(KERNEL, min_size=axes, max_size=axes) | KERNEL
    sides, kernel, stride, dilation = draw(side), draw(each), draw(each), draw(each)
    padding, groups = draw(st.sampled_from(["valid", "same", 1, 2])), draw(st.sampled_from([1, 2]))
    said = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    try:
        plain = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
        {1: Conv1dSpec, 2: Conv2dSpec}[axes](4, **plain).output_shape((*sides, 4))
    except ValueError:
        assume(False)
    activation = draw(st.sampled_from(["tanh", "softplus", "identity", "relu"]))
    told = ", ".join(f"{key}: {value}" for key, value in said.items()) + draw(st.sampled_from(["", ", bias: false"]))
    middle = f"{{type: conv{axes}d, channels: {2 * draw(KERNEL)}, {told}, groups: {groups}, activation: {activation}}}"
    first = f"{{type: conv{axes}d, channels: 4, kernel_size: 3, padding: same}}"
    return f"[[{', '.join(map(str, sides))}, 2], {first}, {middle}, 3]"


@pytest.mark.torch
@DRAWS
@given(convolutions())
def test_pytorch_agrees(layers):
    """Loss, gradient and Hessian product; the output keeps its positions, so that its shape is PyTorch's too."""
    pytest.importorskip("torch", reason="compares with PyTorch")
    from tests.layers.images import assert_pytorch_agrees

    assert_pytorch_agrees(layers)


@DRAWS
@given(convolutions().filter(lambda layers: "relu" not in layers))
def test_central_differences_agree(layers):
    """Of the loss along a random direction, and of the gradient; the inputs differ from seed to seed."""
    network = build(from_text(f"layers: {layers}\nloss: mse\nactivation: tanh", "m.yaml"))
    rng = np.random.default_rng(0)
    X, T = (rng.standard_normal((2, 3, *shape)) for shape in (network.input_shape, network.rows[-1].shape))
    bp = Backprop(network, X[0], T[0], 2)
    bp.X, bp.T = X, T
    assert_differences_agree(bp, np.stack([initial(network, rng) for _ in "12"]), rng.standard_normal(bp.v.shape))


def test_the_model_speaks_of_convolutions_too():
    """Its activation, init and bias are theirs where they name none; PyTorch's biases are drawn by the fan."""
    layers = "[[6, 6, 2], {type: conv2d, channels: 40, kernel_size: 3}, {type: conv2d, channels: 3, kernel_size: 4}]"
    text = f"layers: {layers}\nloss: mse\nactivation: tanh\ninit: pytorch"
    network = build(from_text(text, "m.yaml"))
    assert [(str(row.activation), str(row.init)) for row in network.rows] == [
        ("tanh", "pytorch"),
        ("identity", "pytorch"),
    ]
    drawn = network.layout.views(initial(network, np.random.default_rng(0))[None])
    for part in ("weight", "bias"):
        assert np.abs(drawn[0, part]).max() == pytest.approx(18**-0.5, rel=0.1)
    given = build(from_text(f"{text}\nbias: {{name: constant, value: 3}}", "m.yaml"))
    assert (given.layout.views(initial(given, np.random.default_rng(0))[None])[0, "bias"] == 3).all()


def test_what_weights_make_of_a_signal_on_its_way_back():
    """`pull` is the ∂loss/∂x of a backward pass, and leaves what the pass keeps."""
    first, second = (
        "{type: conv2d, channels: 4, kernel_size: 3}",
        "{type: conv2d, channels: 3, kernel_size: 3, stride: 2}",
    )
    layers = f"[[6, 6, 2], {first}, {second}]"
    network, rng = (
        build(from_text(f"layers: {layers}\nloss: mse\nactivation: tanh", "m.yaml")),
        np.random.default_rng(0),
    )
    bp = Backprop(network, rng.standard_normal((5, 6, 6, 2)), rng.standard_normal((5, 1, 1, 3)), 2)
    bp.theta[:], bp.v[:] = initial(network, rng), 1.0
    bp.gradient()
    before = bp.hessian_product().copy()
    np.testing.assert_array_equal(bp.pull(network.rows[1], bp.delta), bp.ops[1].dx)
    bp.pull(network.rows[1], np.ones_like(bp.delta))
    np.testing.assert_array_equal(bp.hessian_product(), before)


@pytest.mark.parametrize(
    ("size", "reach", "stride", "due"),
    [
        (28, 3, 1, (1, 1)),
        (28, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (28, 5, 3, (2, 2)),
        (5, 2, 1, (0, 1)),
        (4, 1, 2, (0, 0)),
    ],
)
def test_same_pads_as_keras_does(size, reach, stride, due):
    """⌈size/stride⌉ positions come out; the odd one is padded at the end."""
    assert padded("same", (size,), (reach,), (stride,)) == ((due[0],), (due[1],))
    assert (size + sum(due) - reach) // stride + 1 == -(-size // stride)


def image(keys: str, type_: str = "conv2d", shape: str = "[8, 8, 3]") -> str:
    """A network with one layer that has these keys."""
    return f"[{shape}, {{type: {type_}, {keys}}}, global_avg_pool, 2]"


REFUSED = [
    (image("channels: 4, kernel_size: 9"), "window of 9 × 9 is larger than the map of 8 × 8 that is left here"),
    (image("repeat: 4", "max_pool2d"), "window of 2 × 2 is larger than the map of 1 × 1 that is left here"),
    (
        image("channels: 4, kernel_size: 3, groups: 2"),
        "groups: 2 must divide both: 3 channels come in and 4 go out; write a number that does, such as 1",
    ),
    (
        image("channels: 4, kernel_size: 3", "conv1d"),
        "conv1d takes steps × channels, such as [20, 8], but gets 8 × 8 × 3 values; write conv2d",
    ),
    (
        image("channels: 4, kernel_size: 3", shape="64"),
        "but gets 64 values without positions; give the input its shape in the first entry of layers",
    ),
    (
        image("channels: 4, kernel_size: 3, padding: 3"),
        "padding: 3 × 3 is too much for a window of 3 × 3; write at most 2",
    ),
    (image("channels: 4, kernel_size: [3, 3, 3]"), "kernel_size is a list of 3; write one number, or 2"),
    (image("channels: 4, kernel_size: [3, 0]"), "0 is impossible; write a whole number of at least 1"),
    (image("channels: 4, kernel_size: 3, padding: smae"), "'smae' is no padding; did you mean 'same'?"),
    (image("channels: 9000000000, kernel_size: 3"), "weights here would need 2 TB in float64"),
    (image("channels: 2, kernel_size: 2, dilation: 900000000, padding: 899999990"), "values for each of 256 rows"),
    (image("channels: 2"), "kernel_size"),
    ("[[8, 8, 3], conv2d, flatten, 2]", "write {type: conv2d, channels: …, kernel_size: …}"),
    ("[1, {type: conv1d, channels: 2, kernel_size: 2}, 2]", "but gets 1 value without positions; give"),
    ("[8, global_avg_pool, 2]", "global_avg_pool pools positions, but gets 8 values without positions"),
    (image("size: 3, padding: 2", "avg_pool2d"), "padding: 2 × 2 is too much for a window of 3 × 3; write at most 1"),
]


@pytest.mark.parametrize(("layers", "message"), REFUSED)
def test_what_does_not_fit_is_told(layers, message):
    """At its line, with what to write instead."""
    with pytest.raises(SpecError) as told:
        from_text(f"layers: {layers}", "m.yaml")
    assert message in str(told.value)
    assert str(told.value).startswith("m.yaml:1:")
