"""Faults of the layers taken together: widths that do not agree, what stands where it cannot, and sizes.

It walks the entries as they are written, steps over what it cannot read (the schema reports that), and counts
with integers: nothing is expanded and no memory is taken, however large the model claims to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from gradaudit.inputs.faults import Path
from gradaudit.inputs.layer_kinds import kind_of_layer
from gradaudit.inputs.names import Fault

MAX_WEIGHTS = 200_000_000
MAX_ROWS = 1_000
MAX_VALUES = 250_000_000
"""What the inputs and all layers may hold for one batch: 2 GB in float64."""
USUAL_ROWS = 256
"""Of the probes' batch, where the spec does not say."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a stretch of layers comes to; `width` is None where it cannot be told."""

    width: int | None
    weights: int = 0
    rows: int = 0
    units: int = 0
    has_dense: bool = False


def layer_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with the list of layers as a whole."""
    layers = spec.get("layers")
    if not isinstance(layers, list) or len(layers) < 2:
        return []
    if not _is_count(layers[0]):
        says = "the first entry is the number of inputs; write a whole number such as 64"
        return [Fault(("layers", 0), says)] if isinstance(layers[0], Mapping | str) else []
    walk = _Walk()
    whole = walk.stretch(layers[1:], ("layers",), 1, Extent(layers[0], units=layers[0]))
    faults = [*walk.faults, *_too_large(walk.largest, whole, _batch_rows(spec))]
    if not whole.has_dense and not walk.has_unreadable:
        faults.append(Fault(("layers",), "no dense layer; a model needs at least one, such as a number of units"))
    return faults


def data_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """Drawn data that would not fit into memory."""
    data, layers = spec.get("data"), spec.get("layers")
    samples = data.get("samples") if isinstance(data, Mapping) else None
    inputs = layers[0] if isinstance(layers, list) and layers else None
    if not _is_count(samples) or not _is_count(inputs) or samples * inputs <= MAX_VALUES:
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
    elif whole.units * rows > MAX_VALUES:
        says = f"inputs and layers hold {_number(whole.units)} values for each of {_number(rows)} rows"
        need = f"{_bytes(whole.units * rows)} in float64; at most {_bytes(MAX_VALUES)} are taken"
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

    def layer(self, layer: object, path: Path, before: Extent) -> Extent:
        kind = kind_of_layer(layer)
        repeat = layer.get("repeat", 1) if isinstance(layer, Mapping) else 1
        repeat = min(repeat, MAX_ROWS + 1) if _is_count(repeat) else 1
        if kind in ("<units>", "<dense>"):
            return self.dense(layer, path, before, repeat)
        if kind == "<residual>":
            return self.residual(layer.get("layers") if isinstance(layer, Mapping) else None, path, before, repeat)
        if kind is None:
            self.has_unreadable = True
            return Extent(None, before.weights, before.rows + 1, before.units, before.has_dense)
        activates = isinstance(layer, Mapping) and layer.get("activation") is not None
        if (kind != "<dropout>" or activates) and not before.has_dense and not self.has_unreadable:
            what = "an activation" if kind == "<dropout>" else "a normalisation"
            says = f"{what} before any dense layer; put it behind one, or standardize the data"
            self.faults.append(Fault(path, says))
        return self.same_width(before, repeat)

    @staticmethod
    def same_width(before: Extent, repeat: int) -> Extent:
        units = before.units + repeat * (before.width or 0)
        return Extent(before.width, before.weights, before.rows + repeat, units, before.has_dense)

    def dense(self, layer: object, path: Path, before: Extent, repeat: int) -> Extent:
        units = layer.get("units") if isinstance(layer, Mapping) else layer
        rows = repeat * (2 if isinstance(layer, Mapping) and "norm" in layer else 1)
        if not _is_count(units):
            return Extent(None, before.weights, before.rows + rows, before.units, True)
        weights = (before.width or 0) * units + (repeat - 1) * units * units
        self.largest = max(self.largest, (weights, path), key=lambda pair: pair[0])
        return Extent(units, before.weights + weights, before.rows + rows, before.units + rows * units, True)

    def residual(self, inside: object, path: Path, before: Extent, repeat: int) -> Extent:
        start = Extent(before.width, has_dense=before.has_dense)
        block = self.stretch(inside, (*path, "layers"), 0, start) if isinstance(inside, list) else start
        if None not in (before.width, block.width) and block.width != before.width:
            says = f"the block takes {before.width} values and gives {block.width}, so the two cannot be added"
            self.faults.append(Fault(path, f"{says}; end it with a dense layer of {before.width} units"))
        return Extent(
            before.width,
            before.weights + repeat * block.weights,
            before.rows + repeat * block.rows,
            before.units + repeat * block.units,
            block.has_dense,
        )


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
