"""Faults of the layers taken together: widths that do not agree, what stands where it cannot, and sizes.

It walks the entries as they are written, steps over what it cannot read (the schema reports that), and counts
with integers: nothing is expanded and no memory is taken, however large the model claims to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any, cast

from gradaudit.domain.plurals import counted
from gradaudit.functions.named import Named, Plain
from gradaudit.functions.parameter import Shape
from gradaudit.inputs.checks.faults import Path
from gradaudit.inputs.checks.layer_kinds import type_of_layer
from gradaudit.inputs.checks.names import NORM, Fault, read_named
from gradaudit.inputs.checks.ranges import RANGES
from gradaudit.inputs.checks.sizes import MAX_ROWS, Extent, LargestLayer, input_shape, is_count, too_large
from gradaudit.layers import TYPES
from gradaudit.layers.interface import Layer, LinearMap
from gradaudit.layers.plain import keys_of, read_value
from gradaudit.layers.windows import by, values


def layer_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with the list of layers as a whole."""
    layers = spec.get("layers")
    if not isinstance(layers, list) or len(layers) < 2:
        return []
    shape = input_shape(layers[0])
    if shape is None:
        says = _no_inputs(layers[0])
        return [Fault(("layers", 0), says)] if says else []
    walk = _Walk()
    whole = walk.stretch(layers[1:], ("layers",), 1, Extent(shape, values=prod(shape)))
    faults = [*walk.faults, *too_large(walk.largest, whole, spec)]
    if not whole.has_dense and not walk.has_unreadable:
        faults.append(Fault(("layers",), "no dense layer; a model needs at least one, such as a number of units"))
    return faults


def _no_inputs(entry: object) -> str | None:
    """Why the first entry says no shape; None for a number that is wrong in itself, which the schema tells."""
    one = input_shape(entry[1:]) if isinstance(entry, list) else None
    if isinstance(entry, list) and one is not None and (entry[0] in (None, -1) or len(entry) > 3):
        return f"a shape is that of one input, without the number of samples (the batch) in front; write {[*one]}"
    if isinstance(entry, Mapping | str) or entry == []:
        return "the first entry is the number of inputs; write a whole number such as 64, or a shape such as [20, 8]"
    return f"a shape of {len(entry)} numbers; write 1 to 3" if isinstance(entry, list) and len(entry) > 3 else None


class _Walk:
    """Goes through the layers in forward order."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.largest = LargestLayer()
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
        layer, kind = _readable(entry, type_), TYPES[type_]
        if kind.reads_tokens and path != ("layers", 1):
            says = f"{type_} reads the data themselves, as tokens; write it as the first layer"
            self.faults.append(Fault(path, says))
            return replace(before, shape=None)
        if layer is None:
            return replace(before, shape=None, has_dense=before.has_dense or kind.is_linear_map)
        if not (before.has_dense or before.weights or self.has_unreadable) and _needs_weights_before(layer):
            self.faults.append(Fault(path, "an activation before any layer with weights; put it behind one"))
        if type_ == "residual":
            return self.residual(entry, layer, path, before)
        for _ in range(layer.repeat):
            before = before.then(self.row(layer, path, before.shape))
        return before

    def row(self, layer: Layer, path: Path, shape: Shape | None) -> Extent:
        """One of the rows that `repeat` makes, with that of its norm."""
        norm: Named | None = getattr(layer, "norm", None)
        rows = 2 if norm else 1
        if shape is not None:
            try:
                after, kept = layer.output_shape(shape), layer.kept(shape)
                if norm is not None:
                    TYPES[norm.name](**dict(norm.parameters)).output_shape(after)
                weights = sum(prod(part.shape) for part in layer.parameters(shape) if part.role == "weight")
            except ValueError as error:
                self.faults.append(Fault(path, str(error)))
            else:
                if weights > self.largest.weights:
                    self.largest = LargestLayer(weights, path, layer.width if isinstance(layer, LinearMap) else 0)
                return Extent(after, weights, rows, rows * kept, layer.is_linear_map)
        return Extent(None, 0, rows, 0, layer.is_linear_map)

    def residual(self, entry: object, layer: Layer, path: Path, before: Extent) -> Extent:
        """All its copies; those that keep the shape are counted, and not walked one by one."""
        done = 0
        while done < layer.repeat and not self.faults:
            block = self.block(entry, path, before)
            copies = layer.repeat - done if block.shape == before.shape or before.rows > MAX_ROWS else 1
            before, done = before.then(block, copies), done + copies
        return before if done else replace(before, shape=None)

    def block(self, entry: object, path: Path, before: Extent) -> Extent:
        """One copy: what its layers and its shortcut come to, which must be of one shape."""
        start, said = Extent(before.shape, has_dense=before.has_dense), entry if isinstance(entry, Mapping) else {}
        way, past = (
            self.stretch(inside, (*path, key), 0, start) if isinstance(inside := said.get(key), list) else start
            for key in ("layers", "shortcut")
        )
        if None not in (way.shape, past.shape) and way.shape != past.shape:
            says = _unequal(before.shape, way.shape, past.shape, has_shortcut="shortcut" in said)
            self.faults.append(Fault(path, says))
            way = replace(way, shape=None)
        return past.then(way)


def _readable(entry: object, type_: str) -> Layer | None:
    """The layer with those of its keys that decide shapes, as far as they can be read; else None."""
    said = entry if isinstance(entry, Mapping) else {"units": entry}
    found: dict[str, Any] = {"layers": ()} if type_ == "residual" else {}
    for key in keys_of(TYPES[type_]):
        sort, value = key.metadata["sort"], said.get(key.name, key.default)
        if sort == "repeat":
            found[key.name] = min(value, MAX_ROWS + 1) if is_count(value) else 1
        elif sort == "norm" and value is not None:
            norm = read_named(NORM, value)
            found[key.name] = norm if isinstance(norm, Named) else Named("batch_norm")
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


def _needs_weights_before(layer: Layer) -> bool:
    """Whether it has an activation behind it and no weights of its own."""
    stands_alone = layer.activation is not None and not layer.is_linear_map and layer.type != "residual"
    return stands_alone and not layer.parameters((1,))


def _unequal(taken: Shape | None, given: Shape | None, passed: Shape | None, *, has_shortcut: bool) -> str:
    """That the two ways through a block cannot be added, and what to write."""
    if has_shortcut:
        return f"the block's layers give {values(given or ())}, its shortcut {by(passed or ())}; make them equal"
    says = f"the block takes {values(taken or ())} and gives {by(given or ())}, so the two cannot be added"
    units = (taken or (0,))[-1]
    end = f"a dense layer of {counted(units, 'unit')}" if len(taken or ()) == 1 else by(taken or ())
    return f"{says}; end it with {end}, or give it a shortcut: [...] that makes {by(given or ())} of its input"
