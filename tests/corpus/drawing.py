"""Specs drawn at random from a stated distribution, and the single changes that are tried on those that fail.

Wide on purpose: every activation, most initializers, rates over five decades around the usual one, raw tables, toys
moved and blown up, every tenth output that does not suit its loss. Nothing is rejected for being sick, only for cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Document = dict[str, Any]
"""A spec, as the mapping that its file would hold."""

TABLES = {  # rows, columns, classes (0: numbers)
    "digits": (1797, 64, 10),
    "iris": (150, 4, 3),
    "wine": (178, 13, 3),
    "breast_cancer": (569, 30, 2),
    "diabetes": (442, 10, 0),
}
TOYS = {"moons": (2, 2), "circles": (2, 2), "spirals": (2, 3), "blobs": (6, 4), "gaussian": (12, 0), "xor": (2, 2)}
"""Columns and classes (0: numbers)."""
MATCHING = {
    **dict.fromkeys(("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus", "relu6"), "he_normal"),
    **dict.fromkeys(("tanh", "sigmoid", "softsign", "hard_tanh", "hard_sigmoid"), "glorot_normal"),
    "selu": "lecun_normal",
}
INITS = (
    "glorot_uniform",
    "he_uniform",
    "lecun_uniform",
    "orthogonal",
    "pytorch",
    *({"name": "normal", "std": std} for std in (0.01, 0.1, 0.5, 1.0)),
    {"name": "truncated_normal", "std": 0.05},
    {"name": "uniform", "low": -0.3, "high": 0.3},
)
OPTIMIZERS = (
    ({"name": "sgd"}, 0.1),
    ({"name": "sgd", "momentum": 0.9}, 0.01),
    ({"name": "sgd", "momentum": 0.9, "nesterov": True}, 0.01),
    ({"name": "adam"}, 0.001),
    ({"name": "adam"}, 0.001),
    ({"name": "adamw"}, 0.001),
    ({"name": "rmsprop"}, 0.001),
    ({"name": "adagrad"}, 0.01),
)
"""Each with the middle of its rates."""
BCE, CE = "binary_cross_entropy", "cross_entropy"
SUITED = {"numbers": ("identity", "mse"), "two": ("sigmoid", BCE), "many": ("softmax", CE)}
UNSUITED = {
    "numbers": (("sigmoid", "mse"), ("tanh", "mse"), ("relu", "mae"), ("softplus", "mse")),
    "two": (("tanh", BCE), ("relu", BCE), ("identity", "mse"), ("sigmoid", "mse")),
    "many": (("sigmoid", CE), ("softmax", "mse"), ("identity", "mse"), ("relu", CE)),
}
MOST_STEPS, MOST_WORK = 2500, 8e9
"""Of one training, the second in multiplications over five seeds: what is drawn beyond is drawn again."""


def draw(seed: int, index: int) -> Document:
    """The index-th network of this seed's draw."""
    rng = np.random.default_rng([seed, index])
    data, rows, columns, kind, units = _data(rng)
    output, loss = _end(rng, kind)
    activation = str(rng.choice(list(MATCHING)))
    init = MATCHING[activation] if rng.random() < 0.5 else _one(rng, INITS)
    update, middle = _one(rng, OPTIMIZERS)
    optimizer = {**update, "learning_rate": float(f"{middle * 10 ** rng.uniform(-2.5, 2.5):.2g}")}
    optimizer |= {"clip_norm": 1.0} if rng.random() < 0.08 else {}
    said = {"activation": activation, "output": output, "init": init, "loss": loss, "optimizer": optimizer}
    said |= {"l2": 0.001} if rng.random() < 0.08 else {}
    return {**said, "data": data, **_plan(rng, rows, columns, units)}


def _one(rng: np.random.Generator, choices: Sequence[Any]) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _data(rng: np.random.Generator) -> tuple[Document, int, int, str, int]:
    """The data section, rows, columns, the kind of targets and the units of the output."""
    name = str(rng.choice([*TABLES, *TOYS]))
    data: Document = {"name": name}
    if name in TABLES:
        rows, columns, classes = TABLES[name]
    else:
        rows, (columns, classes) = int(rng.choice([128, 256, 512])), TOYS[name]
        data["samples"] = rows
        if rng.random() < 0.25:
            data["scale"] = float(f"{10 ** rng.uniform(-3, 3):.2g}")
        if rng.random() < 0.15:
            data["offset"] = float(rng.choice([-30, 3, 100, 1000]))
    data |= {"standardize": True} if rng.random() < (0.6 if name in TABLES else 0.15) else {}
    data |= {"standardize_targets": True} if name == "diabetes" and rng.random() < 0.5 else {}
    if not classes:
        return data, rows, columns, "numbers", 1 if name in TABLES or rng.random() < 0.7 else 3
    two = classes == 2 and rng.random() < 0.7
    return data, rows, columns, "two" if two else "many", 1 if two else classes


def _end(rng: np.random.Generator, kind: str) -> tuple[str, str]:
    """Output and loss."""
    if rng.random() < 0.1:
        return _one(rng, UNSUITED[kind])
    output, loss = SUITED[kind]
    return output, str(rng.choice(["mse", "mse", "half_mse", "mae", "huber"])) if kind == "numbers" else loss


def _plan(rng: np.random.Generator, rows: int, columns: int, units: int) -> Document:
    """Layers, batch size and epochs that five seeds can be trained with in seconds."""
    hidden = int(math.exp(rng.uniform(0, math.log(20)))) if rng.random() > 0.07 else 0
    extra = str(rng.choice(["", "batch_norm", "layer_norm", "dropout", "residual"], p=[0.55, 0.17, 0.08, 0.1, 0.1]))
    while True:
        width = round(math.exp(rng.uniform(math.log(3), math.log(200))))
        batch, epochs = int(2 ** rng.integers(3, 9)), round(math.exp(rng.uniform(math.log(5), math.log(60))))
        steps = epochs * math.ceil(rows / batch)
        weights = columns * width + max(hidden - 1, 0) * width**2 + width * units
        if steps <= MOST_STEPS and steps * hidden <= 3 * MOST_STEPS and 30 * steps * batch * weights <= MOST_WORK:
            layers = [columns, *_hidden(width, hidden, extra), units]
            return {"layers": layers, "batch_size": batch, "epochs": epochs}


def _hidden(width: int, count: int, extra: str) -> Iterator[Any]:
    if extra == "residual" and count >= 3:
        yield from (width, {"name": "residual", "repeat": (count - 1) // 2, "layers": [width, width]})
        return
    for _ in range(count):
        yield {"units": width, "norm": extra} if extra.endswith("norm") else width
        if extra == "dropout":
            yield {"name": "dropout", "rate": 0.3}


def variants(document: Document) -> dict[str, Document]:
    """Name → change, one factor each; only what would change something."""
    rate, data = document["optimizer"]["learning_rate"], document["data"]
    found: dict[str, Document] = {
        f"rate x{factor:g}": {"optimizer": {"learning_rate": rate * factor}} for factor in (0.01, 0.1, 10, 100)
    }
    if not data.get("standardize"):
        found["inputs"] = {"data": {"standardize": True}}
    if data["name"] in ("diabetes", "gaussian") and not data.get("standardize_targets"):
        found["targets"] = {"data": {"standardize_targets": True}}
    if {"inputs", "targets"} <= found.keys():
        found["inputs, targets"] = {"data": {"standardize": True, "standardize_targets": True}}
    matching = MATCHING[document["activation"]]
    if document["init"] != matching:
        found["init"] = {"init": matching}
    if document["activation"] != "relu":
        found["activation"] = {"activation": "relu", "init": "he_normal"}
    end = document["output"], document["loss"]
    kind = next((kind for kind, ends in UNSUITED.items() if end in ends and _fits(kind, document)), None)
    if kind is not None:
        output, loss = SUITED[kind]
        found["output"] = {"output": output, "loss": loss}
    return found


def _fits(kind: str, document: Document) -> bool:
    """Whether targets of this kind are what the data have."""
    numbers = document["data"]["name"] in ("diabetes", "gaussian")
    return kind == ("numbers" if numbers else "two" if document["layers"][-1] == 1 else "many")
