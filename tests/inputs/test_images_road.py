"""One network over images, one model: as a PyTorch module, its ONNX file, and a Keras configuration with weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError, Location
from gradaudit.inputs import read
from gradaudit.inputs.keras.configuration import model_of
from gradaudit.inputs.pytorch.module import from_module
from gradaudit.inputs.yaml_text.plain_tree import tree_at
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted
from tests.inputs.keras.writing import layer as keras_layer
from tests.inputs.onnx import writing

pytestmark = pytest.mark.torch

Part = tuple[Any, ...]
CHANNELS, SIDE = 3, 9
NETWORKS: dict[str, list[Part]] = {
    "lenet": [
        ("conv", 4, 3, 1, 1), ("relu",), ("max", 3, 2, 1), ("conv", 6, 2, 1, 0), ("relu",), ("flatten", (6, 4, 4)),
        ("dense", 8), ("relu",), ("dense", 3),
    ],
    "norms": [("conv", 4, 3, 2, 1), ("norm",), ("relu",), ("conv", 5, 1, 1, 0), ("relu",), ("mean",), ("dense", 3)],
    "projection": [
        ("conv", 4, 3, 1, 1), ("relu",),
        ("skip", [("conv", 6, 3, 2, 1), ("norm",), ("relu",), ("conv", 6, 3, 1, 1), ("norm",)], [("conv", 6, 1, 2, 0)]),
        ("relu",), ("avg", 2, 2, 0), ("flatten", (6, 2, 2)), ("dense", 3),
    ],
}  # fmt: skip
"""conv: channels, kernel, stride, padding; max and avg: size, stride, padding; flatten: what comes in, in PyTorch."""


def module_of(parts: list[Part]) -> Any:
    """As PyTorch has it, with weights that were trained a little."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    nn = torch.nn

    class Skip(nn.Module):
        def __init__(self, inner: Any, beside: Any) -> None:
            super().__init__()
            self.inner, self.beside = inner, beside

        def forward(self, x: Any) -> Any:
            return self.inner(x) + self.beside(x)

    def sequence(width: int, those: list[Part]) -> tuple[Any, int]:
        found: list[Any] = []
        for kind, *said in those:
            if kind == "skip":
                (inner, after), (beside, _) = (sequence(width, way) for way in said)
                found, width = [*found, Skip(inner, beside)], after
            elif kind == "conv":
                found, width = [*found, nn.Conv2d(width, *said)], said[0]
            elif kind == "dense":
                found, width = [*found, nn.Linear(width, said[0])], said[0]
            elif kind == "flatten":
                found, width = [*found, nn.Flatten()], int(np.prod(said[0]))
            else:
                made = {"max": nn.MaxPool2d, "avg": nn.AvgPool2d, "relu": nn.ReLU, "norm": nn.BatchNorm2d}
                found += (
                    [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
                    if kind == "mean"
                    else [made[kind](*([width] if kind == "norm" else said))]
                )
        return nn.Sequential(*found), width

    torch.manual_seed(0)
    module = sequence(CHANNELS, parts)[0]
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
        parameter.data += 0.1 * torch.randn_like(parameter)
    return module


def arrays_of(module: Any) -> Iterator[np.ndarray]:
    """Its parameters in their order."""
    return (parameter.detach().numpy() for parameter in module.parameters())


def as_onnx(parts: list[Part], arrays: Iterator[np.ndarray], folder: Path) -> ModelSpec:  # noqa: C901 - a branch a part
    """As exporters write it."""
    nodes: list[bytes] = []
    tensors: list[bytes] = []

    def stored(array: np.ndarray) -> str:
        tensors.append(writing.tensor(f"p{len(tensors)}", array.astype("<f4")))
        return f"p{len(tensors) - 1}"

    def step(op: str, before: str, *others: str, **attributes: Any) -> str:
        nodes.append(writing.node(op, [before, *others], f"t{len(nodes)}", **attributes))
        return f"t{len(nodes) - 1}"

    def window(size: int, stride: int, pad: int) -> dict[str, Any]:
        return {"kernel_shape": (size, size), "strides": (stride, stride), "pads": (pad,) * 4}

    def through(x: str, those: list[Part]) -> str:
        for kind, *said in those:
            if kind == "skip":
                x = step("Add", through(x, said[0]), through(x, said[1]))
            elif kind == "conv":
                x = step("Conv", x, stored(next(arrays)), stored(next(arrays)), **window(*said[1:]))
            elif kind == "dense":
                x = step("Gemm", x, stored(next(arrays)), stored(next(arrays)), transB=1)
            elif kind == "norm":
                scale, shift = stored(next(arrays)), stored(next(arrays))
                x = step("BatchNormalization", x, scale, shift, shift, scale)
            elif kind in ("max", "avg"):
                beside = {} if kind == "max" else {"count_include_pad": 1}
                x = step({"max": "MaxPool", "avg": "AveragePool"}[kind], x, **window(*said), **beside)
            elif kind == "mean":
                x = step("Flatten", step("GlobalAveragePool", x))
            else:
                x = step({"relu": "Relu", "flatten": "Flatten"}[kind], x)
        return x

    end = through("x", parts)
    path = folder / "m.onnx"
    path.write_bytes(writing.model(nodes, tensors, [writing.port("x", None, CHANNELS, SIDE, SIDE)], [end]))
    (spec,) = read(str(path))
    return spec


class Stored:
    """Weights by the layer's name, as Keras orders them."""

    def __init__(self, arrays: dict[str, list[np.ndarray]], name: str = "") -> None:
        self.arrays, self.name = arrays, name

    def child(self, kind: str, name: str) -> Stored:
        """The layer of this name."""
        return Stored(self.arrays, name)

    def array(self, index: int, place: object) -> np.ndarray:
        """Its array of this number."""
        return np.asarray(self.arrays[self.name][index], float)


def as_keras(parts: list[Part], arrays: Iterator[np.ndarray]) -> ModelSpec:
    """As a functional model's configuration; Keras pads with `same` or not at all, so that zeros stand before."""
    layers: list[Any] = [{"class_name": "InputLayer", "config": {"batch_shape": [None, SIDE, SIDE, CHANNELS]}}]
    kept: dict[str, list[np.ndarray]] = {}
    flat: tuple[int, ...] | None = None
    for kind, *said in parts:
        name, before = f"l{len(layers)}", flat
        if kind == "conv":
            channels, size, stride, pad = said
            config = {"filters": channels, "kernel_size": [size] * 2, "strides": [stride] * 2, "use_bias": True}
            layers.append(keras_layer("Conv2D", name=name, padding="same" if pad else "valid", **config))
            kept[name] = [np.transpose(next(arrays), (2, 3, 1, 0)), next(arrays)]
        elif kind == "dense":
            weight = next(arrays).T
            if before is not None and len(before) == 3:
                weight = weight.reshape(*before, -1).transpose(1, 2, 0, 3).reshape(len(weight), -1)
                flat = None
            layers.append(keras_layer("Dense", name=name, units=said[0]))
            kept[name] = [weight, next(arrays)]
        elif kind == "norm":
            layers.append(keras_layer("BatchNormalization", name=name, axis=3, epsilon=1e-5))
            kept[name] = [next(arrays), next(arrays)]
        elif kind == "relu":
            layers.append(keras_layer("Activation", name=name, activation="relu"))
        elif kind == "flatten":
            layers.append(keras_layer("Flatten", name=name))
            flat = said[0]
        elif kind == "mean":
            layers.append(keras_layer("GlobalAveragePooling2D", name=name))
        else:
            size, stride, pad = said
            of = {"pool_size": [size] * 2, "strides": [stride] * 2, "padding": "same" if pad else "valid"}
            layers.append(keras_layer({"max": "MaxPooling2D", "avg": "AveragePooling2D"}[kind], name=name, **of))
    root = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    return model_of(tree_at(root, Location("m.json")), "m", Stored(kept))


def facts(spec: ModelSpec) -> list[tuple[object, ...]]:
    """What the rows are, but for names, and for how weights that are given would be drawn."""
    rows = flatten(expand(replace(spec, output=spec.output or Named("identity"))))
    return [(row.kind, row.input_shape, row.shape, str(row.activation), row.normed) for row in rows]


def outputs(spec: ModelSpec, X: np.ndarray) -> np.ndarray:
    """Of the network with its own weights."""
    network = build(replace(spec, loss=Named("mse"), output=Named("identity")))
    assert spec.weights is not None
    bp = Backprop(network, X, np.zeros((len(X), *network.rows[-1].shape)), 1)
    bp.theta[:] = fitted(network, spec.weights)
    return bp.output()[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_roads_meet(name, tmp_path):
    """One list of rows, and PyTorch's own outputs from each; Keras has no padding by a number, nor this shortcut."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    parts = NETWORKS[name]
    module = module_of(parts)
    specs = [from_module(module, X=torch.zeros(8, CHANNELS, SIDE, SIDE)), as_onnx(parts, arrays_of(module), tmp_path)]
    if name == "norms":
        specs.append(as_keras(parts, arrays_of(module)))
    X = np.random.default_rng(0).standard_normal((7, SIDE, SIDE, CHANNELS))
    with torch.no_grad():
        due = module.train()(torch.tensor(np.moveaxis(X, -1, 1), dtype=torch.float32)).numpy()
    for spec in specs:
        assert spec.input_shape == (SIDE, SIDE, CHANNELS)
        assert facts(spec) == facts(specs[0])
        np.testing.assert_allclose(outputs(spec, X), due, rtol=1e-4, atol=1e-5)


def test_keras_flattens_channels_last():
    """Its dense weights stand in our order already."""
    parts = [("conv", 4, 3, 1, 1), ("relu",), ("flatten", (4, SIDE, SIDE)), ("dense", 3)]
    module = module_of(parts)
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    X = np.random.default_rng(0).standard_normal((7, SIDE, SIDE, CHANNELS))
    with torch.no_grad():
        due = module(torch.tensor(np.moveaxis(X, -1, 1), dtype=torch.float32)).numpy()
    np.testing.assert_allclose(outputs(as_keras(parts, arrays_of(module)), X), due, rtol=1e-4, atol=1e-5)


def test_keras_depthwise_and_separable_convolutions():
    """One group a channel; a separable one is two layers. Channels in front are put last."""
    first = {"batch_shape": [None, 3, 12, 10]}
    one = {"kernel_size": [3, 3], "data_format": "channels_first", "padding": "same"}
    root = {
        "class_name": "Sequential",
        "config": {
            "layers": [
                {"class_name": "InputLayer", "config": first},
                keras_layer("DepthwiseConv2D", depth_multiplier=2, activation="relu", **one),
                keras_layer("SeparableConv2D", filters=5, depth_multiplier=1, **one),
                keras_layer("BatchNormalization", axis=1),
                keras_layer("GlobalMaxPooling2D", data_format="channels_first"),
                keras_layer("Dense", units=3),
            ]
        },
    }
    spec = model_of(tree_at(root, Location("m.json")), "m")
    rows = [(row.kind, row.shape, getattr(row.layer, "groups", None)) for row in flatten(expand(spec))]
    assert spec.input_shape == (12, 10, 3)
    assert rows == [
        ("conv2d", (12, 10, 6), 3),
        ("conv2d", (12, 10, 6), 6),
        ("conv2d", (12, 10, 5), 1),
        ("batch_norm", (12, 10, 5), None),
        ("global_max_pool", (5,), None),
        ("dense", (3,), None),
    ]
    root["config"]["layers"][3]["config"]["axis"] = 2
    with pytest.raises(InputError, match="a normalisation over the axis 2 is not audited; that of the channels is"):
        model_of(tree_at(root, Location("m.json")), "m")
