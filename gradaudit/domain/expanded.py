"""The model's rows: what `repeat`, `norm:` and the defaults of a complete spec expand to, in forward order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers import TYPES
from gradaudit.layers.activate import ActivationSpec
from gradaudit.layers.interface import Layer

FROM_INIT = Named("default")
"""A row's bias where it is what `init` brings."""
WHOLE_DEFAULTS = ("pytorch", "keras")
"""Initializers that are a framework's whole default, for every type of layer."""


@dataclass(frozen=True, slots=True)
class ExpandedLayer:
    """One layer of the expanded model, in forward order."""

    index: int
    path: str
    """Of the spec's entry: `layers[2]`, or `layers[2].layers[0]` inside a residual block."""
    name: str
    layer: Layer
    """With every default filled in; its `repeat` and `name` are the spec's and mean nothing here."""
    input_shape: Shape
    """Of one sample, channels last."""
    shape: Shape
    """Of one sample's output."""
    normed: bool = False
    """True where `norm:` makes the next row stand between this row and its activation."""

    @property
    def kind(self) -> str:
        """The layer's type: `dense`, `batch_norm`, …"""
        return self.layer.type

    @property
    def inputs(self) -> int:
        """Channels that come in."""
        return self.input_shape[-1]

    @property
    def units(self) -> int:
        """Channels that go out."""
        return self.shape[-1]

    @property
    def unit_word(self) -> str:
        """What texts call them: `units`, `channels`."""
        return self.layer.width_key

    @property
    def input_values(self) -> int:
        """How many numbers one sample brings: positions × channels."""
        return prod(self.input_shape)

    @property
    def values(self) -> int:
        """How many numbers one sample's output holds: positions × units."""
        return prod(self.shape)

    @property
    def kept(self) -> int:
        """Numbers that a pass holds of one sample in each of its arrays."""
        return self.layer.kept(self.input_shape)

    @property
    def rounds(self) -> int:
        """How many times one after another a pass calls NumPy for it: once, or once a step."""
        return self.layer.rounds(self.input_shape)

    @property
    def has_weights(self) -> bool:
        """Whether any of its parameters is a weight: dense, convolution, recurrent, embedding."""
        return any(parameter.role == "weight" for parameter in self.parameters)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The row's parameters, in the order of the flat vector."""
        return self.layer.parameters(self.input_shape)

    @property
    def activation(self) -> Named | None:
        """The activation: a linear map's, behind a norm that it has; a recurrent layer's inside; a row's of its own."""
        own = self.layer.own_activation
        speaks = self.layer.is_linear_map or self.kind == "activation" or own is not None
        return self.layer.activation or own if speaks else None

    @property
    def init(self) -> Named | None:
        """The weights' initializer."""
        return getattr(self.layer, "init", None)

    @property
    def bias(self) -> Named | None:
        """None: no biases (also on rows that have none). FROM_INIT: what `init` brings."""
        return getattr(self.layer, "bias", None) or None


@dataclass(frozen=True, slots=True)
class ExpandedBlock:
    """The rows inside a residual block; their output is added to their input."""

    path: str
    layer: Layer
    rows: tuple[ExpandedLayer | ExpandedBlock, ...]
    shortcut: tuple[ExpandedLayer | ExpandedBlock, ...] = ()
    """The rows on the way past them, behind them in forward order; empty: the input itself."""


def flatten(rows: tuple[ExpandedLayer | ExpandedBlock, ...]) -> Iterator[ExpandedLayer]:
    """The rows in forward order, residual blocks opened."""
    for row in rows:
        if isinstance(row, ExpandedLayer):
            yield row
        else:
            yield from flatten((*row.rows, *row.shortcut))


def expand(spec: ModelSpec) -> tuple[ExpandedLayer | ExpandedBlock, ...]:
    """The rows of a complete spec: `repeat` written out, every default filled in.

    `output` must be known by then (it is, once the data's targets decided the loss).
    """
    return _Expansion(spec).rows(spec.layers, "layers", 1)


class _Expansion:
    """Walks the layers, counting rows and shapes."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec, self.shape, self.index = spec, spec.input_shape, 0
        self.seen: dict[str, int] = {}
        self.hidden = spec.activation
        self.remaining = _linear_maps(spec.layers)

    def rows(self, layers: tuple[Layer, ...], path: str, first: int) -> tuple[ExpandedLayer | ExpandedBlock, ...]:
        found: list[ExpandedLayer | ExpandedBlock] = []
        for position, layer in enumerate(layers, first):
            for copy in range(layer.repeat):
                found += self.layer(layer, f"{path}[{position}]", copy)
        return tuple(found)

    def layer(self, layer: Layer, path: str, copy: int) -> Iterator[ExpandedLayer | ExpandedBlock]:
        if layer.is_linear_map:
            yield from self.linear_map(layer, path, self.name(layer, copy))
            return
        if layer.inner:
            yield self.block(layer, path)
        else:
            yield self.row(replace(layer, **self.said(layer)), path, self.name(layer, copy))
        if layer.activation is not None and layer.own_activation is None:
            yield self.row(ActivationSpec(layer.activation), path, self.counted("activation"))

    def block(self, layer: Layer, path: str) -> ExpandedBlock:
        """Its rows, then those of its shortcut, whose linear maps have no activation unless they name one."""
        before, hidden = self.shape, self.hidden
        rows = self.rows(layer.branches["layers"], f"{path}.layers", 0)
        after, self.shape, self.hidden = self.shape, before, Named("identity")
        shortcut = self.rows(layer.branches.get("shortcut", ()), f"{path}.shortcut", 0)
        self.shape, self.hidden = after, hidden
        return ExpandedBlock(path, layer, rows, shortcut)

    def name(self, layer: Layer, copy: int) -> str:
        counted = self.counted(layer.type)
        if layer.name is None:
            return counted
        return layer.name if layer.repeat == 1 else f"{layer.name}_{copy}"

    def counted(self, type_: str) -> str:
        self.seen[type_] = self.seen.get(type_, -1) + 1
        return f"{type_}_{self.seen[type_]}"

    def row(self, layer: Layer, path: str, name: str) -> ExpandedLayer:
        before, self.shape, self.index = self.shape, layer.output_shape(self.shape), self.index + 1
        return ExpandedLayer(self.index - 1, path, name, layer, before, self.shape)

    def said(self, layer: Layer) -> dict[str, Named | Literal[False]]:
        """What the model says of the layer's weights and biases where the layer itself does not."""
        found: dict[str, Named | Literal[False]] = {}
        if getattr(layer, "init", self) is None and ("init" in layer.takes or self.spec.init.name in WHOLE_DEFAULTS):
            found["init"] = self.spec.init
        if getattr(layer, "bias", self) is None and "bias" in layer.takes:
            found["bias"] = FROM_INIT if self.spec.bias is None else self.spec.bias
        return found

    def linear_map(self, layer: Layer, path: str, name: str) -> Iterator[ExpandedLayer]:
        """The row with what the model says of it, and the row of its norm."""
        spec, self.remaining = self.spec, self.remaining - 1
        default = self.hidden if self.remaining else spec.output or Named("identity")
        whole = {"activation": layer.activation or default, **self.said(layer)}
        norm: Named | None = getattr(layer, "norm", None)
        row = self.row(replace(layer, **whole), path, name)
        yield replace(row, normed=norm is not None)
        if norm is not None:
            yield self.row(TYPES[norm.name](**dict(norm.parameters)), path, self.counted(norm.name))


def _linear_maps(layers: tuple[Layer, ...]) -> int:
    """How many rows with the model's activation the layers expand to."""
    return sum(layer.repeat * (_linear_maps(layer.inner) or int(layer.is_linear_map)) for layer in layers)
