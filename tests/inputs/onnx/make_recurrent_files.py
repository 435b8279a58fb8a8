"""Writes ONNX files of recurrent networks, and of means over positions, with onnxruntime's outputs.

    python tests/inputs/onnx/make_recurrent_files.py

Needs torch, onnx, onnxscript and onnxruntime; the files were written with torch 2.13 and onnxruntime 1.32.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

FILES = Path(__file__).parent / "files" / "sequences"
ROWS, STEPS, FEATURES, TOKENS = 5, 6, 3, 9


class Net(nn.Module):
    """A recurrent module, what is taken of its results, and a Linear."""

    def __init__(self, cell: nn.Module, take: Any, width: int, embedding: nn.Module | None = None) -> None:
        super().__init__()
        self.embedding, self.cell, self.take, self.head = embedding, cell, take, nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x if self.embedding is None else self.embedding(x)
        return self.take(self, *self.cell(x))


class Through(nn.Module):
    """A convolution, what is done with its maps, and a Linear."""

    def __init__(self, conv: nn.Module, then: Any, width: int, *parts: nn.Module) -> None:
        super().__init__()
        self.conv, self.then, self.parts, self.head = conv, then, nn.ModuleList(parts), nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.then(self, torch.relu(self.conv(x))))


def cell(kind: str, **keys: Any) -> nn.Module:
    """A recurrent module of four units, rows first."""
    return getattr(nn, kind)(FEATURES, 4, **{"batch_first": True, **keys})


def joined(net: Net, out: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """The final state of both directions."""
    return net.head(torch.cat((h[-2], h[-1]), dim=1))


MODULES: dict[str, Any] = {
    "lstm-last": lambda: Net(cell("LSTM"), lambda n, o, s: n.head(o[:, -1]), 4),
    "lstm-head-last": lambda: Net(cell("LSTM", bias=False), lambda n, o, s: n.head(o)[:, -1, :], 4),
    "lstm-state": lambda: Net(cell("LSTM"), lambda n, o, s: n.head(s[0].squeeze(0)), 4),
    "lstm-each": lambda: Net(cell("LSTM"), lambda n, o, s: n.head(o), 4),
    "lstm-rows-joined": lambda: Net(cell("LSTM"), lambda n, o, s: n.head(o.reshape(-1, 4)).reshape(-1, STEPS, 2), 4),
    "lstm-flattened": lambda: Net(cell("LSTM"), lambda n, o, s: n.head(o.reshape(len(o), -1)), 4 * STEPS),
    "lstm-steps-first": lambda: Net(cell("LSTM", batch_first=False), lambda n, o, s: n.head(o[-1]), 4),
    "gru-stacked": lambda: Net(cell("GRU", num_layers=2), lambda n, o, h: n.head(h[-1]), 4),
    "gru-both": lambda: Net(cell("GRU", num_layers=2, bidirectional=True), joined, 8),
    "gru-both-each": lambda: Net(cell("GRU", bidirectional=True), lambda n, o, h: n.head(o), 8),
    "rnn-mean": lambda: Net(cell("RNN", nonlinearity="relu"), lambda n, o, h: n.head(o.mean(1)), 4),
    "rnn-max": lambda: Net(cell("RNN"), lambda n, o, h: n.head(o.amax(1)), 4),
    "tokens": lambda: Net(
        nn.LSTM(5, 4, batch_first=True), lambda n, o, s: n.head(o[:, -1]), 4, nn.Embedding(TOKENS, 5)
    ),
    "conv-gru": lambda: Through(
        nn.Conv1d(FEATURES, 4, 3, padding=1),
        lambda n, h: n.parts[0](h.permute(0, 2, 1))[0][:, -1],
        4,
        nn.GRU(4, 4, batch_first=True),
    ),
    "image-mean": lambda: Through(nn.Conv2d(3, 4, 3), lambda n, h: h.mean((2, 3)), 4),
    "image-mean-kept": lambda: Through(nn.Conv2d(3, 4, 3), lambda n, h: h.mean((-1, -2), keepdim=True).flatten(1), 4),
    "image-turned": lambda: Through(nn.Conv2d(3, 4, 3), lambda n, h: h.permute(0, 2, 3, 1).flatten(1), 80),
    "image-view": lambda: Through(nn.Conv2d(3, 4, 3), lambda n, h: h.view(h.size(0), -1), 80),
}
UNROLLED = ("rnn-mean", "rnn-max")
"""Those that torch.export takes apart, step by step."""


def inputs(name: str) -> torch.Tensor:
    """What the module takes."""
    if name == "tokens":
        return torch.randint(0, TOKENS, (ROWS, STEPS))
    shape = (ROWS, 3, 6, 7) if name.startswith("image") else (ROWS, STEPS, FEATURES)
    shape = (ROWS, FEATURES, STEPS) if name == "conv-gru" else shape
    return torch.randn(STEPS, ROWS, FEATURES) if name.endswith("steps-first") else torch.randn(shape)


def export(module: nn.Module, x: torch.Tensor, path: Path, *, dynamo: bool) -> None:
    """With as many rows as one likes."""
    rows = x.shape.index(ROWS)
    own: dict[str, Any] = {"dynamic_axes": {"x": {rows: "batch"}}}
    if dynamo:
        own = {"dynamic_shapes": ({rows: torch.export.Dim("batch")},), "external_data": False}
    torch.onnx.export(
        module, (x,), str(path), dynamo=dynamo, verbose=False, input_names=["x"], output_names=["y"], **own
    )
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    onnx.save(model, path)


def main() -> None:
    """Write all files, their inputs and what onnxruntime makes of them."""
    FILES.mkdir(exist_ok=True)
    torch.manual_seed(0)
    kept = {}
    for name, make in MODULES.items():
        module, x = make().eval(), inputs(name)
        kept[f"{name} X"] = x.numpy()
        for dynamo in (False, True):
            if dynamo and name in UNROLLED:
                continue
            path = FILES / f"{name}-{'dynamo' if dynamo else 'script'}.onnx"
            export(module, x, path, dynamo=dynamo)
            kept[path.stem] = onnxruntime.InferenceSession(path).run(None, {"x": x.numpy()})[0]
    np.savez_compressed(FILES / "outputs.npz", **kept)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
