"""Zeros around a map become the padding of the convolution behind them, in every framework's words."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from gradaudit.errors import InputError, Location
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.pads import ZEROS, around
from gradaudit.inputs.described.to_spec import spec_of
from tests.inputs.computing import outputs
from tests.inputs.onnx.writing import model, node, port, tensor

os.environ.setdefault("KERAS_BACKEND", "torch")
SIDES = (7, 8)
RNG = np.random.default_rng(0)


def padding(*layers: DescribedLayer) -> Any:
    """Of the only convolution or pooling that is left."""
    head = DescribedLayer("dense", Place("head"), {"units": 1})
    pooled = DescribedLayer("global_avg_pool", Place("pool"))
    file = Place("", Location("m.x"))
    spec = spec_of(DescribedModel("m", file, (*layers, pooled, head), (*SIDES, 3), "x"))
    return spec.layers[0].padding


def zeros(before: list[int], after: list[int]) -> DescribedLayer:
    """A layer of zeros."""
    return DescribedLayer(ZEROS, Place("zeros"), around(before, after))


def conv(**keys: Any) -> DescribedLayer:
    """A convolution of 3 × 3."""
    return DescribedLayer("conv2d", Place("conv"), {"channels": 2, "kernel_size": 3, **keys})


@pytest.mark.parametrize(
    ("layers", "due"),
    [
        ([zeros([1, 1], [1, 1]), conv()], 1),
        ([zeros([1, 0], [1, 0]), conv()], (1, 0)),
        ([zeros([1, 1], [1, 1]), conv(padding=1)], 2),
        ([zeros([0, 0], [1, 1]), conv(padding=[1, 1], kernel_size=4)], "same"),
        ([conv(**around([1, 0], [1, 1]), stride=2)], "same"),
        ([conv(**around([2, 1], [2, 1]))], (2, 1)),
        ([zeros([0, 0], [0, 0]), conv(padding="same")], 1),
        ([DescribedLayer("max_pool2d", Place("p"), {"size": 3, "stride": 2, **around([1, 0], [1, 1])})], "same"),
    ],
)
def test_the_padding_that_it_comes_to(layers: list[DescribedLayer], due: object) -> None:
    """A number, one an axis, or `same` where it pads as Keras does on a map of this size."""
    found = padding(*layers)
    assert (found if isinstance(found, str | int) else tuple(found)) == due


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([zeros([0, 0], [1, 1]), conv()], "zeros: its zeros, 0 × 0 in front and 1 × 1 behind, are no padding"),
        ([conv(**around([0, 0], [2, 2]))], "conv: its zeros, 0 × 0 in front and 2 × 2 behind, are no padding"),
        ([zeros([1, 1], [1, 1])], "zeros: zeros around a map are audited right in front of a convolution"),
        ([zeros([1, 1], [1, 1]), zeros([1, 1], [1, 1]), conv()], "zeros: zeros around a map are audited right in"),
        (
            [zeros([1, 1], [1, 1]), DescribedLayer("max_pool2d", Place("p"), {"size": 2})],
            "zeros: zeros around a map are audited right in front of a convolution",
        ),
    ],
)
def test_what_no_convolution_can_take_is_named(layers: list[DescribedLayer], message: str) -> None:
    """The layer that puts the zeros, and why."""
    with pytest.raises(InputError, match=message):
        padding(*layers)


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["pad", "one by one"])
def test_pytorch_agrees(kind: str) -> None:
    """ZeroPad2d in front of a convolution; a kernel of 1 × 1 with a padding, whose border sees zeros alone."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    from gradaudit.inputs.pytorch.module import from_module

    nn = torch.nn
    torch.manual_seed(0)
    first = [nn.ZeroPad2d((1, 1, 2, 2)), nn.Conv2d(3, 4, 3)] if kind == "pad" else [nn.Conv2d(3, 4, 1, padding=1)]
    net = nn.Sequential(*first, nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(2)).double()
    X = torch.randn(5, 3, *SIDES).double()
    net(X)
    for parameter in net.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    spec = from_module(net, X=X.numpy(), name="net")

    np.testing.assert_allclose(outputs(spec, np.moveaxis(X.numpy(), 1, -1)), net(X).detach().numpy(), rtol=1e-9)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["zeros", "reshape", "same size"])
def test_keras_agrees(kind: str) -> None:
    """ZeroPadding2D as Keras's own networks have it before a stride, and a Reshape in front."""
    pytest.importorskip("torch")
    keras = pytest.importorskip("keras")
    from gradaudit.inputs.keras.live import from_live

    L = keras.layers
    front = {
        "zeros": [keras.Input((8, 8, 3)), L.ZeroPadding2D(((0, 1), (0, 1)))],
        "reshape": [keras.Input((192,)), L.Reshape((8, -1, 3))],
        "same size": [keras.Input((8, 8, 3)), L.ZeroPadding2D(2)],
    }[kind]
    net = keras.Sequential([*front, L.Conv2D(4, 3, strides=2, activation="tanh"), L.Reshape((-1,)), L.Dense(2)])
    for weight in net.weights:
        weight.assign(keras.ops.convert_to_numpy(weight) + 0.3 * RNG.standard_normal(weight.shape))
    X = RNG.standard_normal((5, 8, 8, 3)).astype("f4")
    due = keras.ops.convert_to_numpy(net(X.reshape(5, -1) if kind == "reshape" else X))

    np.testing.assert_allclose(outputs(from_live(net, "m"), X), due, atol=1e-5)


@pytest.mark.onnx
@pytest.mark.parametrize("pads", [(1, 0, 1, 1), (1, 1, 1, 1), (0, 0, 0, 0)])
@pytest.mark.parametrize("apart", [True, False])
def test_onnxruntime_agrees(load_onnx: Any, pads: tuple[int, ...], apart: bool) -> None:
    """A Pad in front of a Conv, and pads that differ in front and behind, where `same` is what they are."""
    runtime = pytest.importorskip("onnxruntime", reason="compares with onnxruntime")
    W, head = RNG.normal(size=(4, 3, 3, 3)).astype("f4"), RNG.normal(size=(4, 2)).astype("f4")
    stored = [tensor("W", W), tensor("H", head)]
    if apart:
        whole = np.array([0, 0, *pads[:2], 0, 0, *pads[2:]], "<i8")
        stored.append(tensor("P", whole, 7))
        first = [node("Pad", ["x", "P"], "p"), node("Conv", ["p", "W"], "c", strides=(2, 2))]
    else:
        first = [node("Conv", ["x", "W"], "c", strides=(2, 2), pads=pads)]
    tail = [node("GlobalAveragePool", ["c"], "g"), node("Flatten", ["g"], "f"), node("MatMul", ["f", "H"], "y")]
    data = model([*first, *tail], stored, [port("x", None, 3, *SIDES)]) + b"\x42\x02\x10\x11"
    X = RNG.normal(size=(5, *SIDES, 3))
    (due,) = runtime.InferenceSession(data).run(None, {"x": np.moveaxis(X, -1, 1).astype("f4")})

    np.testing.assert_allclose(outputs(load_onnx(data), X), due, atol=1e-5)


@pytest.fixture
def load_onnx(tmp_path: Any) -> Any:
    """The one model of a file with these bytes."""
    from gradaudit.inputs import read

    def from_bytes(data: bytes) -> Any:
        (tmp_path / "m.onnx").write_bytes(data)
        (spec,) = read(str(tmp_path / "m.onnx"))
        return spec

    return from_bytes
