"""Eight convolutional and six recurrent networks, each in PyTorch, as ONNX and in Keras: three reports that are one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradaudit
from gradaudit import formats
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Location
from gradaudit.inputs import read
from gradaudit.inputs.keras.configuration import model_of
from gradaudit.inputs.pytorch.module import from_module
from gradaudit.inputs.yaml_text.plain_tree import tree_at
from tests.inputs.computing import outputs
from tests.inputs.onnx import writing

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
pytestmark = [pytest.mark.torch, pytest.mark.onnx]
from tests.inputs import roads  # noqa: E402 - its modules are PyTorch's
from tests.inputs.roads_keras import KerasForm, Stored  # noqa: E402
from tests.inputs.roads_onnx import OnnxForm  # noqa: E402

IMAGE, SEQUENCE, TOKENS = (3, 9, 9), (7, 3), (7,)
"""Of a sample as PyTorch takes it."""
Parts = list[tuple[Any, ...]]
BLOCK: Parts = [("conv", 4, 3, 1, 1), ("norm",), ("relu",), ("conv", 4, 3, 1, 1), ("norm",)]
WIDER: Parts = [("conv", 6, 3, 2, 1), ("norm",), ("relu",), ("conv", 6, 3, 1, 1), ("norm",)]
FIRST: Parts = [("conv", 4, 3, 1, 1), ("norm",), ("relu",)]

NETWORKS: dict[str, tuple[tuple[int, ...], Parts]] = {
    "lenet": (
        IMAGE,
        [
            *[("conv", 4, 3, 1, 1), ("relu",), ("max", 3, 2, 1), ("conv", 6, 2, 1, 0), ("relu",), ("flatten", 96)],
            *[("dense", 5), ("relu",), ("dense", 2)],
        ],
    ),
    "plain, seven deep": (IMAGE, [("conv", 4, 3, 1, 1), ("relu",)] * 7 + [("mean",), ("dense", 2)]),
    "saturated": (IMAGE, [("conv", 4, 3, 1, 1), ("tanh",)] * 4 + [("mean",), ("dense", 2)]),
    "strided": (
        IMAGE,
        [("conv", 4, 3, 2, 1), ("relu",), ("conv", 6, 3, 2, 0), ("relu",), ("flatten", 24), ("dense", 2)],
    ),
    "norms": (IMAGE, [*FIRST, *FIRST, ("avg", 3), ("flatten", 36), ("dense", 2)]),
    "residual": (IMAGE, [*FIRST, ("skip", BLOCK, []), ("relu",), ("mean", "pool"), ("dense", 2)]),
    "projection": (IMAGE, [*FIRST, ("skip", WIDER, [("conv", 6, 1, 2, 0)]), ("relu",), ("mean",), ("dense", 2)]),
    "one by one": (IMAGE, [("conv", 4, 1, 1, 0), ("relu",), ("conv", 4, 1, 1, 1), ("relu",), ("mean",), ("dense", 2)]),
    "rnn": (SEQUENCE, [("rnn", 5, 1, False), ("dense", 2)]),
    "lstm": (SEQUENCE, [("lstm", 5, 1, False), ("dense", 4), ("relu",), ("dense", 2)]),
    "gru, stacked": (SEQUENCE, [("gru", 4, 1, True), ("gru", 4, 1, False), ("dense", 2)]),
    "both ways": (SEQUENCE, [("lstm", 4, 2, True), ("gru", 3, 2, False), ("dense", 2)]),
    "mean of steps": (SEQUENCE, [("rnn", 4, 2, True), ("mean", "steps"), ("dense", 2)]),
    "tokens": (TOKENS, [("embed", 9, 4), ("lstm", 5, 1, False), ("dense", 2)]),
}
USUAL = ModelSpec.__dataclass_fields__["init"].default
TRAINING = {"loss": "mse", "optimizer": {"name": "sgd", "learning_rate": 0.05}, "epochs": 4, "seeds": 2}


def forms(name: str, folder: Path) -> Iterator[tuple[str, ModelSpec]]:
    """The network in PyTorch, as ONNX and in Keras."""
    shape, parts = NETWORKS[name]
    torch.manual_seed(0)
    net = roads.Net(parts, shape[-1] if shape == SEQUENCE else shape[0])
    for parameter in net.parameters():  # no draw of PyTorch's own
        parameter.data += 0.2 * (torch.randn_like(parameter) ** 2 - 1)
    arrays, sample = (
        roads.arrays_of(net),
        torch.zeros(8, *shape, dtype=torch.int64 if shape == TOKENS else torch.float32),
    )
    yield "pytorch", from_module(net, X=sample, name="m")
    onnx = OnnxForm(arrays)
    end = onnx.through("x", parts)
    (folder / "m.onnx").write_bytes(writing.model(onnx.nodes, onnx.tensors, [writing.port("x", None, *shape)], [end]))
    yield "onnx", read(str(folder / "m.onnx"))[0]
    keras = KerasForm(arrays)
    sides = [*shape[1:], shape[0]] if shape == IMAGE else [*shape]
    keras.layers.append({"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, *sides]}})
    end = keras.through("x", parts, maps=flattened(parts))
    config = {"name": "m", "layers": keras.layers, "input_layers": [["x", 0, 0]], "output_layers": [[end, 0, 0]]}
    tree = tree_at({"class_name": "Functional", "config": config}, Location("m.json"))
    yield "keras", model_of(tree, "m", Stored(keras.kept))


def flattened(parts: Parts) -> tuple[int, ...]:
    """Channels and sides of the map that is flattened: square ones."""
    width = next((said[0] for kind, *said in parts if kind == "flatten"), 0)
    channels = next((said[0] for kind, *said in reversed(parts) if kind == "conv"), 1)
    side = round((width / channels) ** 0.5)
    return (channels, side, side) if width else ()


def data(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Inputs, channels last, and targets that follow from them."""
    rng = np.random.default_rng(1)
    X = rng.integers(0, 9, (32, *shape)) if shape == TOKENS else rng.standard_normal((32, *shape))
    X = np.moveaxis(X, 1, -1) if shape == IMAGE else X
    return X, X.reshape(32, -1)[:, :2] + rng.standard_normal((32, 2))


def facts(spec: ModelSpec, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """The report of the weights as JSON, without what tells where the model came from."""
    report = gradaudit.audit(undrawn(spec), X, y, effort="quick", **TRAINING)
    assert spec.weights is not None
    text = formats.get("json").render(report).decode()
    (found,) = json.loads(text.replace(spec.source, "m") if spec.source else text)["reports"]
    return {key: found[key] for key in ("verdict", "conclusive", "covered", "summary", "findings", "measurements")}


def undrawn(spec: ModelSpec) -> ModelSpec:
    """Without the lines of a file, and without how its weights were drawn, which Keras alone knows of all layers.

    Nor is it known who trains it: a script that builds a Keras model draws it anew, others go on with given weights.
    """

    def bare(layer: Any) -> Any:
        inside = {key: tuple(map(bare, held)) for key, held in layer.branches.items()}
        return replace(layer, **inside, **{key: None for key in ("init", "recurrent_init") if hasattr(layer, key)})

    layers = tuple(map(bare, spec.layers))
    return replace(spec, audits_initialisation=False, init=USUAL, layers=layers, framework="onnx", lines={})


def assert_near(found: Any, due: Any, at: str) -> None:
    """Equal, numbers to 1e-6 of their size."""
    if isinstance(due, dict):
        assert found.keys() == due.keys(), at
        for key in due:
            assert_near(found[key], due[key], f"{at}.{key}")
    elif isinstance(due, list):
        assert len(found) == len(due), at
        for index, value in enumerate(due):
            assert_near(found[index], value, f"{at}[{index}]")
    elif isinstance(due, float):
        assert found == pytest.approx(due, rel=1e-6, abs=1e-12, nan_ok=True), at
    else:
        assert found == due, at


@pytest.mark.parametrize("name", NETWORKS)
def test_three_forms_give_one_report(name: str, tmp_path: Path) -> None:
    """Verdict, findings and every measurement, the names of layers included."""
    X, y = data(NETWORKS[name][0])
    (_, first), *others = ((form, facts(spec, X, y)) for form, spec in forms(name, tmp_path))
    assert first["findings"] or first["verdict"] == "healthy"
    for form, each in others:
        assert_near(each, first, form)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outputs_are_pytorchs(name: str, tmp_path: Path) -> None:
    """So that the three are not wrong alike."""
    shape, parts = NETWORKS[name]
    X, _ = data(shape)
    torch.manual_seed(0)
    net = roads.Net(parts, shape[-1] if shape == SEQUENCE else shape[0])
    for parameter in net.parameters():
        parameter.data += 0.2 * (torch.randn_like(parameter) ** 2 - 1)
    rows = torch.tensor(np.moveaxis(X, -1, 1) if shape == IMAGE else X)
    with torch.no_grad():
        due = net.train()(rows if shape == TOKENS else rows.float()).numpy()
    for form, spec in forms(name, tmp_path):
        np.testing.assert_allclose(outputs(spec, X), due, rtol=1e-3, atol=1e-4, err_msg=form)
