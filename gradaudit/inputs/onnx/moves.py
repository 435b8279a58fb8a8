"""Nodes that hand values on in another shape, or a part of them, and means over positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan

from gradaudit.inputs.described.model import Place
from gradaudit.inputs.onnx.arrangement import Arrangement
from gradaudit.inputs.onnx.constants import Given, cuts, listed, whole
from gradaudit.inputs.onnx.layout import AxisLayout
from gradaudit.inputs.onnx.proto import OnnxNode

Move = Callable[[OnnxNode, Given, str, Arrangement, Place], None]
"""move(node, its constant inputs, the tensor that it is given, arrangement, place); raises ValueError."""
_LAYER_NORM = "; a layer normalisation is one node from opset 17 on: export with opset 17 or later"


def _transpose(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    layout = to.of(before)
    order = node.attributes["perm"].integers() if "perm" in node.attributes else range(len(layout.axes))[::-1]
    to.step(node.outputs[0], before, layout.moved(order))


def _squeeze(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    to.squeeze(node.outputs[0], before, listed(node, given, 1, "axes"), place)


def _unsqueeze(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    to.unsqueeze(node.outputs[0], before, listed(node, given, 1, "axes") or [])


def _reshape(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    if len(given) < 2 or (target := given[1]) is None:
        raise ValueError("a Reshape is audited whose shape is a constant, or made of sizes")
    to.reshape(node.outputs[0], before, [*map(float, target.ravel())], place)


def _flatten(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    if node.number("axis", 1) != 1:
        raise ValueError("a Flatten that joins rows is not audited")
    to.flatten(node.outputs[0], before, place)


def _gather(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    """One of a sequence's steps, or of the one direction that there is."""
    index = given[1] if len(given) > 1 else None
    layout = to.of(before)
    axis = layout.at(node.number("axis", 0))
    if index is None or index.size != 1 or not _is_last(whole(index)[0], layout.size(layout.axes[axis])):
        raise ValueError(f"it takes a part of {layout.words()}; the last step of a recurrent layer is audited")
    if layout.size(layout.axes[axis]) != 1:
        to.cut(node.outputs[0], before, axis, keeps=index.ndim > 0)
    elif index.ndim:
        to.step(node.outputs[0], before, layout)
    else:
        to.squeeze(node.outputs[0], before, [axis], place)


def _is_last(index: int, size: float) -> bool:
    return index == -1 or index == size - 1


def _slice(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
    """Everything, or a sequence's last step."""
    layout = to.of(before)
    found = cuts(node, given, len(layout.axes))
    cut = [k for k, (axis, own) in enumerate(zip(layout.axes, found, strict=True)) if not _is_all(own, layout, axis)]
    if not cut:
        to.step(node.outputs[0], before, layout)
    elif len(cut) == 1 and _is_the_last(found[cut[0]], layout.size(layout.axes[cut[0]])):
        to.cut(node.outputs[0], before, cut[0], keeps=True)
    else:
        raise ValueError(f"it takes a part of {layout.words()}; the last step of a recurrent layer is audited")


def _is_all(own: slice, layout: AxisLayout, axis: str) -> bool:
    size = layout.size(axis)
    if own == slice(None):
        return True
    return own.start == 0 and own.step == 1 and bool(own.stop >= (1 << 31 if isnan(size) else size))


def _is_the_last(own: slice, size: float) -> bool:
    ends = own.stop is not None and (own.stop >= size if not isnan(size) else own.stop >= 1 << 31)
    return own.step == 1 and ends and _is_last(own.start, size)


def _pooled(kind: str) -> Move:
    def reduce(node: OnnxNode, given: Given, before: str, to: Arrangement, place: Place) -> None:
        axes = listed(node, given, 1, "axes") or []
        try:
            to.pool(node.outputs[0], before, kind, axes, bool(node.number("keepdims", 1)), place)
        except ValueError as error:
            raise ValueError(f"{error}{_LAYER_NORM}") from None

    return reduce


MOVES: Mapping[str, Move] = {
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Gather": _gather,
    "Slice": _slice,
    "ReduceMean": _pooled("avg"),
    "ReduceMax": _pooled("max"),
}
"""Operation → what it does to the axes."""
