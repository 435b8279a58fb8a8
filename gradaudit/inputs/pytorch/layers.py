"""What each module of torch.nn is among a spec's layers: one entry of LAYERS a class, for any further kind of layer.

Facts are those of torch.nn (2.x). A function of torch's is read as the module that does the same (`MODULES`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import Named
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.pytorch import images, sequences
from gradaudit.inputs.pytorch.parameters import Described, Shape, arrays_of, class_name, own_name, unmet
from gradaudit.layers.windows import by


@dataclass(frozen=True)
class _Known:
    """What a class of torch.nn is in a spec, and the settings without which it is something else."""

    name: str
    takes: tuple[str, ...] = ()
    """Attributes that are parameters of the same name in a spec."""
    needs: Mapping[str, tuple[object, ...]] = field(default_factory=dict)


_LAST_AXIS = {"dim": (1, -1, None)}
ACTIVATIONS = {
    "ELU": _Known("elu", ("alpha",)),
    "GELU": _Known("gelu", needs={"approximate": ("none",)}),
    "Hardsigmoid": _Known("hard_sigmoid"),
    "Hardtanh": _Known("hard_tanh", needs={"min_val": (-1.0,), "max_val": (1.0,)}),
    "LeakyReLU": _Known("leaky_relu", ("negative_slope",)),
    "LogSoftmax": _Known("softmax", needs=_LAST_AXIS),
    "Mish": _Known("mish"),
    "ReLU": _Known("relu"),
    "ReLU6": _Known("relu6"),
    "SELU": _Known("selu"),
    "Sigmoid": _Known("sigmoid"),
    "SiLU": _Known("silu"),
    "Softmax": _Known("softmax", needs=_LAST_AXIS),
    "Softplus": _Known("softplus", needs={"beta": (1.0,), "threshold": (20.0,)}),
    "Softsign": _Known("softsign"),
    "Tanh": _Known("tanh"),
}
NORMS = {
    "BatchNorm1d": _Known("batch_norm", needs={"affine": (True,)}),
    "BatchNorm2d": _Known("batch_norm", needs={"affine": (True,)}),
    "GroupNorm": _Known("group_norm", needs={"affine": (True,)}),
    "InstanceNorm1d": _Known("group_norm", needs={"affine": (True,)}),
    "InstanceNorm2d": _Known("group_norm", needs={"affine": (True,)}),
    "LayerNorm": _Known("layer_norm", needs={"elementwise_affine": (True,)}),
}
_SPELT = {"leaky_relu": "LeakyReLU", "log_softmax": "LogSoftmax"}
MODULES = {
    **{kind.lower(): kind for kind in ("Dropout", *ACTIVATIONS, "Dropout2d") if kind not in _SPELT.values()},
    **_SPELT,
    "feature_dropout": "Dropout2d",
    **images.FUNCTIONS,
}
"""A function of torch's, or a tensor's method → the module that does the same and takes the same settings."""


def _linear(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401 - torch is not imported, so no types
    arrays = arrays_of(module, place, weight="weight", bias="bias")
    return (dense(arrays["weight"].T, arrays.get("bias"), shape, place),)


def dense(weight: Array, bias: Array | None, shape: Shape, place: Place) -> DescribedLayer:
    """A dense layer; `weight` is inputs × units, `shape` what goes in. Raises InputError but for a vector a row."""
    _check_vector(shape, place)
    inputs, units = weight.shape
    if not units * inputs:
        raise place.refusal(f"a Linear of {counted(inputs, 'input')} and {counted(units, 'unit')} has no weights")
    keys = {"units": units, "name": own_name(place), "bias": False if bias is None else None}
    arrays = {"weight": np.ascontiguousarray(weight)} | ({} if bias is None else {"bias": bias})
    return DescribedLayer("dense", place, keys, arrays)


def _norm(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    kind = class_name(module)
    _check(module, kind, NORMS[kind], place)
    if kind == "LayerNorm":
        _check_vector(shape, place)
    width = shape[-1] if kind == "LayerNorm" else shape[1]
    if module.weight.shape != (width,) or module.bias is None:
        form = "has no bias" if module.bias is None else f"normalises {tuple(module.weight.shape)}"
        raise place.refusal(f"it {form}, which is not audited after a layer of {width} units")
    arrays = arrays_of(module, place, scale="weight", shift="bias")
    keys: dict[str, Value] = {"eps": float(module.eps)}
    keys |= {"groups": getattr(module, "num_groups", width)} if NORMS[kind].name == "group_norm" else {}
    return (DescribedLayer(NORMS[kind].name, place, keys, arrays),)


def _activation(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    kind = class_name(module)
    known = ACTIVATIONS[kind]
    _check(module, kind, known, place)
    if known.name == "softmax" and len(shape) != 2:
        raise place.refusal(f"{kind} over a tensor of {len(shape)} axes is not audited")
    given = {key: float(getattr(module, key)) for key in known.takes}
    return (DescribedLayer("activation", place, {"activation": Named.of(known.name, **given)}),)


def _dropout(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    if module.p == 1:
        raise place.refusal("Dropout with p = 1 lets nothing through")
    return (DescribedLayer("dropout", place, {"rate": float(module.p)}),) if module.p else ()


LAYERS: Mapping[str, Callable[[Any, Shape, Place], Described]] = {
    "Linear": _linear,
    **dict.fromkeys(NORMS, _norm),
    **dict.fromkeys(ACTIVATIONS, _activation),
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d"), _dropout),
    **dict.fromkeys(images.CONVOLUTIONS, images.convolution),
    **dict.fromkeys(images.POOLS, images.pooling),
    **dict.fromkeys(images.ADAPTIVE, images.adaptive),
    **dict.fromkeys(images.PADDINGS, images.zeros),
    "Embedding": sequences.embedding,
    "Identity": lambda module, shape, place: (),
}
"""Class of torch.nn → what it is for a batch of this shape; raises InputError for settings that no spec has."""
RESHAPES = ("Flatten", "Unflatten")
"""Classes that only give the numbers another shape."""
MIXES = (
    *images.CONVOLUTIONS,
    *images.POOLS,
    *images.ADAPTIVE,
    *images.PADDINGS,
    "BatchNorm1d",
    "BatchNorm2d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "Dropout1d",
    "Dropout2d",
)
"""Classes to which the second axis are channels."""
KNOWN = (*LAYERS, *sequences.RECURRENT, *RESHAPES, "Sequential")
KNOWN_FUNCTIONS = (*MODULES, "linear", "matmul", "add", "cat", "view", "reshape", "flatten", "squeeze")
"""Modules and functions that a message may propose."""


def _check(module: object, kind: str, known: _Known, place: Place) -> None:
    if says := unmet(kind, partial(getattr, module), known.needs):
        raise place.refusal(says)


def _check_vector(shape: Shape, place: Place) -> None:
    if len(shape) < 2 or any(side != 1 for side in shape[1:-1]):
        found = by(shape[1:]) or "one number"
        raise place.refusal(f"it acts on a sequence or an image ({found} a row); one vector a row is audited")
