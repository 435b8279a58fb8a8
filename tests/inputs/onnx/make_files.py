"""Writes the ONNX files that the tests read: by PyTorch's two exporters and by skl2onnx, with onnxruntime's outputs.

    python tests/inputs/onnx/make_files.py

Needs torch, onnx, onnxscript, skl2onnx and onnxruntime; the files beside it were written with torch 2.13,
skl2onnx 1.20 and onnxruntime 1.32.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import skl2onnx
import torch
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

FILES = Path(__file__).parent / "files"
ROWS, WIDTH = 16, 4
X = (np.random.default_rng(0).standard_normal((ROWS, WIDTH)) * 2 + 1).astype(np.float32)
ACTIVATIONS = (
    nn.ReLU(),
    nn.LeakyReLU(0.2),
    nn.ELU(0.7),
    nn.SELU(),
    nn.GELU(),
    nn.SiLU(),
    nn.Softplus(),
    nn.Softsign(),
    nn.Mish(),
    nn.Hardsigmoid(),
    nn.Hardtanh(),
    nn.ReLU6(),
    nn.Sigmoid(),
    nn.Tanh(),
)


class Residual(nn.Module):
    """x + F(x)."""

    def __init__(self, *inner: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Sequential(*inner)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


def modules() -> Iterator[tuple[str, nn.Module]]:
    """Small networks of PyTorch, in evaluation mode."""
    torch.manual_seed(0)
    yield "mlp", nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, 8, bias=False), nn.Tanh(), nn.Linear(8, 3))
    layers = [layer for activation in ACTIVATIONS for layer in (nn.Linear(WIDTH, WIDTH), activation)]
    yield "activations", nn.Sequential(*layers, nn.Linear(WIDTH, 3), nn.Softmax(dim=1))
    normed = (nn.Linear(WIDTH, 6), nn.LayerNorm(6, eps=1e-3), nn.GELU(), nn.Dropout(0.3), nn.Linear(6, 6))
    yield (
        "norms",
        nn.Sequential(
            *normed,
            nn.ReLU(),
            nn.BatchNorm1d(6),
            nn.Linear(6, 6),
            nn.BatchNorm1d(6),
            nn.SiLU(),
            nn.Linear(6, 1),
            nn.Sigmoid(),
        ),
    )
    inner = Residual(nn.Linear(6, 6), nn.ReLU(), Residual(nn.Linear(6, 6), nn.LayerNorm(6)), nn.Linear(6, 6))
    yield (
        "residual",
        nn.Sequential(nn.Flatten(), nn.Linear(WIDTH, 6), nn.ReLU(), inner, nn.LayerNorm(6), nn.Linear(6, 2)),
    )


def prepare(module: nn.Module) -> None:
    """Scales and shifts of norms drawn; running statistics those of X, so that an audit's batch has the same."""
    for each in module.modules():
        if isinstance(each, nn.BatchNorm1d | nn.LayerNorm):
            nn.init.uniform_(each.weight, 0.5, 1.5)
            nn.init.normal_(each.bias)
        if isinstance(each, nn.BatchNorm1d):
            each.momentum = 1.0
            each.train()
    with torch.no_grad():
        module(torch.from_numpy(X))
    for each in module.modules():
        if isinstance(each, nn.BatchNorm1d):
            each.running_var *= (ROWS - 1) / ROWS


def export(name: str, module: nn.Module, *, dynamo: bool, opset: int | None = None) -> None:
    """By the exporter of torch.export, or by TorchScript's."""
    path = FILES / f"torch-{'dynamo' if dynamo else 'script'}-{name}{opset or ''}.onnx"
    if dynamo:
        own = {"dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False}
    else:
        own = {"dynamic_axes": {"x": {0: "batch"}}}
    names = {"input_names": ["x"], "output_names": ["y"]}
    torch.onnx.export(
        module, (torch.from_numpy(X),), str(path), dynamo=dynamo, verbose=False, opset_version=opset, **names, **own
    )
    strip(path)


def strip(path: Path) -> None:
    """Leave out what the exporter tells of its own code, which is most of a small file."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")
    onnx.save(model, path)


def estimators() -> Iterator[tuple[str, object]]:
    """Small networks of scikit-learn, trained for a few steps."""
    few = {"max_iter": 3, "random_state": 0}
    yield "binary", MLPClassifier(hidden_layer_sizes=(5,), activation="logistic", **few).fit(X, np.arange(ROWS) % 2)
    yield (
        "classes",
        make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(5, 4), activation="tanh", **few)).fit(
            X, np.array(["a", "b", "c"])[np.arange(ROWS) % 3]
        ),
    )
    yield (
        "labels",
        MLPClassifier(hidden_layer_sizes=(5,), **few).fit(
            X, np.stack([np.arange(ROWS) % 2, np.arange(ROWS) // 8], axis=1)
        ),
    )
    numbers = MLPRegressor(hidden_layer_sizes=(5,), activation="identity", **few)
    yield "numbers", make_pipeline(StandardScaler(), numbers).fit(X, X[:, 0])


def main() -> None:
    """Write all files, and what onnxruntime makes of X."""
    FILES.mkdir(exist_ok=True)
    for name, module in modules():
        module.eval()
        prepare(module)
        module.eval()
        for dynamo in (True, False):
            export(name, module, dynamo=dynamo)
        if name == "activations":  # with formulas for what is one operation since
            export(name, module, dynamo=False, opset=13)
    for name, estimator in estimators():
        options = {id(estimator): {"zipmap": False}} if name == "labels" else None
        onx = skl2onnx.to_onnx(estimator, X[:1], target_opset=18, options=options)
        (FILES / f"skl2onnx-{name}.onnx").write_bytes(onx.SerializeToString())
    outputs = {}
    for path in sorted(FILES.glob("*.onnx")):
        session = onnxruntime.InferenceSession(path)
        found = session.run(None, {session.get_inputs()[0].name: X})[-1]
        if isinstance(found, list):
            found = np.array([[row[key] for key in sorted(row)] for row in found])
        outputs[path.stem] = np.asarray(found, dtype=np.float32).reshape(ROWS, -1)
    np.savez_compressed(FILES / "outputs.npz", X=X, **outputs)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
