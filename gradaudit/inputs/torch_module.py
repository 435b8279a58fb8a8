"""A PyTorch module as a model: its layers, the weights that it holds, and whether they are a fresh draw.

`initialised` is what the weights were drawn from, as far as they tell: PyTorch's own default (`init: pytorch`), or an
initializer that the person's code called; `pytorch` is assumed where they were trained since. Weights that are a fresh
draw of the default say nothing that many draws do not say better. Any others are audited as they are too (stage
`fitted`), and the training run starts at them, as the person's own would.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from gradaudit.errors import InputError, Location
from gradaudit.inputs.geometry import MAX_WEIGHTS
from gradaudit.inputs.torch_draw import DEFAULT, fresh_draw
from gradaudit.inputs.torch_layers import kind_of, layers_of, parts_of
from gradaudit.spec import ModelSpec, Named

Precision = Literal["float64", "float32", "float16", "bfloat16"]

PRECISIONS = ("float64", "float32", "float16", "bfloat16")


def is_module(candidate: object) -> bool:
    """Whether it is a PyTorch module, of whatever kind. Does not import torch."""
    torch = sys.modules.get("torch.nn")
    return torch is not None and isinstance(candidate, torch.Module)


def from_module(
    module: object, *, name: str = "", source: str = "", lines: Mapping[str, Location] | None = None
) -> tuple[ModelSpec, ...]:
    """The module as a model. Loss and optimizer are not in it: `torch_training.trained_with` adds them.

    Raises InputError, by the module's own name such as `net.3`, for what has no place in a spec.
    """
    path = name or "model"
    _check_size(module, path)
    parts = list(parts_of(module, path))
    found = layers_of(parts)
    _check_trainable(module, path)
    draw = fresh_draw(module, found)
    init, layers = draw or (DEFAULT, found.layers)
    spec = ModelSpec(
        name=name or type(module).__name__,
        inputs=found.inputs,
        layers=layers,
        activation=found.activation,
        output=found.output,
        init=init,
        loss=Named("cross_entropy") if found.gives_logarithms else None,
        precision=_precision(module, path),
        weights=None if draw and init == DEFAULT else replace(found.weights, origin=path),
        assumed=(
            *(() if draw else ("own_weights",)),
            *(() if found.gives_logarithms else ("loss",)),
            *("optimizer", "epochs", "data"),
        ),
        framework="pytorch",
        source=source,
        lines=lines or {},
    )
    return (spec,)


def network_data(module: object, X: object, y: object) -> tuple[object, object]:
    """X as it is behind the Flatten that the module begins with, and y."""
    first = next((part for _, part in parts_of(module, "")), None)
    shape: Any = getattr(X, "shape", ())
    if kind_of(first) == "Flatten" and len(shape) > 2:
        return cast(Any, X).reshape(shape[0], -1), y
    return X, y


def _check_size(module: Any, path: str) -> None:  # noqa: ANN401 - torch is not imported, so it has no types
    """Before the weights are copied."""
    count = sum(parameter.numel() for parameter in module.parameters())
    if count > MAX_WEIGHTS:
        raise InputError(f"{path} has {count:,} parameters; at most {MAX_WEIGHTS:,} are audited")


def _check_trainable(module: Any, path: str) -> None:  # noqa: ANN401
    """All parameters train, or none does, as in a module that was set aside for use."""
    named = dict(module.named_parameters())
    frozen = [key for key, parameter in named.items() if not parameter.requires_grad]
    if 0 < len(frozen) < len(named):
        says = "does not train (requires_grad is False), while others do; partly frozen modules are not audited"
        raise InputError(f"{path}.{frozen[0]} {says}")


def _precision(module: Any, path: str) -> Precision:  # noqa: ANN401
    types = sorted({str(parameter.dtype).removeprefix("torch.") for parameter in module.parameters()})
    if len(types) > 1 or types[0] not in PRECISIONS:
        raise InputError(
            f"{path} holds parameters of type {' and '.join(types)}; one of {', '.join(PRECISIONS)} is audited"
        )
    return cast(Precision, types[0])
