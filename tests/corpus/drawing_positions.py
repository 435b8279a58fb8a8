"""Convolutional and recurrent specs drawn at random, as `drawing` draws dense ones: rejected for cost alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

tables = import_module(f"{__name__.rpartition('.')[0]}.drawing".lstrip("."))
"""The module beside this one, whether this is part of the tests or of a script's folder."""
INITS, MATCHING, OPTIMIZERS = tables.INITS, tables.MATCHING, tables.OPTIMIZERS
Document = dict[str, Any]
MOST_WORK = 6e10
"""Multiplications of one training of five seeds: what is drawn beyond is drawn again."""
CELLS = ("rnn", "rnn", "lstm", "lstm", "gru", "gru")
RECURRENT_INITS = ("keras", "pytorch", "keras", "pytorch", "orthogonal", {"name": "normal", "std": 0.1})


def draw_images(seed: int, index: int) -> Document:
    """A network that looks at images: shapes of three kinds, or handwritten digits, raw or scaled."""
    rng = np.random.default_rng([seed, index, 2])
    while True:
        data, side, samples, classes = _images(rng)
        activation = str(rng.choice(list(MATCHING)))
        init = MATCHING[activation] if rng.random() < 0.65 else INITS[int(rng.integers(len(INITS)))]
        output = {"output": "sigmoid", "loss": "cross_entropy"} if rng.random() < 0.07 else {"loss": "cross_entropy"}
        body, work = _convolutions(rng, side)
        batch, epochs = int(2 ** rng.integers(4, 7)), int(rng.integers(8, 24))
        if 15 * samples * epochs * work <= MOST_WORK and samples // batch * epochs * len(body) <= 3000:
            break
    said = {"activation": activation, "init": init, **output, "optimizer": _optimizer(rng, 1.0), "data": data}
    layers = [[side, side, 1], *body, classes]
    return {"layers": layers, **said, "batch_size": batch, "epochs": epochs}


def draw_sequences(seed: int, index: int) -> Document:
    """A network that reads sequences: a symbol to be remembered, a wave to be told on, or the rows of a digit."""
    rng = np.random.default_rng([seed, index, 3])
    while True:
        data, shape, outputs, keeps = _sequences(rng)
        body, work = _cells(rng, shape, keeps=keeps)
        batch, epochs = int(2 ** rng.integers(4, 8)), int(rng.integers(4, 24))
        samples = data.get("samples", 1797)
        steps = samples // batch * epochs * shape[0]
        if 15 * samples * epochs * work * shape[0] <= MOST_WORK and steps <= 40_000:
            break
    loss = "mse" if data["name"] == "sines" else "cross_entropy"
    init = RECURRENT_INITS[int(rng.integers(len(RECURRENT_INITS)))]
    said = {"init": init, "loss": loss, "optimizer": _optimizer(rng, 2.0), "data": data}
    return {"layers": [list(shape), *body, outputs], **said, "batch_size": batch, "epochs": epochs}


def _optimizer(rng: np.random.Generator, decades: float) -> Document:
    update, middle = OPTIMIZERS[int(rng.integers(len(OPTIMIZERS)))]
    found = {**update, "learning_rate": float(f"{middle * 10 ** rng.uniform(-decades, decades):.2g}")}
    return found | ({"clip_norm": 1.0} if rng.random() < 0.15 else {})


def _images(rng: np.random.Generator) -> tuple[Document, int, int, int]:
    """The data section, the images' side, their number and their classes."""
    if rng.random() < 0.4:
        return {"name": "digits", **({"standardize": True} if rng.random() < 0.6 else {})}, 8, 1797, 10
    data: Document = {"name": "shapes", "samples": int(rng.choice([300, 500]))}
    if rng.random() < 0.35:
        data["scale"] = float(rng.choice([0.02, 16.0, 255.0]))
    return data, int(rng.choice([10, 12, 16])), data["samples"], 3


def _convolutions(rng: np.random.Generator, side: int) -> tuple[list[Any], float]:
    """The layers between image and output, and multiplications of one sample."""
    depth, width = int(math.exp(rng.uniform(0, math.log(10)))), int(rng.choice([4, 8, 12, 16]))
    norm = str(rng.choice(["", "batch_norm", "layer_norm"], p=[0.65, 0.25, 0.1]))
    residual = depth >= 4 and rng.random() < 0.2
    pool = str(rng.choice(["max_pool2d", "avg_pool2d", "stride"]))
    layers: list[Any] = []
    work, before = 0.0, 1
    pools = max(1, int(math.log2(side / 3)))
    for at in range(depth):
        kernel = int(rng.choice([3, 3, 3, 5, 1]))
        convolution: Document = {"type": "conv2d", "channels": width, "kernel_size": kernel, "padding": "same"}
        convolution |= {"norm": norm} if norm else {}
        shrinks = at % max(1, depth // pools) == 0 and side >= 6
        work += side**2 * kernel**2 * before * width
        if residual and 0 < at < depth - 1 and at % 2:
            layers.append({"type": "residual", "layers": [convolution, dict(convolution)]})
            work += side**2 * kernel**2 * width**2
        else:
            layers.append(convolution | ({"stride": 2} if shrinks and pool == "stride" else {}))
        if shrinks:
            layers += [] if pool == "stride" else [pool]
            side = (side + 1) // 2 if pool == "stride" else side // 2
        before = width
    last = str(rng.choice(["flatten", "global_avg_pool", "dense"]))
    layers.append("global_avg_pool" if last == "global_avg_pool" else "flatten")
    return layers + ([32] if last == "dense" else []), work


def _sequences(rng: np.random.Generator) -> tuple[Document, tuple[int, int], int, bool]:
    """The data section, steps × features, the outputs, and whether there is one at each step."""
    name = str(rng.choice(["digits", "copy", "copy", "sines"]))
    if name == "digits":
        return {"name": name, **({"standardize": True} if rng.random() < 0.6 else {})}, (8, 8), 10, False
    steps = int(math.exp(rng.uniform(math.log(5), math.log(60))))
    data: Document = {"name": name, "samples": int(rng.choice([500, 1000]))}
    if name == "sines":
        data |= {"scale": float(rng.choice([0.01, 30.0]))} if rng.random() < 0.2 else {}
        return data, (max(steps, 8), 1), 1, True
    return data, (steps, 10), 8, False


def _cells(rng: np.random.Generator, shape: tuple[int, int], *, keeps: bool) -> tuple[list[Any], float]:
    """The recurrent layers, and multiplications of one step of one sample."""
    cell, units = str(rng.choice(CELLS)), int(rng.choice([8, 16, 32, 48]))
    both, stacked = rng.random() < 0.15, int(rng.choice([1, 1, 1, 2, 3]))
    given: Document = {"type": cell, "units": units, **({"bidirectional": True} if both else {})}
    if cell == "rnn" and rng.random() < 0.25:
        given["activation"] = "relu"
    if rng.random() < 0.2:
        given["recurrent_init"] = "orthogonal"
    if cell == "lstm" and rng.random() < 0.2:
        given["forget_bias"] = float(rng.choice([-2, 1, 3]))
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    sides = 2 if both else 1
    layers = [dict(given, **({"return_sequences": True} if keeps or at < stacked - 1 else {})) for at in range(stacked)]
    return layers, stacked * gates * sides * units * (units + max(shape[1], sides * units))


def variants(document: Document) -> dict[str, Document]:
    """Name → change, one factor each; only what would change something."""
    return dict(_variants(document))


def _variants(document: Document) -> Iterator[tuple[str, Document]]:
    rate, data = document["optimizer"]["learning_rate"], document["data"]
    yield from (
        (f"rate x{factor:g}", {"optimizer": {"learning_rate": rate * factor}}) for factor in (0.01, 0.1, 10, 100)
    )
    if not data.get("standardize") and data["name"] != "copy":
        yield "inputs", {"data": {"standardize": True}}
    if data["name"] == "sines" and data.get("scale"):
        yield "inputs, targets", {"data": {"standardize": True, "standardize_targets": True}}
    if document.get("output") == "sigmoid":
        yield "output", {"output": "softmax"}
    if "activation" not in document:
        yield from _recurrent_variants(document)
        return
    if document["init"] != MATCHING[document["activation"]]:
        yield "init", {"init": MATCHING[document["activation"]]}
    if document["activation"] != "relu":
        yield "activation", {"activation": "relu", "init": "he_normal"}


def _recurrent_variants(document: Document) -> Iterator[tuple[str, Document]]:
    if document["init"] != "keras":
        yield "init", {"init": "keras"}

    def changed(**given: Any) -> Document:
        return {"layers": [e | given if isinstance(e, dict) else e for e in document["layers"]]}

    kind = document["layers"][1]["type"]
    if kind == "lstm":
        yield "memory", changed(forget_bias="chrono")
    elif kind == "gru":
        yield "memory", changed(update_bias="chrono")
    else:
        yield "recurrent", changed(recurrent_init="orthogonal")
    if not document["optimizer"].get("clip_norm"):
        yield "clip", {"optimizer": {"clip_norm": 1.0}}
