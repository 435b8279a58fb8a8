"""One initializer, one draw: said in a spec and in Keras, recognised in PyTorch, with the same findings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import gradaudit
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.inputs import from_document
from gradaudit.inputs.keras.live import from_live
from gradaudit.inputs.pytorch.module import from_module

pytestmark = pytest.mark.torch

INPUTS, OUTPUTS = 4, 2
INITS: dict[str, tuple[Any, Any, Callable[[Any], Any]]] = {
    "glorot_uniform": ("glorot_uniform", "glorot_uniform", lambda w: _init().xavier_uniform_(w)),
    "he_uniform": ("he_uniform", "he_uniform", lambda w: _init().kaiming_uniform_(w, nonlinearity="relu")),
    "orthogonal": ("orthogonal", "orthogonal", lambda w: _init().orthogonal_(w)),
    "zeros": ("zeros", "zeros", lambda w: _init().zeros_(w)),
    "normal": (
        {"name": "normal", "std": 0.02},
        {"class_name": "RandomNormal", "config": {"stddev": 0.02}},
        lambda w: _init().normal_(w, std=0.02),
    ),
}
"""An initializer in a spec, in Keras and in PyTorch."""

DRAWN = (INPUTS, 24, 24, OUTPUTS)


def _init() -> Any:
    return pytest.importorskip("torch", reason="compares with PyTorch").nn.init


def drawn_by_spec(init: str) -> ModelSpec:
    """Sigmoid layers, as yet without weights."""
    return from_document({"layers": [*DRAWN], "activation": "sigmoid", "output": "identity", "init": INITS[init][0]})


def drawn_by_keras(init: str) -> ModelSpec:
    """As it was made; its weights are a draw."""
    keras = pytest.importorskip("keras", reason="compares with Keras")
    own = {"kernel_initializer": INITS[init][1]}
    layers = [keras.layers.Dense(units, activation="sigmoid", **own) for units in DRAWN[1:-1]]
    return from_live(keras.Sequential([keras.Input((INPUTS,)), *layers, keras.layers.Dense(OUTPUTS, **own)]), init)


def drawn_by_pytorch(init: str) -> ModelSpec:
    """Known as a draw by its weights alone."""
    torch = pytest.importorskip("torch", reason="compares with PyTorch")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(before, after) for before, after in pairwise(DRAWN)]
    for layer in layers:
        INITS[init][2](layer.weight)
        torch.nn.init.zeros_(layer.bias)
    parts = [part for layer in layers for part in (layer, torch.nn.Sigmoid())][:-1]
    return from_module(torch.nn.Sequential(*parts), name=init)


def initializers(spec: ModelSpec) -> list[Named | None]:
    """Of each dense layer."""
    return [layer.init or spec.init for layer in spec.layers if isinstance(layer, DenseSpec)]


@pytest.mark.parametrize("init", INITS)
@pytest.mark.filterwarnings("ignore")
def test_an_initializer_is_one_whoever_draws_by_it(init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said in a spec and in Keras, recognised in PyTorch."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    written = drawn_by_spec(init)

    assert initializers(drawn_by_keras(init)) == initializers(written)
    assert initializers(drawn_by_pytorch(init)) == initializers(written)


def findings(spec: ModelSpec) -> set[tuple[str, str]]:
    """Rule and severity, for the same data and training."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(32, INPUTS)), rng.normal(size=(32, OUTPUTS))
    sgd = {"name": "sgd", "learning_rate": 0.05}
    shown = gradaudit.audit(spec, X, y, loss="mse", optimizer=sgd, epochs=10, seeds=2, effort="quick")
    return {(found.rule, found.severity.name) for each in shown.reports for found in each.findings}


@pytest.mark.filterwarnings("ignore")
def test_a_draw_has_the_same_findings_on_each_road(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros, by which nothing can learn."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    written = findings(drawn_by_spec("zeros"))

    assert written
    assert findings(drawn_by_keras("zeros")) == written
    assert findings(drawn_by_pytorch("zeros")) == written
