"""A PyTorch module as a model: its layers, the weights that it holds, and whether they are a fresh draw.

Weights that are a fresh draw say nothing that many draws do not say better: they are drawn anew, once a seed, from the
initializer that they came from. Any others are audited as they are too (stage `fitted`), and the training run starts
at them, as the person's own would; how they were drawn before that is assumed to be PyTorch's default.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeGuard

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import Location
from gradaudit.inputs.checks.sizes import MAX_WEIGHTS
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.to_spec import PRECISIONS, spec_of
from gradaudit.inputs.pytorch.distributions import DEFAULT
from gradaudit.inputs.pytorch.draw import DRAWN, Dense, DrawFound, find_draws, was_used, with_draws
from gradaudit.inputs.pytorch.reading import ForwardPass
from gradaudit.inputs.pytorch.redraw import Maker, drawings
from gradaudit.inputs.pytorch.sample import read_module


def is_module(candidate: object) -> bool:
    """Whether it is a PyTorch module, of whatever kind. Does not import torch."""
    torch = sys.modules.get("torch.nn")
    return torch is not None and isinstance(candidate, torch.Module)


def is_module_class(candidate: object) -> TypeGuard[type[Any]]:
    """Whether it is a class of PyTorch modules. Does not import torch."""
    torch = sys.modules.get("torch.nn")
    return torch is not None and isinstance(candidate, type) and issubclass(candidate, torch.Module)


def from_module(
    module: object,
    *,
    X: object = None,
    optimizer: object = None,
    maker: Maker | None = None,
    name: str = "",
    source: str = "",
    here: Location | None = None,
) -> ModelSpec:
    """The module as a model. Loss and optimizer are not in it: `training.trained_with` adds them.

    X are the rows that it is used on, `maker` makes it again; of the optimizer is asked only whether it trains all of
    the layers. Raises InputError, by the module's own name such as `net.3`, for what has no place in a spec.
    """
    module, path = _unwrapped(module), name or "model"
    place = Place(path, here)
    _check_size(module, place)
    read = read_module(module, X, path, here)
    _check_trained(read, optimizer, place)
    found = _found(module, read, maker)
    layers = read.layers
    if found.draws is not None:
        layers = with_draws(layers, iter(found.draws), keeps_weights=not found.is_fresh)
    settings: dict[str, Any] = {"precision": _precision(module, place)}
    settings |= {} if found.draws is not None else {"init": DEFAULT}
    settings |= {"loss": Named("cross_entropy")} if read.gives_logarithms else {}
    model = DescribedModel(
        name=name or type(module).__name__,
        place=Place("", here),
        layers=layers,
        inputs=read.inputs,
        framework="pytorch",
        settings=settings,
        notes=read.notes,
        leaves_output_open=True,
    )
    spec = spec_of(model)
    return replace(
        spec,
        source=source,
        weights=None if spec.weights is None else replace(spec.weights, origin=path),
        assumed=(*(() if found.draws is not None else ("own_weights",)), *spec.assumed),
    )


def _unwrapped(module: Any) -> Any:  # noqa: ANN401 - torch is not imported, so it has no types
    """What torch.compile and DataParallel were put around."""
    for name in ("_orig_mod", "module"):
        inner = getattr(module, "_modules", {}).get(name)
        if type(module).__module__.startswith("torch.") and inner is not None:
            return _unwrapped(inner)
    return module


def _check_size(module: Any, place: Place) -> None:  # noqa: ANN401
    """Before the weights are copied."""
    count = sum(parameter.numel() for parameter in module.parameters() if type(parameter).__name__ == "Parameter")
    if count > MAX_WEIGHTS:
        raise place.refusal(f"it has {count:,} parameters; at most {MAX_WEIGHTS:,} are audited")


def _check_trained(read: ForwardPass, optimizer: Any, place: Place) -> None:  # noqa: ANN401
    """All parameters train, or none does, as in a module that was set aside for use."""
    if not read.parameters:
        raise place.refusal("it has no layer with weights, so there is nothing to train")
    frozen = [path for path, parameter in read.parameters if not parameter.requires_grad]
    if 0 < len(frozen) < len(read.parameters):
        says = "does not train (requires_grad is False), while others do; partly frozen modules are not audited"
        raise Place(frozen[0], place.location).refusal(f"it {says}")
    if optimizer is None or not hasattr(optimizer, "param_groups"):
        return
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    left = [path for path, parameter in read.parameters if id(parameter) not in held]
    if left:
        says = f"it does not hold the parameters of {left[0]}; all of the module's are to be trained, as after"
        raise Place("optimizer", place.location).refusal(f"{says} Adam(net.parameters())")


def _precision(module: Any, place: Place) -> str:  # noqa: ANN401
    types = sorted({str(parameter.dtype).removeprefix("torch.") for parameter in module.parameters()})
    if len(types) > 1 or types[0] not in PRECISIONS:
        raise place.refusal(
            f"it holds parameters of type {' and '.join(types)}; one of {', '.join(PRECISIONS)} is audited"
        )
    return types[0]


def _found(module: Any, read: ForwardPass, maker: Maker | None) -> DrawFound:  # noqa: ANN401
    """What the weights were drawn from."""
    layers = list(_each(read.layers))
    dense = [_dense(read, layer) for layer in layers if layer.type in DRAWN]
    moved = any(
        (layer.weights["scale"] != 1).any() or layer.weights["shift"].any()
        for layer in layers
        if layer.type.endswith("norm")
    )
    return find_draws(
        dense, drawings(module, dense, maker), used=moved or was_used(module) or not read.has_fresh_states
    )


def _dense(read: ForwardPass, layer: DescribedLayer) -> Dense:
    matrix, vector = layer.weights["weight"], layer.weights.get("bias")
    return Dense(read.sources[id(matrix)], None if vector is None else read.sources[id(vector)], matrix, vector)


def _each(layers: tuple[DescribedLayer, ...]) -> Iterator[DescribedLayer]:
    """Every layer in forward order, blocks opened."""
    for layer in layers:
        yield layer
        yield from _each((*layer.layers, *layer.shortcut))


def network_data(spec: ModelSpec, X: object, y: object) -> tuple[object, object]:
    """X and y with a row for each sample, as they are behind the module's own flattening where it begins with one."""
    return (X, y) if spec.positions else (_flat(X), _flat(y))


def _flat(table: Any) -> Any:  # noqa: ANN401
    shape = getattr(table, "shape", ())
    return table.reshape(len(table), -1) if len(shape) > 2 else table
