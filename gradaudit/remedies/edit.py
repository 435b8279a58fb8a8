"""Edits of a spec by path: what a change writes, and the spec that results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any

from gradaudit.finding import Change
from gradaudit.spec import DenseSpec, LayerSpec, ModelSpec, Named, Plain, ResidualSpec

_STEP = re.compile(r"([a-z_0-9]+)|\[(\d+)\]")
_NAMED = {"activation", "output", "init", "bias", "loss", "optimizer", "data"}


def is_free(spec: ModelSpec) -> bool:
    """Whether the model lives where everything can be chosen that a spec can say: in a spec, or in PyTorch."""
    return spec.framework in (None, "pytorch")


def plain(value: object) -> Plain:
    """A spec's value as it would be written."""
    return value.plain() if isinstance(value, Named) else value  # type: ignore[return-value]


def named(value: Plain) -> Named:
    """A name, or a mapping of name and parameters, as the spec's noun."""
    if isinstance(value, dict):
        return Named.of(str(value["name"]), **{k: v for k, v in value.items() if k != "name"})  # type: ignore[arg-type]
    return Named(str(value))


def apply(spec: ModelSpec, changes: Iterable[Change]) -> ModelSpec:
    """The spec with every change made. Raises KeyError for a path that a spec cannot have."""
    for change in changes:
        steps = [int(index) if index else key for key, index in _STEP.findall(change.path)]
        spec = _set(spec, steps, change.new)
    return replace(spec, assumed=tuple(key for key in spec.assumed if key not in {c.path for c in changes}))


def _set(node: Any, steps: list[str | int], value: Plain) -> Any:  # noqa: ANN401 - every noun of a spec
    """A copy of a noun with the value at the end of the steps replaced."""
    head, *rest = steps
    if isinstance(node, Named):
        if rest or not isinstance(head, str):
            raise KeyError(head)
        parameters = {**dict(node.parameters), head: value}
        return Named.of(node.name, **{k: v for k, v in parameters.items() if v is not None})  # type: ignore[arg-type]
    if head not in {field.name for field in fields(node)}:
        raise KeyError(head)
    if not rest:
        is_named = head in _NAMED and value is not None and value is not False
        return replace(node, **{head: named(value) if is_named else value})
    if isinstance(rest[0], int):
        position = rest[0] - (1 if isinstance(node, ModelSpec) else 0)
        layers = list(getattr(node, head))
        if not 0 <= position < len(layers) or len(rest) < 2:
            raise KeyError(head)
        layers[position] = _set(layers[position], rest[1:], value)
        return replace(node, **{head: tuple(layers)})
    return replace(node, **{head: _set(getattr(node, head), rest, value)})


def hidden_layers(spec: ModelSpec) -> Iterator[tuple[str, DenseSpec]]:
    """Path and noun of every dense layer but the last, residual blocks opened."""
    return iter(list(dense_layers(spec))[:-1])


def last_layer(spec: ModelSpec) -> tuple[str, DenseSpec]:
    """Path and noun of the last dense layer."""
    return list(dense_layers(spec))[-1]


def dense_layers(spec: ModelSpec) -> Iterator[tuple[str, DenseSpec]]:
    """Path and noun of every dense layer, residual blocks opened."""
    return _dense(spec.layers, "layers", 1)


def _dense(layers: tuple[LayerSpec, ...], path: str, first: int) -> Iterator[tuple[str, DenseSpec]]:
    for position, layer in enumerate(layers, first):
        if isinstance(layer, DenseSpec):
            yield f"{path}[{position}]", layer
        elif isinstance(layer, ResidualSpec):
            yield from _dense(layer.layers, f"{path}[{position}].layers", 0)


def everywhere(spec: ModelSpec, key: str, new: Callable[[Named], Plain]) -> tuple[Change, ...]:
    """The changes that give every hidden layer a new `activation` or `init`: the model's default, and each own one."""
    layers = list(hidden_layers(spec))
    if len(layers) == 0:
        layers = [last_layer(spec)]
    found = []
    default: Named = getattr(spec, key)
    if any(getattr(layer, key) is None for _, layer in layers) and new(default) != default.plain():
        old = None if key in spec.assumed else default.plain()
        found.append(Change(key, old, new(default)))
    for path, layer in layers:
        own: Named | None = getattr(layer, key)
        if own is not None:
            found.append(Change(f"{path}.{key}", own.plain(), new(own)))
    return tuple(change for change in found if change.old != change.new)
