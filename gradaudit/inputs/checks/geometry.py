"""Faults of the layers taken together: widths that do not agree, what stands where it cannot, and sizes.

It walks the entries as they are written, steps over what it cannot read (the schema reports that), and counts
with integers: nothing is expanded and no memory is taken, however large the model claims to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeGuard, cast

from gradaudit.functions.named import Named, Plain
from gradaudit.functions.parameter import Shape
from gradaudit.inputs.checks.faults import Path
from gradaudit.inputs.checks.layer_kinds import type_of_layer
from gradaudit.inputs.checks.names import Fault
from gradaudit.inputs.checks.ranges import RANGES
from gradaudit.layers import TYPES
from gradaudit.layers.interface import Layer
from gradaudit.layers.plain import keys_of, read_value

MAX_WEIGHTS = 200_000_000
MAX_ROWS = 1_000
MAX_VALUES = 250_000_000
"""What the inputs and all layers may hold for one batch: 2 GB in float64."""
USUAL_ROWS = 256
"""Of the probes' batch, where the spec does not say."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a stretch of layers comes to; `shape` is None where it cannot be told."""

    shape: Shape | None
    weights: int = 0
    rows: int = 0
    values: int = 0
    """That its rows hold for one sample."""
    has_dense: bool = False


def layer_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with the list of layers as a whole."""
    layers = spec.get("layers")
    if not isinstance(layers, list) or len(layers) < 2:
        return []
    shape = input_shape(layers[0])
    if shape is None:
        says = "the first entry is the number of inputs; write a whole number such as 64, or a shape such as [20, 8]"
        return [Fault(("layers", 0), says)] if isinstance(layers[0], Mapping | str) else []
    walk = _Walk()
    whole = walk.stretch(layers[1:], ("layers",), 1, Extent(shape, values=prod(shape)))
    faults = [*walk.faults, *_too_large(walk.largest, whole, _batch_rows(spec))]
    if not whole.has_dense and not walk.has_unreadable:
        faults.append(Fault(("layers",), "no dense layer; a model needs at least one, such as a number of units"))
    return faults


def input_shape(entry: object) -> Shape | None:
    """What the first entry of `layers` says of one input, None where it says nothing."""
    sides: list[Any] = entry if isinstance(entry, list) else [entry]
    return tuple(sides) if 0 < len(sides) < 4 and all(map(_is_count, sides)) else None


def data_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """Drawn data that would not fit into memory."""
    data, layers = spec.get("data"), spec.get("layers")
    samples = data.get("samples") if isinstance(data, Mapping) else None
    shape = input_shape(layers[0]) if isinstance(layers, list) and layers else None
    inputs = prod(shape or ())
    if not _is_count(samples) or shape is None or samples * inputs <= MAX_VALUES:
        return []
    says = f"{_number(samples)} rows of {_number(inputs)} values would need {_bytes(samples * inputs)}"
    return [Fault(("data", "samples"), f"{says}; at most {_bytes(MAX_VALUES)} are taken")]


def _batch_rows(spec: Mapping[str, Any]) -> int:
    """The rows that go through the layers at once, as far as the spec tells."""
    data, audit = spec.get("data"), spec.get("audit")
    samples = data.get("samples") if isinstance(data, Mapping) else None
    probed = audit.get("samples") if isinstance(audit, Mapping) else None
    rows = probed if _is_count(probed) else USUAL_ROWS
    if not _is_count(samples):
        return rows
    batch = spec.get("batch_size")
    return min(samples, max(rows, batch if _is_count(batch) else samples))


def _too_large(largest: tuple[int, Path], whole: Extent, rows: int) -> Iterator[Fault]:
    """Bounds on the whole model, told before any of it exists."""
    if whole.weights > MAX_WEIGHTS:
        weights, path = largest
        says = f"{_number(weights)} weights here would need {_bytes(weights)} in float64"
        if weights < whole.weights:
            says += f", all layers together {_bytes(whole.weights)}"
        yield Fault(path, f"{says}; at most {_number(MAX_WEIGHTS)} weights ({_bytes(MAX_WEIGHTS)}) are audited")
    elif whole.values * rows > MAX_VALUES:
        says = f"inputs and layers hold {_number(whole.values)} values for each of {_number(rows)} rows"
        need = f"{_bytes(whole.values * rows)} in float64; at most {_bytes(MAX_VALUES)} are taken"
        yield Fault(("layers",), f"{says}, {need}")
    if whole.rows > MAX_ROWS:
        yield Fault(("layers",), f"repeated, these are {_number(whole.rows)} layers; at most {MAX_ROWS:,} are audited")


def _number(count: int) -> str:
    return f"{count:,}" if count < 10**15 else f"{count:.1e}"


def _bytes(values: int) -> str:
    """The memory of float64 values: `64 GB`."""
    size = float(values * 8)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.0f} TB" if size < 1e6 else f"{size:.0e} TB"


class _Walk:
    """Goes through the layers in forward order."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.largest: tuple[int, Path] = (0, ("layers",))
        self.has_unreadable = False

    def stretch(self, layers: list[Any], path: Path, first: int, before: Extent) -> Extent:
        """The extent up to the end of these layers, given what stands before them."""
        for position, layer in enumerate(layers, first):
            before = self.layer(layer, (*path, position), before)
        return before

    def layer(self, entry: object, path: Path, before: Extent) -> Extent:
        type_ = type_of_layer(entry)
        if type_ is None:
            if isinstance(entry, list):
                self.faults.append(Fault(path, "a shape stands first only; write a layer here"))
            self.has_unreadable = True
            return replace(before, shape=None, rows=before.rows + 1)
        layer = _readable(entry, type_)
        if TYPES[type_].reads_tokens and path != ("layers", 1):
            self.faults.append(
                Fault(path, f"{type_} reads the data themselves, as tokens; write it as the first layer")
            )
            return replace(before, shape=None)
        is_first = not (before.has_dense or before.weights or self.has_unreadable)
        if not TYPES[type_].is_linear_map and is_first and layer is not None:
            self.faults += _before_any_dense(layer, path)
        if layer is None:
            return replace(before, shape=None, has_dense=before.has_dense or TYPES[type_].is_linear_map)
        if type_ == "residual":
            return self.residual(entry, layer, path, before)
        for _ in range(layer.repeat):
            before = self.copy(layer, path, before)
        return before

    def copy(self, layer: Layer, path: Path, before: Extent) -> Extent:
        """One of the rows that `repeat` makes, with that of its norm."""
        shape, weights = before.shape, 0
        kept = 0
        if shape is not None:
            try:
                after, kept = layer.output_shape(shape), layer.kept(shape)
                weights = sum(prod(part.shape) for part in layer.parameters(shape) if part.role == "weight")
                self.largest, shape = max(self.largest, (weights, path), key=lambda pair: pair[0]), after
            except ValueError as error:
                self.faults.append(Fault(path, str(error)))
                shape = None
        rows = 2 if getattr(layer, "norm", None) else 1
        return Extent(
            shape,
            before.weights + weights,
            before.rows + rows,
            before.values + rows * kept,
            before.has_dense or layer.is_linear_map,
        )

    def residual(self, entry: object, layer: Layer, path: Path, before: Extent) -> Extent:
        """All its copies; those that keep the shape are counted, and not walked one by one."""
        done = 0
        while done < layer.repeat and not self.faults:
            block = self.block(entry, path, before)
            copies = layer.repeat - done if block.shape == before.shape or before.rows > MAX_ROWS else 1
            before = Extent(
                block.shape,
                before.weights + copies * block.weights,
                before.rows + copies * block.rows,
                before.values + copies * block.values,
                block.has_dense,
            )
            done += copies
        return before if done else replace(before, shape=None)

    def block(self, entry: object, path: Path, before: Extent) -> Extent:
        """One copy: what its layers and its shortcut come to, which must be of one shape."""
        start, said = Extent(before.shape, has_dense=before.has_dense), entry if isinstance(entry, Mapping) else {}
        ways = {
            key: self.stretch(inside, (*path, key), 0, start) if isinstance(inside := said.get(key), list) else start
            for key in ("layers", "shortcut")
        }
        given, passed = (way.shape for way in ways.values())
        if None not in (given, passed) and given != passed:
            self.faults.append(Fault(path, _unequal(before.shape, given, passed, has_shortcut="shortcut" in said)))
            given = None
        both = tuple(ways.values())
        return Extent(
            given,
            sum(way.weights for way in both),
            sum(way.rows for way in both),
            sum(way.values for way in both),
            any(way.has_dense for way in both),
        )


def _readable(entry: object, type_: str) -> Layer | None:
    """The layer with those of its keys that decide shapes, as far as they can be read; else None."""
    said = entry if isinstance(entry, Mapping) else {"units": entry}
    found: dict[str, Any] = {"layers": ()} if type_ == "residual" else {}
    for key in keys_of(TYPES[type_]):
        sort, value = key.metadata["sort"], said.get(key.name, key.default)
        if sort == "repeat":
            found[key.name] = min(value, MAX_ROWS + 1) if _is_count(value) else 1
        elif sort == "norm" and value is not None:
            found[key.name] = Named("batch_norm")
        elif sort == "hidden" and value is not None:
            found[key.name] = Named("identity")
        elif sort == "flag":
            if not isinstance(value, bool):
                return None
            found[key.name] = value
        elif sort in RANGES and (value is not None or key.default is not None):
            if RANGES[sort].complaint(value):
                return None
            found[key.name] = read_value(sort, cast("Plain", value))
    return TYPES[type_](**found)


def _before_any_dense(layer: Layer, path: Path) -> Iterator[Fault]:
    """What can stand behind a layer with weights only."""
    if layer.activation is not None and layer.type != "residual" and not layer.parameters((1,)):
        yield Fault(path, "an activation before any layer with weights; put it behind one")


def _unequal(taken: Shape | None, given: Shape | None, passed: Shape | None, *, has_shortcut: bool) -> str:
    """That the two ways through a block cannot be added, and what to write."""
    if has_shortcut:
        return f"the block's layers give {_size(given)} values, its shortcut {_size(passed)}; make them equal"
    says = f"the block takes {_size(taken)} values and gives {_size(given)}, so the two cannot be added"
    units = (taken or (0,))[-1]
    ways = f"end it with a dense layer of {units} units" if len(taken or ()) == 1 else f"end it with {_size(taken)}"
    return f"{says}; {ways}, or give it a shortcut: [...] that makes {_size(given)} of its input"


def _size(shape: Shape | None) -> str:
    """`20 × 8`."""
    return " × ".join(map(str, shape or ()))


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
