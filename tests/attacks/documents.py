"""Specs drawn at random: valid ones with everything that a spec can say, empty collections included."""

from __future__ import annotations

from random import Random

from gradaudit.domain.spec import Plain
from gradaudit.rules import ALL as RULES

WIDTH = 6
"""Of every hidden layer, so that residual blocks fit wherever they stand."""
INITS: tuple[Plain, ...] = (
    "zeros",
    "he_normal",
    "kaiming_uniform",
    "orthogonal",
    {"name": "normal", "std": 1.0},
    {"name": "uniform", "low": -0.5, "high": 0.5},
    {"name": "xavier_normal", "gain": 3},
    {"name": "variance_scaling", "scale": 2.0, "mode": "fan_in", "distribution": "normal"},
)
ACTIVATIONS: tuple[Plain, ...] = (
    "relu",
    "sigmoid",
    "tanh",
    {"name": "leaky_relu", "negative_slope": 0.2},
    {"name": "elu", "alpha": 2.0},
)
OPTIMIZERS: tuple[Plain, ...] = (
    "sgd",
    "adam",
    {"name": "sgd", "learning_rate": 0.1},
    {"name": "sgd", "learning_rate": 1e-05, "momentum": 0.9, "nesterov": True},
    {"name": "adam", "betas": [0.9, 0.99], "learning_rate": 0.001},
    {"name": "adamw", "weight_decay": 0.01, "clip_norm": 1.0},
)
DATA: tuple[Plain, ...] = (
    "gaussian",
    "moons",
    {"name": "blobs", "samples": 64},
    {"name": "spirals", "scale": 20.0, "offset": -3, "standardize": False},
)
_NAMES = ("net", "Zwei Wörter", "it's", 'a "b"', "x: y", "# no comment", "- dash", "1e5", "true", "näïve 模型", "🙂")


def draw_document(rng: Random) -> dict[str, Plain]:
    """A spec as plain values, its keys in any order."""
    named = {
        "activation": ACTIVATIONS,
        "output": ("identity", "softplus"),
        "init": INITS,
        "bias": (False, *INITS[:5]),
        "loss": ("mse", "huber", {"name": "mse", "reduction": "sum"}, "mae"),
        "l2": (0.5, 1e-05, 0),
        "optimizer": OPTIMIZERS,
        "batch_size": (8, 32),
        "epochs": (1, 1000),
        "precision": ("float32", "float16", "float64"),
        "data": DATA,
        "name": _NAMES,
    }
    document: dict[str, Plain] = {"layers": _layers(rng)}
    document |= {key: rng.choice(values) for key, values in named.items() if rng.random() < 0.45}
    if isinstance(document["layers"], list) and "activation" in str(document["layers"][-1]):
        document.pop("output", None)  # the last layer names its own
    if rng.random() < 0.6:
        document["audit"] = _audit(rng)
    keys = list(document)
    rng.shuffle(keys)
    return {key: document[key] for key in keys}


def _layers(rng: Random) -> list[Plain]:
    """The inputs, a few layers, the outputs."""
    last: Plain = rng.choice((1, 2, {"units": 2, "bias": False}, {"units": 3, "activation": "tanh"}))
    return [rng.choice((2, 4)), WIDTH, *(_layer(rng, 2) for _ in range(rng.randrange(5))), last]


def _layer(rng: Random, depth: int) -> Plain:
    """One layer of WIDTH units; blocks go no deeper than `depth`."""
    kind = rng.randrange(8 if depth else 7)
    if kind < 2:
        return WIDTH
    if kind == 2:
        return rng.choice(("batch_norm", "layer_norm"))
    if kind == 3:
        return _repeated(rng, {"name": rng.choice(("dropout", "drop 2")), "rate": rng.choice((0, 0.5, 0.9))})
    if kind == 4:
        return _repeated(rng, {"name": "layer_norm", "eps": 0.001})
    if kind < 7:
        return _repeated(rng, _dense(rng))
    return _repeated(rng, {"name": "residual", "layers": [_layer(rng, depth - 1) for _ in range(rng.randint(1, 3))]})


def _dense(rng: Random) -> dict[str, Plain]:
    more = {"activation": ACTIVATIONS, "init": INITS, "bias": (False, "ones"), "norm": ("batch_norm",), "name": _NAMES}
    chosen = {key: rng.choice(values) for key, values in more.items() if rng.random() < 0.35}
    items = [("units", WIDTH), *chosen.items()]
    rng.shuffle(items)
    return dict(items)


def _repeated(rng: Random, layer: dict[str, Plain]) -> dict[str, Plain]:
    return {**layer, "repeat": rng.randint(1, 6)} if rng.random() < 0.4 else layer


def _audit(rng: Random) -> dict[str, Plain]:
    """The audit section, in which collections may be empty."""
    rule = rng.choice(RULES).name
    sections: dict[str, tuple[Plain, ...]] = {
        "seeds": (1, 8),
        "select": ([], [rule]),
        "ignore": ([], [rule], ["plateau", rule]),
        "fail_on": ("warning",),
        "rules": ({}, {rule: {}}),
    }
    return {key: rng.choice(values) for key, values in sections.items() if rng.random() < 0.4}
