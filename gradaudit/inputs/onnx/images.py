"""ONNX's convolutions, pooling and global pooling as described layers; its channels stand in front, ours last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gradaudit.domain.spec import Plain
from gradaudit.inputs.channel_order import kernel_last
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.described.pads import ZEROS, around
from gradaudit.inputs.onnx.constants import Constants, listed, name_of
from gradaudit.inputs.onnx.proto import OnnxNode

Make: TypeAlias = Callable[[OnnxNode, Constants, Place], DescribedLayer]


def _sides(node: OnnxNode, key: str) -> list[int] | None:
    return [*node.attributes[key].integers()] if key in node.attributes else None


def _said(sides: list[int] | None, default: Plain) -> Plain:
    """A number, or one an axis where they differ."""
    if sides is None:
        return default
    return sides[0] if len(set(sides)) == 1 else [*sides]


def _padding(node: OnnxNode) -> dict[str, Value]:
    """The keys that say it: `same` has the odd one at the end. Raises ValueError for one that is not read."""
    auto = node.attributes["auto_pad"].text() if "auto_pad" in node.attributes else "NOTSET"
    if auto in ("SAME_UPPER", "VALID"):
        return {"padding": "same" if auto == "SAME_UPPER" else "valid"}
    if auto != "NOTSET":
        raise ValueError(f"auto_pad {auto} is not audited")
    pads = _sides(node, "pads") or [0]
    half = max(1, len(pads) // 2)
    if min(pads) < 0:
        raise ValueError(f"pads {pads} cut the map, which is not audited")
    if pads[:half] != pads[-half:]:
        return around(pads[:half], pads[-half:])
    return {"padding": _said(pads[:half], 0) or "valid"}


def _conv(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    if len(node.inputs) < 2 or node.inputs[1] not in constants:
        raise ValueError("a convolution is audited whose kernel is a constant")
    kernel = constants.array(node.inputs[1])
    if kernel.ndim not in (3, 4):
        raise ValueError(f"a convolution over {kernel.ndim - 2} axes is not audited")
    bias = constants.optional(node.inputs, 2)
    keys: dict[str, Value] = {
        "channels": len(kernel),
        "name": name_of(constants.origin(node.inputs[1])) or None,
        "kernel_size": _said([*kernel.shape[2:]], None),
        "stride": _said(_sides(node, "strides"), 1),
        **_padding(node),
        "dilation": _said(_sides(node, "dilations"), 1),
        "groups": int(node.number("group", 1)),
        "bias": False if bias is None else None,
    }
    arrays = {"weight": kernel_last(kernel)} | ({} if bias is None else {"bias": bias})
    return DescribedLayer(f"conv{kernel.ndim - 2}d", place, keys, arrays)


def _pool(name: str) -> Make:
    def make(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
        size, padding = _sides(node, "kernel_shape") or [], _padding(node)
        if len(size) not in (1, 2):
            raise ValueError(f"a pooling over {len(size)} axes is not audited")
        if node.number("ceil_mode", 0) or _said(_sides(node, "dilations"), 1) != 1:
            raise ValueError("ceil_mode and dilations are not audited")
        is_counted = "before" in padding or padding["padding"] not in ("same", "valid")
        if name == "avg_pool" and is_counted and not node.number("count_include_pad", 0):
            raise ValueError("an average that leaves its padding out is audited with auto_pad alone")
        keys: dict[str, Value] = {"size": _said(size, None), **padding}
        stride = _said(_sides(node, "strides"), 1)
        return DescribedLayer(
            f"{name}{len(size)}d", place, keys if stride == keys["size"] else {**keys, "stride": stride}
        )

    return make


def _zeros(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """Zeros around the positions, which are all axes behind the first two."""
    given = [constants.array(name) if name in constants else None for name in node.inputs]
    mode = node.attributes["mode"].text() if "mode" in node.attributes else "constant"
    pads = listed(node, given, 1, "pads") or []
    value = given[2] if len(given) > 2 else None
    if mode != "constant" or node.number("value", 0) or (value is not None and value.any()):
        raise ValueError("a Pad is audited that puts zeros")
    half = len(pads) // 2
    if len(given) > 3 or half not in (3, 4) or min(pads) < 0 or any((*pads[:2], *pads[half : half + 2])):
        raise ValueError("a Pad is audited of positions alone, such as height and width")
    return DescribedLayer(ZEROS, place, around(pads[2:half], pads[half + 2 :]))


LAYERS: Mapping[str, Make] = {
    "Conv": _conv,
    "Pad": _zeros,
    "MaxPool": _pool("max_pool"),
    "AveragePool": _pool("avg_pool"),
    "GlobalAveragePool": lambda node, constants, place: DescribedLayer("global_avg_pool", place),
    "GlobalMaxPool": lambda node, constants, place: DescribedLayer("global_max_pool", place),
}
"""Operation → the layer that it is."""
