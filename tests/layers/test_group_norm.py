"""Group normalisation against PyTorch's autograd; readers' forms of it and of instance normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradaudit.errors import SpecError
from gradaudit.inputs import read
from gradaudit.inputs.yaml_spec.file import from_text
from tests.inputs.computing import outputs
from tests.inputs.onnx.writing import model, node, port, tensor

DRAWS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
RNG = np.random.default_rng(0)


@st.composite
def networks(draw) -> str:
    """A norm of its own or a convolution's, with any number of groups, over one axis or two."""
    axes, groups = draw(st.integers(1, 2)), draw(st.sampled_from([1, 2, 3, 6]))
    sides = ", ".join(str(draw(st.integers(2, 5))) for _ in range(axes))
    eps = draw(st.sampled_from([1e-5, 0.1]))
    conv = f"type: conv{axes}d, channels: 6, kernel_size: 2"
    own = f"{{{conv}}}, {{type: group_norm, groups: {groups}, eps: {eps}}}"
    inside = f"{{{conv}, norm: {{name: group_norm, groups: {groups}, eps: {eps}}}}}"
    return f"[[{sides}, 2], {draw(st.sampled_from([own, inside]))}, 3]"


@pytest.mark.torch
@DRAWS
@given(networks())
def test_pytorch_agrees(layers):
    """Loss, gradient and Hessian product."""
    pytest.importorskip("torch", reason="compares with PyTorch")
    from tests.layers.images import assert_pytorch_agrees

    assert_pytorch_agrees(layers)


@pytest.mark.parametrize(
    "layer",
    [
        "{type: group_norm, groups: 4}",
        "{type: conv1d, channels: 6, kernel_size: 1, norm: {name: group_norm, groups: 4}}",
    ],
)
def test_groups_that_do_not_divide_are_told(layer):
    """At the layer's line, wherever the norm is said."""
    with pytest.raises(SpecError, match="groups: 4 must divide the 6 channels that come in; write a number that does"):
        from_text(f"layers: [[5, 6], {layer}, flatten, 2]", "m.yaml")


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["GroupNorm", "InstanceNorm2d"])
def test_a_module_is_read(kind: str) -> None:
    """An instance normalisation has a group a channel."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    from gradaudit.inputs.pytorch.module import from_module

    nn = torch.nn
    torch.manual_seed(0)
    norm = nn.GroupNorm(2, 6, eps=0.1) if kind == "GroupNorm" else nn.InstanceNorm2d(6, affine=True)
    net = nn.Sequential(nn.Conv2d(3, 6, 3), norm, nn.Tanh(), nn.Flatten(), nn.Linear(96, 2)).double()
    for parameter in net.parameters():
        parameter.data += 0.2 * (torch.randn_like(parameter) ** 2 - 1)
    X = torch.randn(5, 3, 6, 6).double()
    spec = from_module(net, X=X.numpy(), name="net")

    assert spec.layers[0].norm.get("groups") == (2 if kind == "GroupNorm" else 6)
    np.testing.assert_allclose(outputs(spec, np.moveaxis(X.numpy(), 1, -1)), net(X).detach().numpy(), rtol=1e-9)


@pytest.mark.onnx
@pytest.mark.parametrize("op", ["GroupNormalization", "InstanceNormalization"])
def test_a_node_is_read(op: str, tmp_path: Any) -> None:
    """With a scale a channel."""
    runtime = pytest.importorskip("onnxruntime", reason="compares with onnxruntime")
    shapes = {"W": (6, 3, 3, 3), "s": (6,), "t": (6,), "H": (6, 2)}
    stored = [tensor(name, RNG.normal(size=shape).astype("f4")) for name, shape in shapes.items()]
    own = {"num_groups": 3} if op.startswith("Group") else {}
    nodes = [node("Conv", ["x", "W"], "c"), node(op, ["c", "s", "t"], "n", **own), node("Tanh", ["n"], "a")]
    nodes += [node("GlobalAveragePool", ["a"], "g"), node("Flatten", ["g"], "f"), node("MatMul", ["f", "H"], "y")]
    data = model(nodes, stored, [port("x", None, 3, 7, 8)]) + b"\x42\x02\x10\x15"
    (tmp_path / "m.onnx").write_bytes(data)
    (spec,) = read(str(tmp_path / "m.onnx"))
    X = RNG.normal(size=(5, 7, 8, 3))
    (due,) = runtime.InferenceSession(data).run(None, {"x": np.moveaxis(X, -1, 1).astype("f4")})

    np.testing.assert_allclose(outputs(spec, X), due, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_a_keras_layer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its number of groups and its ε."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("torch")
    keras = pytest.importorskip("keras")
    from gradaudit.inputs.keras.live import from_live

    L = keras.layers
    net = keras.Sequential([keras.Input((6, 6, 3)), L.Conv2D(6, 3), L.GroupNormalization(2), L.Flatten(), L.Dense(2)])
    for weight in net.weights:
        weight.assign(keras.ops.convert_to_numpy(weight) + 0.3 * RNG.standard_normal(weight.shape))
    X = RNG.standard_normal((5, 6, 6, 3)).astype("f4")

    np.testing.assert_allclose(outputs(from_live(net, "m"), X), keras.ops.convert_to_numpy(net(X)), atol=1e-5)
