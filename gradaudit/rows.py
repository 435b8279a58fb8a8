"""The model's rows: what `repeat`, `norm:` and the defaults of a complete spec expand to, in forward order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from gradaudit.spec import NORM_EPS, DenseSpec, DropoutSpec, LayerSpec, ModelSpec, Named, NormSpec, ResidualSpec

RowKind: TypeAlias = Literal["dense", "batch_norm", "layer_norm", "dropout", "activation"]


@dataclass(frozen=True, slots=True)
class Row:
    """One layer of the expanded model, in forward order."""

    index: int
    path: str
    """Of the spec's entry: `layers[2]`, or `layers[2].layers[0]` inside a residual block."""
    name: str
    kind: RowKind
    inputs: int
    units: int
    activation: Named | None = None
    """Of a dense row; applied after the norm row that follows it where `norm:` made one. Of an activation row, which
    stands behind a norm, a dropout or a residual sum that has one."""
    init: Named | None = None
    bias: Named | None = None
    """None: no biases (also on rows that are not dense). Named("default"): what `init` brings."""
    rate: float = 0.0
    """Of a dropout row."""
    eps: float = NORM_EPS
    """Of a norm row."""
    normed: bool = False
    """True on a dense row whose `norm:` makes the next row stand before its activation."""

    @property
    def has_parameters(self) -> bool:
        """Whether anything of it is trained."""
        return self.kind not in ("dropout", "activation")


@dataclass(frozen=True, slots=True)
class ResidualRows:
    """The rows inside a residual block; their output is added to their input."""

    path: str
    rows: tuple[Row | ResidualRows, ...]


def flatten(rows: tuple[Row | ResidualRows, ...]) -> Iterator[Row]:
    """The rows in forward order, residual blocks opened."""
    for row in rows:
        if isinstance(row, Row):
            yield row
        else:
            yield from flatten(row.rows)


def expand(spec: ModelSpec) -> tuple[Row | ResidualRows, ...]:
    """The rows of a complete spec: `repeat` written out, every default filled in.

    `output` must be known by then (it is, once the data's targets decided the loss).
    """
    return _Expansion(spec).rows(spec.layers, "layers", 1)


class _Expansion:
    """Walks the layers, counting rows and widths."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec, self.width, self.index = spec, spec.inputs, 0
        self.seen: dict[str, int] = {}
        self.remaining = _dense_count(spec.layers)

    def rows(self, layers: tuple[LayerSpec, ...], path: str, first: int) -> tuple[Row | ResidualRows, ...]:
        found: list[Row | ResidualRows] = []
        for position, layer in enumerate(layers, first):
            for copy in range(layer.repeat):
                found += self.layer(layer, f"{path}[{position}]", copy)
        return tuple(found)

    def layer(self, layer: LayerSpec, path: str, copy: int) -> list[Row | ResidualRows]:
        match layer:
            case DenseSpec():
                return list(self.dense(layer, path, copy))
            case NormSpec():
                row = replace(self.row(layer.kind, path, self.name(layer, layer.kind, copy)), eps=layer.eps)
                return [row, *self.own(layer, path)]
            case DropoutSpec():
                row = replace(self.row("dropout", path, self.name(layer, "dropout", copy)), rate=layer.rate)
                return [row, *self.own(layer, path)]
            case ResidualSpec():
                return [ResidualRows(path, self.rows(layer.layers, f"{path}.layers", 0)), *self.own(layer, path)]

    def own(self, layer: NormSpec | DropoutSpec | ResidualSpec, path: str) -> list[Row]:
        """The row of the activation behind a layer that is not dense, where it has one."""
        if layer.activation is None:
            return []
        self.seen["activation"] = self.seen.get("activation", -1) + 1
        name = f"activation_{self.seen['activation']}"
        return [replace(self.row("activation", path, name), activation=layer.activation)]

    def name(self, layer: LayerSpec, kind: str, copy: int) -> str:
        self.seen[kind] = self.seen.get(kind, -1) + 1
        if layer.name is None:
            return f"{kind}_{self.seen[kind]}"
        return layer.name if layer.repeat == 1 else f"{layer.name}_{copy}"

    def row(self, kind: RowKind, path: str, name: str) -> Row:
        self.index += 1
        return Row(self.index - 1, path, name, kind, self.width, self.width)

    def dense(self, layer: DenseSpec, path: str, copy: int) -> Iterator[Row]:
        spec, self.remaining = self.spec, self.remaining - 1
        bias = layer.bias if layer.bias is not None else spec.bias
        default = spec.activation if self.remaining else spec.output or Named("identity")
        yield replace(
            self.row("dense", path, self.name(layer, "dense", copy)),
            units=layer.units,
            activation=layer.activation or default,
            init=layer.init or spec.init,
            bias=None if bias is False else bias or Named("default"),
            normed=layer.norm is not None,
        )
        self.width = layer.units
        if layer.norm is not None:
            self.seen[layer.norm] = self.seen.get(layer.norm, -1) + 1
            yield replace(self.row(layer.norm, path, f"{layer.norm}_{self.seen[layer.norm]}"), eps=layer.eps)


def _dense_count(layers: tuple[LayerSpec, ...]) -> int:
    """How many dense rows the layers expand to."""
    inside = (_dense_count(x.layers) if isinstance(x, ResidualSpec) else int(isinstance(x, DenseSpec)) for x in layers)
    return sum(layer.repeat * count for layer, count in zip(layers, inside, strict=True))
