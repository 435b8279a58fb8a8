"""Described layers become a spec's, one after another: what belongs to a dense layer joins it, arrays are collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from gradaudit.inputs.described import Array, DescribedLayer, Place, Value
from gradaudit.inputs.names import ACTIVATION, INITIALIZER, Kind, read_named, text_fault
from gradaudit.inputs.ranges import COUNT, POSITIVE, SHARE, Range
from gradaudit.inputs.suggest import quoted
from gradaudit.layers.normalisation import EPS
from gradaudit.layers.plain import layer_of
from gradaudit.nn.initializers import INITIALIZERS
from gradaudit.spec import DenseSpec, DropoutSpec, LayerSpec, Named, ResidualSpec, Weights

COMMUTES = ("relu", "leaky_relu")
"""f(a·z) = a·f(z) for a ≥ 0: dropout before or after them is the same."""


def named_value(kind: Kind, value: Value, place: Place, key: str) -> Named:
    """A name with its parameters, in a spec's canonical words; raises InputError where it is none."""
    found = value if isinstance(value, Named) else read_named(kind, value)
    if isinstance(found, Named):
        return _shortest(kind, found) if kind.label in ("activation", "initializer") else found
    raise place.refusal(f"{'.'.join(map(str, (key, *found[0].path)))}: {found[0].message}")


def _shortest(kind: Kind, named: Named) -> Named:
    """Without the parameters that are at their defaults, as a person writes it."""
    defaults = kind.table.get(named.name, {})
    return Named(named.name, tuple((key, value) for key, value in named.parameters if value != defaults.get(key)))


def checked_number(allowed: Range, value: Value, place: Place, key: str) -> float:
    """The number; raises InputError for one that is impossible."""
    if complaint := allowed.complaint(value):
        raise place.refusal(f"{key}: {complaint}")
    return value  # type: ignore[return-value]  # the range lets numbers through alone


class Layers:
    """Walks described layers in forward order."""

    def __init__(self, inputs: int) -> None:
        self.width = inputs
        self.places: dict[str, Place] = {}
        """Spec path → where the layer, its norm or its activation stands."""
        self._coefs: list[Array] = []
        self._intercepts: list[Array | None] = []
        self._scales: list[Array] = []
        self._shifts: list[Array] = []
        self._lacks_weights = False
        self._adders: Mapping[str, Callable[[list[LayerSpec], DescribedLayer, str], None]] = {
            "dense": self._dense,
            "batch_norm": self._norm,
            "layer_norm": self._norm,
            "dropout": self._dropout,
            "activation": self._activation,
            "residual": self._residual,
            "flatten": lambda before, layer, path: None,
        }

    def specs(self, layers: tuple[DescribedLayer, ...], path: str, first: int) -> tuple[LayerSpec, ...]:
        """The layers of a model or a block, the first of them being `path[first]`; a dense one may lack activation.

        Raises InputError, at the layer's place, for what no spec can say.
        """
        found: list[LayerSpec] = []
        for layer in layers:
            if layer.type == "scale":
                raise layer.place.refusal("a scaling is audited in front of the first layer only")
            if layer.type not in self._adders:
                raise layer.place.refusal(f"a layer of the type {quoted(layer.type)} is not audited")
            self._adders[layer.type](found, layer, f"{path}[{first + len(found)}]")
        return tuple(found)

    def weights(self, origin: str) -> Weights | None:
        """The arrays, in the order of the rows; None where a dense layer has none."""
        if self._lacks_weights or not self._coefs:
            return None
        return Weights(tuple(self._coefs), tuple(self._intercepts), tuple(self._scales), tuple(self._shifts), origin)

    def _dense(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        place, keys = layer.place, layer.keys
        units = int(checked_number(COUNT, keys.get("units"), place, "units"))
        activation, init = _named(layer, ACTIVATION, "activation"), _named(layer, INITIALIZER, "init")
        bias: Named | Literal[False] | None = False
        if keys.get("bias") is not False:
            bias = _named(layer, INITIALIZER, "bias")
        if bias == Named("zeros") and init and INITIALIZERS[init.name].draw_bias is None:
            bias = None  # what there is where nothing is said
        before.append(DenseSpec(units, activation, init, bias, name=_name(layer)))
        given = {"activation": activation, "init": init, "bias": bias}
        self.places |= {path: place} | {f"{path}.{key}": place for key, value in given.items() if value is not None}
        self._collect_dense(layer, units)
        self.width = units

    def _collect_dense(self, layer: DescribedLayer, units: int) -> None:
        weight, bias = layer.weights.get("weight"), layer.weights.get("bias")
        if weight is None:
            self._lacks_weights = True
            return
        _check(layer.place, "weights", weight, (self.width, units))
        _check(layer.place, "biases", bias, (units,))
        self._coefs.append(weight)
        self._intercepts.append(bias)

    def _norm(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        """Right behind a dense layer without activation it is that layer's own."""
        eps = float(checked_number(POSITIVE, layer.keys.get("eps", EPS), layer.place, "eps"))
        norm = Named(layer.type) if eps == EPS else Named.of(layer.type, eps=eps)
        dense = before[-1] if before else None
        if isinstance(dense, DenseSpec) and dense.activation is None and dense.norm is None:
            before[-1] = replace(dense, norm=norm)
            self.places[f"{_previous(path)}.norm"] = layer.place
        else:
            before.append(layer_of({"type": layer.type, "eps": eps}))
            self.places[path] = layer.place
        scale, shift = layer.weights.get("scale"), layer.weights.get("shift")
        _check(layer.place, "scale", scale, (self.width,))
        _check(layer.place, "shift", shift, (self.width,))
        self._scales.append(np.ones(self.width) if scale is None else scale)
        self._shifts.append(np.zeros(self.width) if shift is None else shift)

    def _dropout(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        rate = float(checked_number(SHARE, layer.keys.get("rate"), layer.place, "rate"))
        if rate:
            before.append(DropoutSpec(rate, name=_name(layer)))
            self.places[path] = layer.place

    def _activation(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        activation = named_value(ACTIVATION, layer.keys.get("activation"), layer.place, "activation")
        if activation == Named("identity"):
            return
        back = 2 if _is_before_dropout(before) and activation.name in COMMUTES else 1
        owner = before[-back] if before else None
        if owner is None or owner.activation is not None:
            where = "right behind another" if owner else "in front of any layer"
            raise layer.place.refusal(f"an activation {where} is not audited; put a dense layer between")
        before[-back] = replace(owner, activation=activation)
        self.places[f"{_previous(path, back)}.activation"] = layer.place

    def _residual(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        self.places[path] = layer.place
        inside = self.specs(layer.layers, f"{path}.layers", 0)
        before.append(ResidualSpec(inside, name=_name(layer)))


def _is_before_dropout(before: list[LayerSpec]) -> bool:
    """Whether a dense layer that may still take an activation stands before the dropout at the end."""
    dense, last = (None, None, *before)[-2:]
    return isinstance(last, DropoutSpec) and isinstance(dense, DenseSpec) and dense.activation is None


def _named(layer: DescribedLayer, kind: Kind, key: str) -> Named | None:
    value = layer.keys.get(key)
    return None if value is None else named_value(kind, value, layer.place, key)


def _name(layer: DescribedLayer) -> str | None:
    """What the person calls the layer; raises InputError for what is no name."""
    name = layer.keys.get("name") or None
    if name is not None and (fault := text_fault(name)):
        raise layer.place.refusal(f"name: {fault}")
    return str(name) if name else None


def _previous(path: str, back: int = 1) -> str:
    """`layers[3]` → layers[2]."""
    head, _, index = path.removesuffix("]").rpartition("[")
    return f"{head}[{int(index) - back}]"


def _check(place: Place, what: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        sizes = [" × ".join(map(str, sides)) for sides in (array.shape, shape)]
        raise place.refusal(f"its {what} are {sizes[0]}, where the layers make them {sizes[1]}")
