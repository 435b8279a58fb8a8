"""Keras's convolutions, pooling and what belongs to them, as described layers; channels are put last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradaudit.domain.spec import Plain
from gradaudit.functions.arrays import Array
from gradaudit.inputs.channel_order import CHANNELS_FIRST
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.described.pads import ZEROS, around
from gradaudit.inputs.keras.names import initializer_of
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.stored import Stored, named_arrays
from gradaudit.text.suggest import quoted

_POOLS = {"MaxPooling": "max_pool", "AveragePooling": "avg_pool"}
POOLS = {f"{kind}{axes}D": f"{name}{axes}d" for kind, name in _POOLS.items() for axes in (1, 2)}
GLOBAL = {
    f"Global{kind}{axes}D": f"global_{name}" for kind, name in _POOLS.items() for axes in (1, 2)
}  # GlobalMaxPooling1D → global_max_pool
CONVOLUTIONS = tuple(f"{kind}{axes}D" for kind in ("Conv", "DepthwiseConv", "SeparableConv") for axes in (1, 2))
PADDINGS = ("ZeroPadding1D", "ZeroPadding2D")
KINDS = (*CONVOLUTIONS, *POOLS, *GLOBAL, *PADDINGS, "Flatten", "Reshape")
"""The classes that `Images` reads."""


def sides_of(config: Part, key: str, default: Plain) -> Plain:
    """A number, or one an axis."""
    part = config.get(key)
    if part is None:
        return default
    found = [side.value for side in part.items()] if not isinstance(part.value, int) else part.value
    return found[0] if isinstance(found, list) and len(set(map(str, found))) == 1 else found


def _padding(config: Part, place: Place) -> Plain:
    padding = config.text("padding", "valid").lower()
    if padding not in ("valid", "same"):
        raise place.refusal(f"padding {quoted(padding)} is not audited; valid and same are")
    return padding


def pooling(layer: Part) -> DescribedLayer:
    """A pooling of windows, or of all positions."""
    config, kind, place = layer.need("config"), layer.kind, layer.layer_place
    if kind in GLOBAL:
        if config.flag("keepdims", False):
            raise place.refusal("keepdims=True is not audited; put a Flatten behind it instead")
        return DescribedLayer(GLOBAL[kind], place)
    size = sides_of(config, "pool_size", 2)
    keys: dict[str, Value] = {"size": size, "padding": _padding(config, place)}
    stride = sides_of(config, "strides", None)
    return DescribedLayer(POOLS[kind], place, keys if stride in (None, size) else {**keys, "stride": stride})


def convolution(layer: Part, stored: Stored | None) -> list[DescribedLayer]:
    """The convolution without its activation; a separable one is two of them."""
    config, kind, place = layer.need("config"), layer.kind, layer.layer_place
    type_ = f"conv{kind[-2]}d"
    has_bias = config.flag("use_bias", True)
    bias = initializer_of(config.get("bias_initializer"), "zeros") if has_bias else False
    window: dict[str, Value] = {
        "kernel_size": sides_of(config, "kernel_size", None),
        "stride": sides_of(config, "strides", 1),
        "padding": _padding(config, place),
        "dilation": sides_of(config, "dilation_rate", 1),
    }
    name: dict[str, Value] = {"name": config.text("name")}
    first_of_two = ("depthwise",) if kind.startswith("Sep") else ()
    named = named_arrays(layer, stored, (*first_of_two, "weight", "bias")[: len(first_of_two) + 1 + has_bias])
    spread_out = named.pop("depthwise", None)
    if kind.startswith("Conv"):
        groups = sides_of(config, "groups", 1)
        keys = {**name, **window, "channels": config.need("filters").value, "groups": groups, "bias": bias}
        keys["init"] = initializer_of(config.get("kernel_initializer"), "glorot_uniform")
        return [DescribedLayer(type_, place, keys, named)]
    depth = {"depth_multiplier": sides_of(config, "depth_multiplier", 1)}
    spread = initializer_of(config.get("depthwise_initializer"), "glorot_uniform")
    if kind.startswith("Depthwise"):
        keys = {**name, **window, **depth, "bias": bias, "init": spread}
        return [DescribedLayer(type_, place, keys, {**named, **_depthwise(named.get("weight"))})]
    first = {**window, **depth, "bias": False, "init": spread}
    second = {**name, "kernel_size": 1, "channels": config.need("filters").value, "bias": bias}
    second["init"] = initializer_of(config.get("pointwise_initializer"), "glorot_uniform")
    own = _depthwise(spread_out)
    return [DescribedLayer(type_, place, first, own), DescribedLayer(type_, place, second, named)]


def _depthwise(weight: Array | None) -> dict[str, Array]:
    """Window × channels × multiplier as window × 1 × channels out."""
    if weight is None:
        return {}
    return {"weight": np.reshape(weight, (*weight.shape[:-2], 1, weight.shape[-2] * weight.shape[-1]))}


def zeros(layer: Part) -> DescribedLayer:
    """The zeros in front and behind, one an axis: Keras has a number, one an axis, or a pair an axis."""
    axes, numbers, place = int(layer.kind[-2]), layer.need("config").numbers("padding") or [1.0], layer.layer_place
    pairs = [numbers[k : k + 2] for k in range(0, len(numbers), 2)]
    if len(numbers) != 2 * axes:
        pairs = [[side] * 2 for side in (numbers * axes if len(numbers) == 1 else numbers)]
    if len(pairs) != axes or any(side < 0 or side % 1 for pair in pairs for side in pair):
        raise place.refusal(f"its padding {numbers} is impossible")
    before, after = ([int(side) for side in sides] for sides in zip(*pairs, strict=True))
    return DescribedLayer(ZEROS, place, around(before, after))


@dataclass
class Images:
    """What is known of positions while layers are read one after another."""

    axes: int = 0
    """Of positions, behind the last layer that says so."""
    channels_first: bool = False

    def described(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        """A convolution without its activation, a pooling, or a flattening."""
        kind, is_first = layer.kind, layer.need("config").text("data_format", "") == "channels_first"
        self.axes = int(kind[-2]) if kind in (*CONVOLUTIONS, *POOLS, *PADDINGS) else 0
        if kind == "Flatten":
            keys: dict[str, Value] = {CHANNELS_FIRST: self.channels_first and not is_first}
            return [DescribedLayer("flatten", layer.layer_place, keys)]
        self.channels_first |= is_first
        if kind in PADDINGS:
            return [zeros(layer)]
        if kind == "Reshape":
            return [self._reshaped(layer)]
        return [pooling(layer)] if kind not in CONVOLUTIONS else convolution(layer, stored)

    def _reshaped(self, layer: Part) -> DescribedLayer:
        """To one axis it is a flattening."""
        shape = [int(side) for side in layer.need("config").numbers("target_shape") or []]
        if len(shape) == 1:
            return DescribedLayer("flatten", layer.layer_place, {CHANNELS_FIRST: self.channels_first})
        self.axes = len(shape) - 1
        return DescribedLayer("reshape", layer.layer_place, {"shape": [*shape]})

    def check_norm(self, axis: Part | None) -> None:
        """Raise InputError for a norm over another axis than that of the channels."""
        if axis is None:
            return
        sides = [each.value for each in axis.items()]
        found = (sides or [axis.value])[-1]
        allowed = {1} if self.channels_first and self.axes else {-1, self.axes + 1}
        if len(sides) > 1 or found not in (*allowed,):
            over = f"{len(sides)} axes" if len(sides) > 1 else f"the axis {quoted(found)}"
            raise axis.refusal(f"a normalisation over {over} is not audited; that of the channels is")
