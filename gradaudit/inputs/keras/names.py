"""Keras's initializers and activations by the names and parameters that they have in a spec.

Keras's *_normal initializers are truncated, so they are variance_scaling here (keras/initializers/random_initializers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gradaudit.domain.spec import Plain
from gradaudit.inputs.keras.part import Part
from gradaudit.text.suggest import quoted


def snake(name: str) -> str:
    """`GlorotUniform` → glorot_uniform, `LeakyReLU` → leaky_re_lu: what Keras calls a class in lower case."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _truncated(scale: float, mode: str) -> Callable[[Part], Plain]:
    return lambda _: {"name": "variance_scaling", "scale": scale, "mode": mode, "distribution": "truncated_normal"}


def _variance_scaling(config: Part) -> Plain:
    distribution = config.text("distribution", "truncated_normal")
    ours = {"normal": "truncated_normal", "untruncated_normal": "normal"}.get(distribution, distribution)
    scale, mode = config.number("scale", 1.0), config.text("mode", "fan_in")
    return {"name": "variance_scaling", "scale": scale, "mode": mode, "distribution": ours}


def _spread(name: str, mean: float, std: float) -> Callable[[Part], Plain]:
    return lambda c: {"name": name, "mean": c.number("mean", mean), "std": c.number("stddev", std)}


def _identity(config: Part) -> Plain:
    if config.number("gain", 1.0) != 1.0:
        raise config.refusal("an identity with another gain than 1 is not audited")
    return "identity"


_INITIALIZERS: Mapping[str, Callable[[Part], Plain]] = {
    "zeros": lambda _: "zeros",
    "zero": lambda _: "zeros",
    "ones": lambda _: "ones",
    "one": lambda _: "ones",
    "constant": lambda c: {"name": "constant", "value": c.number("value", 0.0)},
    "random_normal": _spread("normal", 0.0, 0.05),
    "normal": _spread("normal", 0.0, 0.05),
    "random_uniform": lambda c: {"name": "uniform", "low": c.number("minval", -0.05), "high": c.number("maxval", 0.05)},
    "uniform": lambda c: {"name": "uniform", "low": c.number("minval", -0.05), "high": c.number("maxval", 0.05)},
    "truncated_normal": _spread("truncated_normal", 0.0, 0.05),
    "glorot_uniform": lambda _: "glorot_uniform",
    "glorot_normal": _truncated(1.0, "fan_avg"),
    "he_uniform": lambda _: "he_uniform",
    "he_normal": _truncated(2.0, "fan_in"),
    "lecun_uniform": lambda _: "lecun_uniform",
    "lecun_normal": _truncated(1.0, "fan_in"),
    "variance_scaling": _variance_scaling,
    "orthogonal": lambda c: {"name": "orthogonal", "gain": c.number("gain", 1.0)},
    "identity": _identity,
}
"""Keras's name → what a spec says for this configuration; seeds are not heeded."""

_ACTIVATIONS: Mapping[str, Plain] = {
    **{name: name for name in ("relu", "relu6", "elu", "selu", "gelu", "silu", "mish", "sigmoid", "tanh")},
    **{name: name for name in ("softplus", "softsign", "exponential", "hard_tanh", "softmax")},
    "swish": "silu",
    "linear": "identity",
    "leaky_relu": {"name": "leaky_relu", "negative_slope": 0.2},
    "hard_sigmoid": "hard_sigmoid",
}
"""Keras's name of an activation function, its parameters at their defaults → a spec's."""


def _relu(config: Part) -> Plain:
    slope, top = config.number("negative_slope", 0.0), config.get("max_value")
    if config.number("threshold", 0.0) or (top is not None and (top.value != 6 or slope)):
        raise config.refusal("a ReLU is audited without threshold, and with a max_value of 6 or none")
    if slope:
        return {"name": "leaky_relu", "negative_slope": slope}
    return "relu" if top is None else "relu6"


def _softmax(config: Part) -> Plain:
    if config.number("axis", -1) != -1:
        raise config.refusal("a Softmax over another axis than the last is not audited")
    return "softmax"


LAYERS: Mapping[str, Callable[[Part], Plain]] = {
    "ReLU": _relu,
    "LeakyReLU": lambda c: {"name": "leaky_relu", "negative_slope": c.number("negative_slope", c.number("alpha", 0.3))},
    "ELU": lambda c: {"name": "elu", "alpha": c.number("alpha", 1.0)},
    "Softmax": _softmax,
}
"""Activations that are layers in Keras → what a spec says for this configuration."""


def initializer_of(part: Part | None, default: str) -> Plain:
    """A spec's name for it; `default` where the layer says nothing. Raises InputError for one that has none."""
    if part is None:
        return default
    name, config = part.named()
    read = _INITIALIZERS.get(snake(name).removesuffix("_initializer").replace("_v2", ""))
    if read is None:
        raise part.refusal(f"the initializer {quoted(name)} is not audited")
    return read(config)


def activation_of(part: Part | None, keras_2: bool) -> Plain:
    """A spec's name for an activation function; identity where there is none.

    `keras_2`: the file is of Keras 2, whose hard_sigmoid is another function. Raises InputError for one without name.
    """
    if part is None:
        return "identity"
    name, config = part.named()
    if name in LAYERS:  # Dense(8, activation=LeakyReLU(0.1))
        return LAYERS[name](config)
    if name == "function" and isinstance(config.value, str):  # of the person's own, or a wrapped one of Keras
        name = config.value
    if name not in _ACTIVATIONS or (name == "hard_sigmoid" and keras_2):
        older = " (Keras 2's is steeper than that of a spec)" if name == "hard_sigmoid" else ""
        raise part.refusal(f"the activation {quoted(name)} is not audited{older}")
    return _ACTIVATIONS[name]
