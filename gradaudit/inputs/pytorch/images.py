"""Convolutions, pooling and normalisation over positions of torch.nn as described layers; channels are put last."""

from __future__ import annotations

from math import prod
from typing import Any

from gradaudit.inputs.channel_order import kernel_last
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.described.pads import ZEROS, around
from gradaudit.inputs.pytorch.parameters import Described, Shape, arrays_of, class_name, own_name, sides
from gradaudit.layers.windows import by

_POOLS = {"MaxPool": "max_pool", "AvgPool": "avg_pool"}
POOLS = {f"{kind}{axes}d": f"{name}{axes}d" for kind, name in _POOLS.items() for axes in (1, 2)}
ADAPTIVE = {f"Adaptive{kind}{axes}d": (name, axes) for kind, name in _POOLS.items() for axes in (1, 2)}
PADDINGS = ("ZeroPad1d", "ZeroPad2d")
CONVOLUTIONS = {"Conv1d": "conv1d", "Conv2d": "conv2d"}
FUNCTIONS = {
    f"{name}{axes}d": f"{kind}{axes}d"
    for name, kind in (
        ("max_pool", "MaxPool"),
        ("avg_pool", "AvgPool"),
        ("adaptive_avg_pool", "AdaptiveAvgPool"),
        ("adaptive_max_pool", "AdaptiveMaxPool"),
    )
    for axes in (1, 2)
}
"""A function of torch's → the module that does the same."""


def convolution(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401 - torch has no types here
    """A convolution with its weights, *kernel × channels in × out."""
    if module.padding_mode != "zeros":
        raise place.refusal(f"padding_mode {module.padding_mode!r} is not audited; zeros are")
    keys: dict[str, Value] = {
        "channels": module.out_channels,
        "kernel_size": sides(module.kernel_size),
        "stride": sides(module.stride),
        "padding": module.padding if isinstance(module.padding, str) else sides(module.padding) or "valid",
        "dilation": sides(module.dilation),
        "groups": module.groups,
        "name": own_name(place),
        "bias": False if module.bias is None else None,
    }
    arrays = arrays_of(module, place, weight="weight", bias="bias")
    arrays["weight"] = kernel_last(arrays["weight"])
    return (DescribedLayer(CONVOLUTIONS[class_name(module)], place, keys, arrays),)


def pooling(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    """A pooling whose windows end where the map does."""
    kind = class_name(module)
    size = sides(module.kernel_size)
    stride, padding = sides(size if module.stride is None else module.stride), sides(module.padding)
    if module.ceil_mode or sides(getattr(module, "dilation", 1)) != 1 or getattr(module, "divisor_override", None):
        raise place.refusal(f"{kind} with ceil_mode, dilation or divisor_override is not audited")
    if padding and not getattr(module, "count_include_pad", True):
        raise place.refusal(f"{kind} with count_include_pad=False is not audited")
    keys: dict[str, Value] = {"size": size, "padding": padding or "valid"}
    return (DescribedLayer(POOLS[kind], place, keys if stride == size else {**keys, "stride": stride}),)


def zeros(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    """Zeros around a map; PyTorch names the last axis first."""
    padding = [*module.padding]
    before, after = ([int(side) for side in padding[k::2][::-1]] for k in (0, 1))
    if min(padding) < 0:
        raise place.refusal(f"{class_name(module)} with a negative padding cuts, which is not audited")
    return (DescribedLayer(ZEROS, place, around(before, after)),)


def adaptive(module: Any, shape: Shape, place: Place) -> Described:  # noqa: ANN401
    """To one position it pools all; to as many as there are it does nothing; to a part of them, windows of one size."""
    name, axes = ADAPTIVE[class_name(module)]
    asked, maps = module.output_size, shape[-axes:]
    due = tuple(asked) if isinstance(asked, tuple | list) else (asked,) * axes
    due = tuple(size if side is None else side for side, size in zip(due, maps, strict=True))
    if prod(due) == 1:
        return (DescribedLayer(f"global_{name}", place),)
    if due == maps:
        return ()
    if any(size % side for side, size in zip(due, maps, strict=True)):
        says = f"it pools {by(maps)} to {by(due)} positions in windows of several sizes"
        raise place.refusal(f"{says}; such are not audited")
    size = sides(tuple(whole // side for side, whole in zip(due, maps, strict=True)))
    return (DescribedLayer(f"{name}{axes}d", place, {"size": size}),)


def global_mean(axes: object, shape: Shape, place: Place) -> DescribedLayer | None:
    """A mean over all positions and nothing else; None for any other mean."""
    found = sorted(axis % len(shape) for axis in ((axes,) if isinstance(axes, int) else tuple(axes or ())))  # type: ignore[arg-type]
    is_over_positions = len(shape) > 2 and found == list(range(2, len(shape)))
    return DescribedLayer("global_avg_pool", place) if is_over_positions else None
