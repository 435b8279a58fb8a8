"""Described layers become a spec's, one after another: what belongs to a dense layer joins it, arrays are collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, replace
from typing import Any, Literal

from gradaudit.domain.spec import DropoutSpec, LayerSpec, Named, ResidualSpec, Weights
from gradaudit.functions.arrays import Array
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.functions.parameter import Shape
from gradaudit.inputs.channel_order import CHANNELS_FIRST, Turning
from gradaudit.inputs.checks.key_sorts import SORTS
from gradaudit.inputs.checks.names import ACTIVATION, HIDDEN, INITIALIZER, Fault, Kind, read_named
from gradaudit.inputs.checks.ranges import Range
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.described.pads import ZEROS, Pads
from gradaudit.layers import TYPES
from gradaudit.layers.interface import said_by
from gradaudit.layers.plain import keys_of
from gradaudit.layers.windows import by
from gradaudit.text.suggest import quoted

COMMUTES = ("relu", "leaky_relu")
"""f(a·z) = a·f(z) for a ≥ 0: dropout before or after them is the same."""


def named_value(kind: Kind, value: Value, place: Place, key: str) -> Named:
    """A name with its parameters, in a spec's canonical words; raises InputError where it is none."""
    found = value if isinstance(value, Named) else read_named(kind, value)
    if isinstance(found, Named) and kind.label in ("activation", "initializer"):  # defaults stay unsaid
        usual = kind.table.get(found.name, {})
        return Named(found.name, tuple((key, value) for key, value in found.parameters if value != usual.get(key)))
    if isinstance(found, Named):
        return found
    raise place.refusal(f"{'.'.join(map(str, (key, *found[0].path)))}: {found[0].message}")


def checked_number(allowed: Range, value: Value, place: Place, key: str) -> float:
    """The number; raises InputError for one that is impossible."""
    if complaint := allowed.complaint(value):
        raise place.refusal(f"{key}: {complaint}")
    return value  # type: ignore[return-value]  # the range lets numbers through alone


class Layers:
    """Walks described layers in forward order."""

    def __init__(self, inputs: Shape) -> None:
        self.shape = inputs
        self.places: dict[str, Place] = {}
        """Spec path → where the layer, its norm or its activation stands."""
        self._rows: list[Mapping[str, Array]] = []
        self._lacks_weights = False
        self._turning, self._pads = Turning(), Pads()
        self._adders: Mapping[str, Callable[[list[LayerSpec], DescribedLayer, str], None]] = {
            "batch_norm": self._norm,
            "layer_norm": self._norm,
            "group_norm": self._norm,
            "activation": self._activation,
            "residual": self._residual,
        }

    def specs(self, layers: tuple[DescribedLayer, ...], path: str, first: int) -> tuple[LayerSpec, ...]:
        """The layers of a model or a block, the first of them being `path[first]`; a linear map may lack activation.

        Raises InputError, at the layer's place, for what no spec can say.
        """
        found: list[LayerSpec] = []
        for source in layers:
            layer = replace(source, weights=self._turning.turned(source.type, source.weights))
            if layer.type == ZEROS:
                self._pads.put(layer)
                continue
            layer = self._pads.folded(layer, self.shape)
            if layer.type == "input_scaling":
                raise layer.place.refusal("a scaling is audited in front of the first layer only")
            if layer.type == "flatten":
                if layer.keys.get(CHANNELS_FIRST):
                    self._turning.flattened(self.shape)
                if len(self.shape) == 1:
                    continue
            if layer.type == "reshape" and self._is_as_it_was(layer):
                continue
            if layer.type not in self._adders and layer.type not in TYPES:
                raise layer.place.refusal(f"a layer of the type {quoted(layer.type)} is not audited")
            self._adders.get(layer.type, self._layer)(found, layer, f"{path}[{first + len(found)}]")
        self._pads.check_taken()
        return tuple(found)

    def _is_as_it_was(self, layer: DescribedLayer) -> bool:
        """Whether a reshape leaves the shape as it is. Raises InputError for any other one."""
        due = layer.keys["shape"]
        if isinstance(due, list) and (*due,) == self.shape:
            return True
        of, to = (" × ".join(map(str, sides)) for sides in (self.shape, due if isinstance(due, list) else []))
        says = f"it makes {to} of {of}; a reshape is audited in front of the first layer, or to one axis"
        raise layer.place.refusal(says)

    def weights(self, origin: str) -> Weights | None:
        """The arrays, in the order of the rows; None where a layer lacks some that are drawn."""
        drawn = any("weight" in row for row in self._rows)
        return None if self._lacks_weights or not drawn else Weights(tuple(self._rows), origin)

    def _layer(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        """Any layer that stands by itself."""
        kind, layer = TYPES[layer.type], _depthwise(layer, self.shape[-1])
        due = {key.name: key for key in keys_of(kind) if key.default is MISSING or layer.keys.get(key.name) is not None}
        given = {name: _value(layer, name, key.metadata["sort"]) for name, key in due.items()}
        if kind.is_linear_map:
            given["bias"] = _bias(given.get("init"), layer)
        found = kind(**given)
        if isinstance(found, DropoutSpec) and not found.rate:
            return
        before.append(found)
        named = ("activation", "init", "bias")
        self.places |= {path: layer.place}
        self.places |= {f"{path}.{key}": layer.place for key in named if given.get(key) is not None}
        self._pass(found, layer)

    def _pass(self, found: LayerSpec, layer: DescribedLayer) -> None:
        """Collect the arrays, and go on to the shape behind the layer."""
        parameters = found.parameters(self.shape)
        for each in parameters:
            _check(layer.place, _CALLED.get(each.name, each.name), layer.weights.get(each.name), each.shape)
            self._lacks_weights |= each.role == "weight" and each.name not in layer.weights
        if parameters:
            self._rows.append(
                {each.name: layer.weights[each.name] for each in parameters if each.name in layer.weights}
            )
        try:
            self.shape = found.output_shape(self.shape)
        except ValueError as error:
            raise layer.place.refusal(str(error)) from None

    def _norm(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        """Right behind a linear map without activation it is that layer's own."""
        owner = before[-1] if before else None
        if owner is None or not owner.is_linear_map or owner.activation is not None or getattr(owner, "norm", None):
            self._layer(before, layer, path)
            return
        sorts = {key.name: key.metadata["sort"] for key in keys_of(TYPES[layer.type])}
        norm = TYPES[layer.type](**{key: _value(layer, key, sorts[key]) for key in layer.keys})
        before[-1] = replace(owner, norm=Named.of(layer.type, **said_by(norm)))  # type: ignore[arg-type]
        self.places[f"{_previous(path)}.norm"] = layer.place
        self._pass(norm, layer)

    def _activation(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        activation = named_value(ACTIVATION, layer.keys.get("activation"), layer.place, "activation")
        if activation == Named("identity"):
            return
        back = 2 if _is_before_dropout(before) and activation.name in COMMUTES else 1
        owner = before[-back] if before else None
        if owner is None or (owner.activation is not None and owner.own_activation is None):
            where = "right behind another" if owner else "in front of any layer"
            raise layer.place.refusal(f"an activation {where} is not audited; put a dense layer between")
        if owner.own_activation is not None:  # its own stands inside: this one stands behind it, on a dropout of 0
            before.append(DropoutSpec(0.0, activation=activation))
            return
        before[-back] = replace(owner, activation=activation)
        self.places[f"{_previous(path, back)}.activation"] = layer.place

    def _residual(self, before: list[LayerSpec], layer: DescribedLayer, path: str) -> None:
        self.places[path] = layer.place
        shape = self.shape
        inside = self.specs(layer.layers, f"{path}.layers", 0)
        given, self.shape = self.shape, shape
        shortcut = self.specs(layer.shortcut, f"{path}.shortcut", 0)
        name = _value(layer, "name", "text") if "name" in layer.keys else None
        before.append(ResidualSpec(inside, name=name, shortcut=shortcut))
        if shortcut:
            self.shape = given  # where the two differ, that is told when all layers are checked together


def _depthwise(layer: DescribedLayer, channels: int) -> DescribedLayer:
    """A convolution with a `depth_multiplier` sees each channel by itself and makes so many of it."""
    times = layer.keys.get("depth_multiplier")
    if not isinstance(times, int):
        return layer
    return replace(layer, keys={**layer.keys, "channels": channels * times, "groups": channels})


_CALLED = {"weight": "weights", "bias": "biases"}
"""Parameter → how a message calls it where its own name will not do."""

_KINDS = {"activation": ACTIVATION, "hidden": HIDDEN, "initializer": INITIALIZER, "bias": INITIALIZER}


def _value(layer: DescribedLayer, key: str, sort: str) -> Any:  # noqa: ANN401 - whatever the key's sort is
    """A key's value as the layer's field holds it. Raises InputError for an impossible one."""
    value = layer.keys.get(key)
    if sort in _KINDS and value is not False:
        return named_value(_KINDS[sort], value, layer.place, key)
    if sort == "text" and not value:
        return None
    found = SORTS[sort].read(value)
    if isinstance(found, list) and found and isinstance(found[0], Fault):
        raise layer.place.refusal(f"{'.'.join(map(str, (key, *found[0].path)))}: {found[0].message}")
    return found


def _bias(init: Named | None, layer: DescribedLayer) -> Named | Literal[False] | None:
    """False for none; None for zeros where nothing else is drawn, which is what there is where nothing is said."""
    bias: Named | Literal[False] | None = _value(layer, "bias", "bias") if layer.keys.get("bias") is not None else None
    draws = init is not None and INITIALIZERS[init.name].draw_bias is not None
    return None if bias == Named("zeros") and not draws else bias


def _is_before_dropout(before: list[LayerSpec]) -> bool:
    """Whether a linear map that may still take an activation stands before the dropout at the end."""
    owner, last = (None, None, *before)[-2:]
    return isinstance(last, DropoutSpec) and owner is not None and owner.is_linear_map and owner.activation is None


def _previous(path: str, back: int = 1) -> str:
    """`layers[3]` → layers[2]."""
    head, _, index = path.removesuffix("]").rpartition("[")
    return f"{head}[{int(index) - back}]"


def _check(place: Place, what: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        raise place.refusal(f"its {what} are {by(array.shape)}, where the layers make them {by(shape)}")
