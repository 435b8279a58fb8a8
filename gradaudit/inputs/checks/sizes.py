"""How large a model and its data may be: told from whole numbers before any of it exists, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeGuard

from gradaudit.functions.parameter import Shape
from gradaudit.inputs.checks.faults import Path
from gradaudit.inputs.checks.names import Fault

MAX_WEIGHTS = 200_000_000
MAX_ROWS = 1_000
MAX_VALUES = 250_000_000
"""What the inputs and all layers may hold for one batch: 2 GB in float64."""
USUAL_ROWS = 256
"""Of the probes' batch, where the spec does not say."""
_SMALLER = "its input smaller by a stride or a pooling in front"


@dataclass(frozen=True, slots=True)
class Extent:
    """What a stretch of layers comes to; `shape` is None where it cannot be told."""

    shape: Shape | None
    weights: int = 0
    rows: int = 0
    values: int = 0
    """That its rows hold for one sample."""
    has_dense: bool = False

    def then(self, behind: Extent, copies: int = 1) -> Extent:
        """This stretch of layers with so many copies of another one behind it."""
        return Extent(
            behind.shape,
            self.weights + copies * behind.weights,
            self.rows + copies * behind.rows,
            self.values + copies * behind.values,
            self.has_dense or behind.has_dense,
        )


@dataclass(frozen=True, slots=True)
class LargestLayer:
    """The layer with the most weights so far."""

    weights: int = 0
    path: Path = ("layers",)
    width: int = 0
    """Of a linear map, whose weights grow with it."""


def input_shape(entry: object) -> Shape | None:
    """What the first entry of `layers` says of one input, None where it says nothing."""
    sides: list[Any] = entry if isinstance(entry, list) else [entry]
    return tuple(sides) if 0 < len(sides) < 4 and all(map(is_count, sides)) else None


def is_count(value: object) -> TypeGuard[int]:
    """Whether it is a whole number from 1 up."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def data_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """Drawn data that would not fit into memory."""
    layers, samples = spec.get("layers"), _samples(spec, "data")
    shape = input_shape(layers[0]) if isinstance(layers, list) and layers else None
    inputs = prod(shape or ())
    if samples is None or shape is None or samples * inputs <= MAX_VALUES:
        return []
    says = f"{_number(samples)} rows of {_number(inputs)} values would need {_bytes(samples * inputs)}"
    most = MAX_VALUES // inputs
    way = f"write samples: {most}" if most else "give the model fewer inputs"
    return [Fault(("data", "samples"), f"{says}; at most {_bytes(MAX_VALUES)} are taken: {way}")]


def too_large(largest: LargestLayer, whole: Extent, spec: Mapping[str, Any]) -> Iterator[Fault]:
    """Bounds on the whole model, told before any of it exists."""
    rows = _batch_rows(spec)
    if whole.weights > MAX_WEIGHTS:
        yield Fault(largest.path, _too_many_weights(largest, whole))
    elif whole.values * rows > MAX_VALUES:
        says = f"inputs and layers hold {_number(whole.values)} values for each of {_number(rows)} rows"
        need = f"{_bytes(whole.values * rows)} in float64; at most {_bytes(MAX_VALUES)} are taken"
        yield Fault(("layers",), f"{says}, {need}: {_fewer_rows(spec, MAX_VALUES // whole.values)}")
    if whole.rows > MAX_ROWS:
        yield Fault(("layers",), f"repeated, these are {_number(whole.rows)} layers; at most {MAX_ROWS:,} are audited")


def _too_many_weights(largest: LargestLayer, whole: Extent) -> str:
    says = f"{_number(largest.weights)} weights here would need {_bytes(largest.weights)} in float64"
    if largest.weights < whole.weights:
        says += f", all layers together {_bytes(whole.weights)}"
    others = whole.weights - largest.weights
    width = largest.width * (MAX_WEIGHTS - others) // largest.weights
    way = f"write at most {width} here, or make {_SMALLER}" if width > 0 else f"make it or {_SMALLER}"
    return f"{says}; at most {_number(MAX_WEIGHTS)} weights ({_bytes(MAX_WEIGHTS)}) are audited: {way}"


def _fewer_rows(spec: Mapping[str, Any], most: int) -> str:
    """What to write so that no more rows than these go through the layers at once."""
    if most < 2:
        return "make the inputs smaller, or what the first layers give of them, by a stride or a pooling"
    drawn, batch = _samples(spec, "data"), spec.get("batch_size")
    keys = [f"audit: {{samples: {most}}}"]
    if drawn is not None and drawn > most and not (is_count(batch) and batch <= most):
        keys.append(f"batch_size: {most}")
    return f"write {' and '.join(keys)}, or make inputs and layers smaller"


def _samples(spec: Mapping[str, Any], section: str) -> int | None:
    """The `samples` of a section, where they are a number."""
    said = spec.get(section)
    value = said.get("samples") if isinstance(said, Mapping) else None
    return value if is_count(value) else None


def _batch_rows(spec: Mapping[str, Any]) -> int:
    """The rows that go through the layers at once, as far as the spec tells."""
    samples, rows = _samples(spec, "data"), _samples(spec, "audit") or USUAL_ROWS
    if samples is None:
        return rows
    batch = spec.get("batch_size")
    return min(samples, max(rows, batch if is_count(batch) else samples))


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
