"""One network, one model: written as a spec, in Keras, in PyTorch, as its ONNX export and in scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.spec import ModelSpec, Named, Weights
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.inputs import from_document, read
from gradaudit.inputs.keras.live import from_live
from gradaudit.inputs.pytorch.module import from_module
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted

pytestmark = pytest.mark.torch

EXPORTED = Path(__file__).parent / "onnx" / "files" / "one-road"
ROWS, INPUTS, OUTPUTS = 12, 4, 2
Part = tuple[str, Any]
SMOOTH = ("elu", "selu", "softplus", "silu", "mish", "gelu", "tanh", "sigmoid", "softsign", "relu6")

NETWORKS: dict[str, tuple[list[Part], list[Any]]] = {
    "plain": ([("dense", 6), ("act", "relu"), ("dense", 5), ("act", "relu")], [6, 5]),
    "activations": (
        [part for name in SMOOTH for part in (("dense", 3), ("act", name))],
        [{"units": 3, "activation": name} for name in SMOOTH],
    ),
    "norms": (
        [("dense", 6), ("batch_norm", 1e-3), ("act", "relu"), ("dense", 5), ("act", "relu"), ("layer_norm", 0.01)],
        [{"units": 6, "norm": {"name": "batch_norm", "eps": 1e-3}}, 5, {"name": "layer_norm", "eps": 0.01}],
    ),
    "order": (
        [("dense", 6), ("dropout", 0.25), ("batch_norm", 0.5), ("act", "tanh"), ("dense", 5), ("act", "relu")],
        [
            {"units": 6, "activation": "identity"},
            {"name": "dropout", "rate": 0.25},
            {"name": "batch_norm", "eps": 0.5, "activation": "tanh"},
            5,
        ],
    ),
    "skip": (
        [("dense", 6), ("act", "relu"), ("skip", [("dense", 5), ("act", "relu"), ("dense", 6)]), ("act", "relu")],
        [6, {"name": "residual", "layers": [5, {"units": 6, "activation": "identity"}], "activation": "relu"}],
    ),
}
"""The parts in their order, without the last dense layer, and the same as a spec's layers."""


def arrays_of(parts: list[Part]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Weight and bias, or scale and shift, of every part that has them, with values as a float32 has them."""
    rng, width = np.random.default_rng(0), INPUTS

    def walk(those: list[Part]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        nonlocal width
        for kind, value in those:
            if kind == "dense":
                yield rng.normal(size=(width, value)).astype("f4"), rng.normal(size=value).astype("f4")
                width = value
            elif kind.endswith("_norm"):
                yield rng.normal(1, 0.3, width).astype("f4"), rng.normal(size=width).astype("f4")
            elif kind == "skip":
                yield from walk(value)

    return walk([*parts, ("dense", OUTPUTS)])


def as_spec(name: str) -> ModelSpec:
    """As a person writes it, with the weights in the order of its rows."""
    parts, layers = NETWORKS[name]
    spec = from_document({"layers": [INPUTS, *layers, OUTPUTS], "activation": "relu", "output": "identity"})
    names = {2: ("weight", "bias"), 1: ("scale", "shift")}
    rows = (dict(zip(names[pair[0].ndim], pair, strict=True)) for pair in arrays_of(parts))
    return replace(
        spec, weights=Weights(tuple({name: each.astype(float) for name, each in row.items()} for row in rows))
    )


def as_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """As Keras's functional model, live."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="compares with Keras")
    parts, made = NETWORKS[name][0], []

    def through(x: Any, those: list[Part]) -> Any:
        for kind, value in those:
            if kind == "skip":
                x = keras.layers.Add()([x, through(x, value)])
                continue
            layer = {
                "dense": keras.layers.Dense,
                "act": keras.layers.Activation,
                "batch_norm": lambda v: keras.layers.BatchNormalization(epsilon=v),
                "layer_norm": lambda v: keras.layers.LayerNormalization(epsilon=v),
                "dropout": keras.layers.Dropout,
            }[kind](value)
            x = layer(x)
            made.extend([layer] if kind not in ("act", "dropout") else [])
        return x

    start = keras.Input((INPUTS,))
    model = keras.Model(start, through(start, [*parts, ("dense", OUTPUTS)]))
    for layer, pair in zip(made, arrays_of(parts), strict=True):
        for weight, array in zip(layer.trainable_weights, pair, strict=True):
            weight.assign(array)
    return from_live(model, name)


def as_module(name: str) -> Any:
    """As a PyTorch module with these weights."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    nn, pairs = torch.nn, arrays_of(NETWORKS[name][0])
    names = {"selu": "SELU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU", "relu6": "ReLU6", "relu": "ReLU"}

    class Skip(nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Any) -> Any:
            return x + self.inner(x)

    def sequence(width: int, those: list[Part]) -> tuple[Any, int]:
        found = []
        for kind, value in those:
            if kind == "skip":
                found.append(Skip(sequence(width, value)[0]))
            elif kind == "act":
                found.append(getattr(nn, names.get(value, value.capitalize()))())
            elif kind == "dropout":
                found.append(nn.Dropout(value))
            else:
                first, second = next(pairs)
                norm = nn.BatchNorm1d if kind == "batch_norm" else nn.LayerNorm
                layer = nn.Linear(width, value) if kind == "dense" else norm(width, eps=value)
                layer.weight.data, layer.bias.data = torch.tensor(first.T.copy()), torch.tensor(second)
                found.append(layer)
                width = value if kind == "dense" else width
        return nn.Sequential(*found), width

    return sequence(INPUTS, [*NETWORKS[name][0], ("dense", OUTPUTS)])[0]


def as_onnx(name: str, folder: Path) -> ModelSpec:
    """As PyTorch's exporter writes the module in training mode; as it once did where the exporter is not complete."""
    if find_spec("onnx") is None or find_spec("torch") is None:
        (spec,) = read(str(EXPORTED / f"{name}.onnx"))
        return spec
    export(name, folder / f"{name}.onnx")
    (spec,) = read(str(folder / f"{name}.onnx"))
    return spec


def export(name: str, path: Path) -> None:
    """Write the module's export."""
    import torch

    mode = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False, "dynamo": False}
    torch.onnx.export(as_module(name).train(), (torch.randn(ROWS, INPUTS),), str(path), opset_version=17, **mode)


def facts(spec: ModelSpec) -> list[tuple[object, ...]]:
    """What the rows are, but for names, and for how weights that are given would be drawn."""
    rows = flatten(expand(replace(spec, output=spec.output or Named("identity"))))
    return [(r.kind, r.inputs, r.units, *activation(r.activation), *numbers(r.layer), r.normed) for r in rows]


def numbers(layer: object) -> tuple[object, object]:
    """The rate of a dropout and the ε of a norm, which writers round."""
    eps = getattr(layer, "eps", None)
    return getattr(layer, "rate", None), eps if eps is None else pytest.approx(eps)


def activation(named: Named | None) -> tuple[str, object]:
    """With all its parameters, whether they were said or not."""
    return (
        ("", None) if named is None else (named.name, {**ACTIVATIONS[named.name].parameters, **dict(named.parameters)})
    )


def gradient(spec: ModelSpec) -> np.ndarray:
    """At its own weights, of the squared error on rows that do not depend on it."""
    assert spec.weights is not None
    network = build(replace(spec, loss=Named("mse"), output=Named("identity"), l2=0.0))
    rng = np.random.default_rng(1)
    bp = Backprop(network, rng.normal(size=(ROWS, INPUTS)), rng.normal(size=(ROWS, OUTPUTS)), 1)
    bp.theta[:] = fitted(network, spec.weights)
    bp.gradient()
    return bp.g[0]


def agree(found: ModelSpec, written: ModelSpec) -> None:
    """Equal rows and weights, and gradients to 1e-10."""
    assert facts(found) == facts(written)
    assert found.weights is not None
    assert written.weights is not None
    for ours, theirs in zip(found.weights.rows, written.weights.rows, strict=True):
        np.testing.assert_equal(ours, theirs)
    np.testing.assert_allclose(gradient(found), gradient(written), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore")
def test_keras_and_a_spec_are_one_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Norms with any ε, skips, dropout, every activation, in any order."""
    agree(as_keras(name, monkeypatch), as_spec(name))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore")
def test_an_onnx_export_and_a_spec_are_one_model(name: str, tmp_path: Path) -> None:
    """Of the very same modules."""
    agree(as_onnx(name, tmp_path), as_spec(name))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_module_and_a_spec_are_one_model(name: str) -> None:
    """Live, as a script has it."""
    found = from_module(as_module(name), name=name)
    agree(found[0] if isinstance(found, tuple) else found, as_spec(name))


def test_an_estimator_and_a_spec_are_one_model(estimator_of: Callable[[list[Any], list[Any]], Any]) -> None:
    """scikit-learn's own arrays, as `fit` leaves them."""
    pairs = list(arrays_of(NETWORKS["plain"][0]))
    estimator = estimator_of([first for first, _ in pairs], [second for _, second in pairs])

    agree(from_estimator(estimator)[0].spec, as_spec("plain"))


@pytest.fixture
def estimator_of() -> Callable[[list[Any], list[Any]], Any]:
    """A regressor that has these arrays."""
    neural = pytest.importorskip("sklearn.neural_network", reason="compares with scikit-learn")

    def made(coefs: list[Any], intercepts: list[Any]) -> Any:
        estimator = neural.MLPRegressor(hidden_layer_sizes=tuple(coef.shape[1] for coef in coefs[:-1]))
        estimator.coefs_, estimator.intercepts_, estimator.out_activation_ = coefs, intercepts, "identity"
        return estimator

    return made
