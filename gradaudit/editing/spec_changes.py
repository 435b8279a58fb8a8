"""Edits of a spec by path: what a change writes, and the spec that results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Fix
from gradaudit.domain.spec import LayerSpec, ModelSpec, Named, Plain, each_layer, linear_maps
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import LinearMap
from gradaudit.layers.normalisation import Norm
from gradaudit.layers.plain import layer_of
from gradaudit.layers.recurrent import RecurrentSpec

_STEP = re.compile(r"([a-z_0-9]+)|\[(\d+)\]")
_NAMED = {"activation", "output", "init", "recurrent_init", "bias", "norm", "loss", "optimizer", "data"}


def steps(path: str) -> tuple[str | int, ...]:
    """`layers[2].init` → ("layers", 2, "init")."""
    return tuple(int(index) if index else key for key, index in _STEP.findall(path))


def is_free(spec: ModelSpec) -> bool:
    """Whether the model lives where everything can be chosen that a spec can say: anywhere but in scikit-learn."""
    return spec.framework != "sklearn"


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes made one after another, as one change a path: from what it was to what it is in the end.

    What replaces a whole makes earlier changes inside it void, and stands before later ones. Layers that are taken
    away or put in must be the last to be changed: they move the numbers of those behind them.
    """
    found: dict[str, Change] = {}
    for change in changes:
        first = found.get(change.path, change)
        inside = [path for path in found if path.startswith((f"{change.path}.", f"{change.path}["))]
        for path in (*inside, change.path):
            found.pop(path, None)
        found[change.path] = Change(change.path, first.old, change.new)
    return tuple(change for change in found.values() if change.old != change.new)


def as_one(fixes: Sequence[Fix], *, joint: str = " and ") -> Fix:
    """Fixes made one after another as one fix, of which nothing is measured yet."""
    return Fix(
        joint.join(fix.title for fix in fixes),
        merged(change for fix in fixes for change in fix.changes),
        "; ".join(fix.why for fix in fixes),
        tuple(kind for fix in fixes for kind in fix.kinds),
    )


def overrides(later: Iterable[Change], earlier: Iterable[Change]) -> bool:
    """Whether nothing is left of the earlier changes once the later ones are made: the same paths get new values."""
    return {change.path for change in earlier} <= {change.path for change in later}


def moves_layers(changes: Iterable[Change]) -> bool:
    """Whether layers behind a changed one have another number afterwards: one is taken away, or becomes several."""
    return any(change.path.endswith("]") and (change.new is None or isinstance(change.new, list)) for change in changes)


def apply(spec: ModelSpec, changes: Iterable[Change]) -> ModelSpec:
    """The spec with every change made; layers keep their numbers until all are. Raises KeyError for an unknown path.

    Weights that came with the model are left behind by layers of another shape.
    """
    said, shapes = set(), _shapes(spec) if spec.weights is not None else []
    for change in changes:
        path = steps(change.path)
        spec = _set(spec, path, change.new)
        said.add(path[0])
    spec = replace(spec, layers=_kept(spec.layers))
    if all(layer.init is not None for _, layer in dense_layers(spec)):
        said.add("init")
    if "loss" in said and "output" in spec.assumed and "output" not in said:
        spec = replace(spec, output=None)  # the new loss decides it
    if spec.weights is not None and _shapes(spec) != shapes:
        spec = replace(spec, weights=None, audits_initialisation=True)
    return replace(spec, assumed=tuple(key for key in spec.assumed if key not in said))


def _shapes(spec: ModelSpec) -> list[tuple[str, Shape, Shape]]:
    """Kind and shapes of every row that has parameters."""
    return [(row.kind, row.input_shape, row.shape) for row in flatten(expand(spec)) if row.parameters]


def _standing_in(value: Plain) -> LayerSpec | tuple[LayerSpec, ...] | None:
    """What stands where a layer was: another one, several, none."""
    if isinstance(value, list):
        return tuple(layer_of(one) for one in value)
    return None if value is None else layer_of(value)


def _kept(layers: tuple[LayerSpec | tuple[LayerSpec, ...] | None, ...]) -> tuple[LayerSpec, ...]:
    """The layers that no change took away, those that stand for one now side by side."""
    found: list[LayerSpec] = []
    for entry in layers:
        several = entry if isinstance(entry, tuple) else () if entry is None else (entry,)
        found += [replace(one, **{key: _kept(inside) for key, inside in one.branches.items()}) for one in several]
    return tuple(found)


def _set(node: Any, path: Sequence[str | int], value: Plain) -> Any:  # noqa: ANN401 - every noun of a spec
    """A copy of a noun with the value at the end of the path replaced; a layer that is taken away becomes None."""
    head, *rest = path
    if isinstance(node, Named):
        if rest or not isinstance(head, str):
            raise KeyError(head)
        parameters = {**dict(node.parameters), head: value}
        return Named.of(node.name, **{k: v for k, v in parameters.items() if v is not None})  # type: ignore[arg-type]
    if head not in {field.name for field in fields(node)}:
        raise KeyError(head)
    if head == "weights" and value is None:  # without given weights they are drawn
        return replace(node, weights=None, audits_initialisation=True)
    if not rest:
        is_named = head in _NAMED and value is not None and value is not False
        return replace(node, **{head: Named.read(value) if is_named else value})
    if isinstance(rest[0], int):
        return replace(node, **{head: _with_layer(node, str(head), rest, value)})
    return replace(node, **{head: _set(getattr(node, head), rest, value)})


def _with_layer(node: Any, head: str, path: Sequence[str | int], value: Plain) -> tuple[Any, ...]:  # noqa: ANN401
    """The layers of a spec or block with one of them changed, replaced, or None."""
    place, *rest = path
    layers = list(getattr(node, head))
    position = int(place) - (1 if isinstance(node, ModelSpec) else 0)
    if not 0 <= position < len(layers):
        raise KeyError(head)
    if rest:
        layers[position] = _set(layers[position], rest, value)
    else:
        layers[position] = _standing_in(value)
    return tuple(layers)


def has_norms(spec: ModelSpec) -> bool:
    """Whether a norm stands anywhere, of its own or in a dense layer, in a block or outside."""
    return any(isinstance(row.layer, Norm) for row in flatten(expand(spec)))


def hidden_layers(spec: ModelSpec) -> Iterator[tuple[str, LinearMap]]:
    """Path and noun of every layer that is a linear map but the last, residual blocks opened."""
    return iter(list(dense_layers(spec))[:-1])


def last_layer(spec: ModelSpec) -> tuple[str, LinearMap]:
    """Path and noun of the last of them."""
    return list(dense_layers(spec))[-1]


def dense_layers(spec: ModelSpec) -> Iterator[tuple[str, LinearMap]]:
    """Path and noun of every layer that is a linear map, dense or a convolution, residual blocks opened."""
    return linear_maps(spec.layers)


def recurrent_layers(spec: ModelSpec) -> Iterator[tuple[str, RecurrentSpec]]:
    """Path and noun of every recurrent layer, residual blocks opened."""
    return ((path, layer) for path, layer in each_layer(spec.layers) if isinstance(layer, RecurrentSpec))


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
