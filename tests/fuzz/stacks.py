"""Small networks of every kind of layer, drawn at random, with numbers at the ends of what a spec may say."""

from __future__ import annotations

from random import Random

from gradaudit.domain.spec import Plain

ACTIVATIONS = ("relu", "tanh", "sigmoid", "exponential", "softplus", "hard_sigmoid", "selu", "identity")
INITS: tuple[Plain, ...] = (
    *("zeros", "ones", "he_normal", "pytorch", "keras", "orthogonal"),
    {"name": "normal", "std": 50.0},
    {"name": "normal", "std": 1e200},
    {"name": "normal", "std": 1e-200},
    {"name": "constant", "value": -100.0},
    {"name": "orthogonal", "gain": 1e3},
)
NAMED: dict[str, tuple[Plain, ...]] = {
    "activation": ACTIVATIONS,
    "output": ("identity", "sigmoid", "softmax", "exponential"),
    "init": INITS,
    "bias": (False, "zeros", {"name": "constant", "value": 1e150}),
    "loss": ("mse", "half_sse", "mae", "huber", "poisson", "cross_entropy", "binary_cross_entropy"),
    "l2": (1e-300, 1e300),
    "optimizer": (
        *("adam", "rmsprop", "adagrad"),
        {"name": "sgd", "learning_rate": 1e-300},
        {"name": "sgd", "learning_rate": 1e30, "momentum": 0.9},
        {"name": "adamw", "learning_rate": 1.0, "clip_norm": 1e-30},
    ),
    "batch_size": (1, 2, 1000),
    "epochs": (1, 10**9),
    "precision": ("float16", "bfloat16", "float64"),
}
SCALES = (0.0, 1e-300, 1.0, 1.0, 1e6, 1e160, 1e308)


def draw_stack(rng: Random) -> dict[str, Plain]:
    """A spec over a table, images, a sequence or tokens; not each of them fits together."""
    layers, data = rng.choice((_table, _images, _sequence, _tokens))(rng)
    document: dict[str, Plain] = {"layers": [*layers, rng.choice((1, 2, 3))]}
    document |= {key: rng.choice(values) for key, values in NAMED.items() if rng.random() < 0.35}
    document["data"] = {"name": data, "samples": rng.choice((1, 2, 9, 40)), "scale": rng.choice(SCALES)}
    document["audit"] = {"seeds": rng.choice((1, 2)), "samples": 16, "effort": "quick"}
    return document


def _said(rng: Random, *keys: str) -> dict[str, Plain]:
    """What a layer says of itself, now and then."""
    values: dict[str, tuple[Plain, ...]] = {
        "activation": ACTIVATIONS,
        "init": INITS,
        "recurrent_init": INITS[:3],
        "bias": (False, "ones"),
        "norm": ("batch_norm", "layer_norm"),
        "repeat": (1, 2, 3),
    }
    return {key: rng.choice(values[key]) for key in keys if rng.random() < 0.25}


def _table(rng: Random) -> tuple[list[Plain], str]:
    dense = {"units": rng.choice((1, 4)), **_said(rng, "activation", "init", "bias", "norm", "repeat")}
    block = {"type": "residual", "layers": ["layer_norm", dict(dense)], "shortcut": [{"units": dense["units"]}]}
    middle = rng.choice(([dense], [dense, block], ["batch_norm", dense], [{"type": "dropout", "rate": 0.9}]))
    return [rng.choice((1, 3)), *middle], rng.choice(("gaussian", "uniform", "blobs"))


def _window(rng: Random, axes: int) -> dict[str, Plain]:
    """A convolution that fits almost any map."""
    more: dict[str, tuple[Plain, ...]] = {"stride": (1, 2, 9), "dilation": (1, 2), "padding": ("same", "valid", 1)}
    chosen = {key: rng.choice(values) for key, values in more.items() if rng.random() < 0.4}
    kernel: Plain = rng.choice((1, 2, 3, [1] * axes))
    said = _said(rng, "activation", "init", "bias", "norm", "repeat")
    return {"type": f"conv{axes}d", "channels": rng.choice((1, 2, 4)), "kernel_size": kernel, **chosen, **said}


def _pool(rng: Random, axes: int) -> dict[str, Plain]:
    return {"type": f"{rng.choice(('max', 'avg'))}_pool{axes}d", "size": rng.choice((1, 2)), "padding": "same"}


def _images(rng: Random) -> tuple[list[Plain], str]:
    some = [rng.choice((_window, _pool))(rng, 2) for _ in range(rng.randint(1, 3))]
    last = rng.choice(("flatten", "global_avg_pool", "global_max_pool"))
    sides: list[Plain] = [rng.choice((1, 5)), rng.choice((4, 5)), rng.choice((1, 2))]
    return [sides, *some, last], rng.choice(("gaussian", "uniform", "shapes"))


def _recurrent(rng: Random, **given: Plain) -> dict[str, Plain]:
    said = _said(rng, "activation", "init", "recurrent_init", "bias")
    more = {"bidirectional": True} if rng.random() < 0.3 else {}
    return {"type": rng.choice(("rnn", "lstm", "gru")), "units": rng.choice((1, 3)), **said, **more, **given}


def _steps(rng: Random) -> list[Plain]:
    """Layers over steps, the last of which leaves one."""
    some: list[Plain] = [_recurrent(rng, return_sequences=True), _window(rng, 1), _pool(rng, 1), 3]
    last: list[Plain] = [_recurrent(rng), "flatten", "global_avg_pool", _recurrent(rng, return_sequences=True)]
    return [*rng.sample(some, rng.randrange(3)), rng.choice(last)]


def _sequence(rng: Random) -> tuple[list[Plain], str]:
    return [[rng.choice((1, 2, 7)), rng.choice((1, 2))], *_steps(rng)], rng.choice(("gaussian", "sines", "adding"))


def _tokens(rng: Random) -> tuple[list[Plain], str]:
    table: dict[str, Plain] = {"type": "embedding", "vocabulary": rng.choice((1, 5)), "units": 3, **_said(rng, "init")}
    return [rng.choice((1, 6)), table, *_steps(rng)], rng.choice(("gaussian", "copy"))
