"""Writes the sample models that other frameworks wrote: a Keras model's JSON, and a PyTorch module as ONNX.

    KERAS_BACKEND=torch python tests/make_framework_samples.py

Needs keras 3, torch, onnx and onnxscript. What an audit of them must find stands in test_samples.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import onnx
import torch
from torch import nn

SAMPLES = Path(__file__).parents[1] / "sample_models"


def keras_json() -> str:
    """Ten sigmoid layers under plain SGD: the error signal shrinks to a quarter, or less, at each."""
    hidden = [keras.layers.Dense(32, activation="sigmoid", name=f"hidden_{count}") for count in range(10)]
    output = keras.layers.Dense(10, activation="softmax", name="digit")
    model = keras.Sequential([keras.Input((64,)), *hidden, output], name="keras-sigmoid")
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return json.dumps(json.loads(model.to_json()), indent=1) + "\n"


def torch_onnx(path: Path) -> None:
    """A ReLU network with He's initialisation and a layer norm, as it is before training."""
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Linear(8, 16), nn.LayerNorm(16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)
    )
    for layer in module:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    batch = torch.export.Dim("batch")
    names = {"input_names": ["x"], "output_names": ["logits"]}
    torch.onnx.export(
        module.eval(),
        (torch.zeros(2, 8),),
        path,
        dynamic_shapes=({0: batch},),
        external_data=False,
        verbose=False,
        **names,
    )
    model = onnx.load(path)
    for node in model.graph.node:  # what the exporter tells of its own code is most of a small file
        node.ClearField("metadata_props")
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    onnx.save(model, path)


if __name__ == "__main__":
    (SAMPLES / "keras-sigmoid.json").write_text(keras_json(), encoding="utf-8")
    torch_onnx(SAMPLES / "torch-relu.onnx")
