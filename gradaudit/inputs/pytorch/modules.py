"""What each module of torch.nn is among a spec's layers: one entry of LAYERS a class, for any further kind of layer.

Facts are those of torch.nn (2.x). A function of torch's is read as the module that does the same (`MODULES`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.domain.spec import Named
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.pytorch import images, sequences

Array = npt.NDArray[np.float64]
Shape: TypeAlias = tuple[int, ...]
"""Of what goes into a module, rows first."""
Described = tuple[DescribedLayer, ...]


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
    "LayerNorm": _Known("layer_norm", needs={"elementwise_affine": (True,)}),
}
MODULES = {
    "dropout": "Dropout",
    "elu": "ELU",
    "gelu": "GELU",
    "hardsigmoid": "Hardsigmoid",
    "hardtanh": "Hardtanh",
    "leaky_relu": "LeakyReLU",
    "log_softmax": "LogSoftmax",
    "mish": "Mish",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "selu": "SELU",
    "sigmoid": "Sigmoid",
    "silu": "SiLU",
    "softmax": "Softmax",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
    "dropout2d": "Dropout2d",
    "feature_dropout": "Dropout2d",
    **images.FUNCTIONS,
}
"""A function of torch's, or a tensor's method → the module that does the same and takes the same settings."""


def _linear(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401 - torch is not imported, so no types
    weight = array(module, "weight", place)
    bias = None if module.bias is None else array(module, "bias", place)
    return (dense(weight.T, bias, shape, place),)


def dense(weight: Array, bias: Array | None, shape: Shape, place: Place) -> DescribedLayer:
    """A dense layer; `weight` is inputs × units, `shape` what goes in. Raises InputError but for a vector a row."""
    _check_vector(shape, place)
    inputs, units = weight.shape
    if not units * inputs:
        raise place.refusal(f"a Linear of {inputs} inputs and {units} units has no weights")
    name = place.what.partition(".")[2]
    keys = {"units": units, "name": name if _is_name(name) else None, "bias": False if bias is None else None}
    arrays = {"weight": np.ascontiguousarray(weight)} | ({} if bias is None else {"bias": bias})
    return DescribedLayer("dense", place, {k: v for k, v in keys.items() if v is not None}, arrays)


def _is_name(name: str) -> bool:
    """Whether it is more than the numbers of a Sequential, and no function of a forward pass."""
    return ":" not in name and any(not part.isdecimal() for part in name.split("."))


def _norm(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    kind = _kind(module)
    _check(module, kind, NORMS[kind], place)
    if kind == "LayerNorm":
        _check_vector(shape, place)
    width = shape[-1] if kind == "LayerNorm" else shape[1]
    if module.weight.shape != (width,) or module.bias is None:
        form = "has no bias" if module.bias is None else f"normalises {tuple(module.weight.shape)}"
        raise place.refusal(f"it {form}, which is not audited after a layer of {width} units")
    arrays = {"scale": array(module, "weight", place), "shift": array(module, "bias", place)}
    return (DescribedLayer(NORMS[kind].name, place, {"eps": float(module.eps)}, arrays),)


def _activation(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    kind = _kind(module)
    known = ACTIVATIONS[kind]
    _check(module, kind, known, place)
    if known.name == "softmax" and len(shape) != 2:
        raise place.refusal(f"{kind} over a tensor of {len(shape)} axes is not audited")
    given = {key: float(getattr(module, key)) for key in known.takes}
    return (DescribedLayer("activation", place, {"activation": Named.of(known.name, **given)}),)


def _convolution(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    name = place.what.partition(".")[2]
    own = name if _is_name(name) else None
    return images.convolution(_kind(module), module, shape, place, array, own)


def _pooling(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    kind = _kind(module)
    read = images.zeros if kind in images.PADDINGS else images.pooling if kind in images.POOLS else images.adaptive
    return read(kind, module, shape, place)


def _dropout(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    if module.p == 1:
        raise place.refusal("Dropout with p = 1 lets nothing through")
    return (DescribedLayer("dropout", place, {"rate": float(module.p)}),) if module.p else ()


def _embedding(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    return (sequences.embedding(module, place, array, _own_name(place)),)


def recurrent_layers(kind: str, module: Any, place: Place) -> Described:  # noqa: ANN401
    """The layers that a recurrent module stacks. Raises InputError for what is not audited."""
    return sequences.recurrent(kind, module, place, array, _own_name(place))


def _own_name(place: Place) -> str | None:
    name = place.what.partition(".")[2]
    return name if _is_name(name) else None


LAYERS: Mapping[str, Callable[[Any, Shape, Place], Described]] = {
    "Linear": _linear,
    **dict.fromkeys(NORMS, _norm),
    **dict.fromkeys(ACTIVATIONS, _activation),
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d"), _dropout),
    **dict.fromkeys(images.CONVOLUTIONS, _convolution),
    **dict.fromkeys((*images.POOLS, *images.ADAPTIVE, *images.PADDINGS), _pooling),
    "Embedding": _embedding,
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
    "Dropout1d",
    "Dropout2d",
)
"""Classes to which the second axis are channels."""
KNOWN = (*LAYERS, *sequences.RECURRENT, *RESHAPES, "Sequential")
KNOWN_FUNCTIONS = (*MODULES, "linear", "matmul", "add", "cat", "view", "reshape", "flatten", "squeeze")
"""Modules and functions that a message may propose."""


def _kind(module: Any) -> str:  # noqa: ANN401
    from gradaudit.inputs.pytorch.trace import kind_of

    return kind_of(module)


def _check(module: object, kind: str, known: _Known, place: Place) -> None:
    for key, allowed in known.needs.items():
        if getattr(module, key) not in allowed:
            says = f"{kind} with {key} = {getattr(module, key)!r} is not audited"
            raise place.refusal(f"{says}; only {key} = {allowed[0]!r} is")


def _check_vector(shape: Shape, place: Place) -> None:
    if len(shape) < 2 or any(side != 1 for side in shape[1:-1]):
        found = " × ".join(map(str, shape[1:])) or "one number"
        raise place.refusal(f"it acts on a sequence or an image ({found} a row); one vector a row is audited")


def array(module: Any, name: str, place: Place) -> Array:  # noqa: ANN401
    """A parameter as float64, which holds any of its types exactly, in PyTorch's shape.

    Raises InputError for one without numbers.
    """
    tensor = module._parameters.get(name)  # noqa: SLF001 - what a hook or a parametrisation computes is not in there
    if tensor is None:
        raise place.refusal(f"its {name} is computed, no parameter of its own; such modules are not audited")
    return numbers(tensor, name, place)


def numbers(tensor: Any, name: str, place: Place) -> Array:  # noqa: ANN401
    """The tensor as float64, of its own shape. Raises InputError for one without numbers."""
    if tensor.is_meta:
        raise place.refusal(f"its {name} holds no numbers (device 'meta')")
    return np.array(tensor.detach().cpu().double().numpy())
