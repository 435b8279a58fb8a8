"""How a compiled Keras model is trained: its loss and its optimizer, in the words of a spec, with Keras's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import numpy as np

from gradaudit.domain.spec import Plain
from gradaudit.inputs.keras.names import snake
from gradaudit.inputs.keras.part import Part
from gradaudit.text.suggest import quoted

_LOSSES: Mapping[str, str] = {
    **dict.fromkeys(("mse", "mean_squared_error"), "mse"),
    **dict.fromkeys(("mae", "mean_absolute_error"), "mae"),
    "huber": "huber",
    "huber_loss": "huber",
    "poisson": "poisson",
    **dict.fromkeys(("bce", "binary_crossentropy"), "binary_cross_entropy"),
    **dict.fromkeys(("categorical_crossentropy", "sparse_categorical_crossentropy"), "cross_entropy"),
}
"""Keras's loss, as a function or class in snake case → a spec's."""
NATIVE = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
"""What `from_logits` puts before a loss."""

_OPTIMIZERS: Mapping[str, tuple[str, Mapping[str, tuple[str, float]]]] = {
    "sgd": ("sgd", {"learning_rate": ("learning_rate", 0.01), "momentum": ("momentum", 0.0)}),
    "adam": ("adam", {"beta_1": ("beta_1", 0.9), "beta_2": ("beta_2", 0.999), "epsilon": ("eps", 1e-7)}),
    "adam_w": ("adamw", {"beta_1": ("beta_1", 0.9), "beta_2": ("beta_2", 0.999), "epsilon": ("eps", 1e-7)}),
    "rm_sprop": ("rmsprop", {"rho": ("alpha", 0.9), "momentum": ("momentum", 0.0), "epsilon": ("eps", 1e-7)}),
    "adagrad": (
        "adagrad",
        {"initial_accumulator_value": ("initial_accumulator_value", 0.1), "epsilon": ("eps", 1e-7)},
    ),
}
"""Keras's class in snake case → a spec's name, and for each parameter its name in a spec and Keras's default."""
_SPELT = {"adamw": "adam_w", "rmsprop": "rm_sprop", "adagrad": "adagrad"}
"""Names in lower case, as `compile("rmsprop")` takes them."""


def loss_of(compiled: Part, outputs: int) -> tuple[Plain, bool]:
    """The loss, and whether it takes logits. Raises InputError for one that a spec cannot say."""
    part = _only(compiled.need("loss"))
    name, config = part.named()
    if name == "function":
        name = str(config.value)
    ours = _LOSSES.get(snake(name))
    if ours is None:
        raise part.refusal(f"the loss {quoted(name)} is not audited; known are {', '.join(sorted(set(_LOSSES)))}")
    for key, default in (("label_smoothing", 0.0), ("delta", 1.0)):
        if config is not part and config.number(key, default) != default:
            says = f"a {key} of {config.number(key, default):g} is not audited; compile with {key}={default:g}"
            raise config.refusal(says)
    logits = config is not part and ours in NATIVE and config.flag("from_logits", False)
    reduction = config.text("reduction", "sum_over_batch_size") if config is not part else "auto"
    if ours == "poisson" and outputs > 1:
        raise part.refusal("poisson over several outputs is not audited")
    if reduction in ("auto", "sum_over_batch_size", "mean"):
        return ours, logits
    if reduction != "sum" or (outputs > 1 and ours != "cross_entropy"):
        raise config.refusal(f"the reduction {quoted(reduction)} is not audited")
    return {"name": ours, "reduction": "sum"}, logits


def _only(part: Part) -> Part:
    """The loss of the one output, where Keras keeps a list."""
    items = list(part.items())
    return items[0] if len(items) == 1 else part


def optimizer_of(compiled: Part, notes: dict[str, None]) -> dict[str, Plain]:
    """The optimizer; what of it is not read goes to `notes`. Raises InputError for one that is not known."""
    part = compiled.need("optimizer")
    kind, config = part.named()
    if kind == "LossScaleOptimizer":
        notes[f"{part.path}: the scaling of a LossScaleOptimizer is not read"] = None
        part = config.need("inner_optimizer")
        kind, config = part.named()
    name = snake(kind.rpartition(">")[2])
    name = _SPELT.get(name, name)
    if name not in _OPTIMIZERS:
        raise part.refusal(f"the optimizer {quoted(kind)} is not audited; known are SGD, Adam, AdamW, RMSprop, Adagrad")
    ours, parameters = _OPTIMIZERS[name]
    decay = config.number("weight_decay", 0.004 if ours == "adamw" else 0.0)
    if ours == "adam" and decay:
        ours = "adamw"  # Keras's decay is decoupled in every optimizer
    found: dict[str, Plain] = {"name": ours, "learning_rate": _rate(config, ours, notes)}
    found |= {our: config.number(key, default) for key, (our, default) in parameters.items() if key != "learning_rate"}
    if decay or ours == "adamw":
        found["weight_decay"] = decay
    if ours == "sgd" and config.flag("nesterov", False) and found["momentum"]:
        found["nesterov"] = True
    return found | _clipping(config, notes)


def _rate(config: Part, ours: str, notes: dict[str, None]) -> float:
    """The rate, as it was before it was rounded to a float32; of a schedule the one that it begins with."""
    default = 0.01 if ours == "sgd" else 0.001
    part = config.get("learning_rate")
    if part is None or not isinstance(part.value, dict):
        return _unrounded(config.number("learning_rate", default))
    kind, schedule = part.named()
    begins = schedule.get("initial_learning_rate")
    if begins is None:
        raise part.refusal(f"the schedule {quoted(kind)} says no initial_learning_rate; compile with a number")
    notes[f"{part.path}: the schedule {kind} is not followed, its initial rate is taken"] = None
    return _unrounded(schedule.number("initial_learning_rate", default))


def _unrounded(rate: float) -> float:
    """0.01 for 0.009999999776482582, which is what Keras keeps of it."""
    short = float(str(np.float32(rate))) if isfinite(rate) and abs(rate) < 1e38 else rate
    return short if float(np.float32(short)) == rate else rate


def _clipping(config: Part, notes: dict[str, None]) -> dict[str, Plain]:
    """A bound on the whole gradient's norm is a spec's; the others are said."""
    for key in ("amsgrad", "centered", "use_ema"):
        if config.flag(key, False):
            notes[f"{config.path}: {key} is not read"] = None
    if config.get("clipvalue"):
        notes[f"{config.path}: clipvalue is not read"] = None
    whole, each = config.number("global_clipnorm", 0.0), config.number("clipnorm", 0.0)
    if each:
        notes[f"{config.path}: clipnorm bounds each array's gradient; the whole gradient's norm is bounded instead"] = (
            None
        )
    return {"clip_norm": whole or each} if whole or each else {}
