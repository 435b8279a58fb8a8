"""Faults between the last layer and what the rest of the spec says about the model's output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradaudit.functions.losses import LOSSES
from gradaudit.inputs.checks.faults import Path
from gradaudit.inputs.checks.layer_kinds import type_of_layer
from gradaudit.inputs.checks.names import ACTIVATION, LAST_ONLY, LOSS, Fault, Kind
from gradaudit.layers import TYPES


def output_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """What stands on the last layer only and does not, and outputs that are named twice."""
    layers = spec.get("layers")
    if not isinstance(layers, list) or len(layers) < 2:
        return []
    return [*_hidden(layers), *_after_the_output(spec, layers), *_named_twice(spec, layers[-1])]


def output_for(loss: str | None) -> str | None:
    """The output activation that goes with a loss where the spec names none; None where there is no loss either."""
    if loss is None:
        return None
    return LOSSES[loss].native_output if LOSSES[loss].for_classes else "identity"


def _hidden(layers: list[Any]) -> Iterator[Fault]:
    for path, layer in _mappings(layers, ("layers",)):
        name = _name(ACTIVATION, layer.get("activation"))
        if name not in LAST_ONLY:
            continue
        if layer is not layers[-1]:
            yield Fault((*path, "activation"), f"{name} on a hidden layer; it is for the last layer only")
        elif layer.get("repeat", 1) != 1:
            says = f"{name} is for the last layer only, but repeat makes hidden layers too; write the last one apart"
            yield Fault((*path, "activation"), says)


def _after_the_output(spec: Mapping[str, Any], layers: list[Any]) -> Iterator[Fault]:
    """The model's output is a softmax, but something comes after the dense layer that has it."""
    given = _name(ACTIVATION, spec.get("output"))
    loss = _name(LOSS, spec.get("loss"))
    output = given if "output" in spec else output_for(loss)
    if output in LAST_ONLY and not _may_be_last(layers[-1]):
        says = f"{output} is for the last layer, but this one stands behind it; end the layers with a number of units"
        yield Fault(("layers", len(layers) - 1), says)


def _may_be_last(entry: object) -> bool:
    """Whether an entry is a linear map, or nobody knows what it is."""
    type_ = type_of_layer(entry)
    return type_ is None or TYPES[type_].is_linear_map


def _named_twice(spec: Mapping[str, Any], last: object) -> Iterator[Fault]:
    output = _name(ACTIVATION, spec.get("output"))
    own = _name(ACTIVATION, last.get("activation")) if isinstance(last, Mapping) and _may_be_last(last) else None
    if output is not None and own is not None and output != own:
        yield Fault(("output",), f"{output}, but the last layer names its own activation, {own}; keep one of the two")


def _mappings(layers: list[Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every layer that is a mapping, nested ones included."""
    for position, layer in enumerate(layers):
        if isinstance(layer, Mapping):
            yield (*path, position), layer
            for key in ("layers", "shortcut"):
                if isinstance(inside := layer.get(key), list):
                    yield from _mappings(inside, (*path, position, key))


def _name(kind: Kind, value: object) -> str | None:
    """The canonical name, None where the value names nothing of that kind."""
    name = value.get("name") if isinstance(value, Mapping) else value
    canonical = kind.aliases.get(name, name) if isinstance(name, str) else None
    return canonical if canonical in kind.table else None
