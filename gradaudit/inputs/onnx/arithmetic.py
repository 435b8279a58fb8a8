"""What nodes make of constants alone: exporters cut and join weights, and reckon with the sizes of tensors.

A size that the file does not say is NaN, and so is what is reckoned with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.inputs.described.model import Array
from gradaudit.inputs.onnx.proto import OnnxNode

Given = Sequence[Array | None]
"""A node's inputs in their order; None: left out."""


def whole(values: npt.ArrayLike) -> list[int]:
    """Whole numbers. Raises ValueError where one is a size that the file does not say."""
    found = np.ravel(values)
    if not np.isfinite(found).all():
        raise ValueError("it depends on sizes that are not in the file; export it with the sizes of its input")
    return [int(value) for value in found]


def listed(node: OnnxNode, given: Given, index: int, key: str) -> list[int] | None:
    """Whole numbers that are an input in newer files, an attribute in older ones; None where neither is there."""
    if len(given) > index and (found := given[index]) is not None:
        return whole(found)
    return [*node.attributes[key].integers()] if key in node.attributes else None


def cuts(node: OnnxNode, given: Given, rank: int) -> tuple[slice, ...]:
    """What a Slice takes along each axis. Raises ValueError where its numbers do not fit."""
    keys = ("", "starts", "ends", "axes", "steps")
    starts, ends, axes, steps = (listed(node, given, index, keys[index]) for index in range(1, 5))
    starts, ends = starts or [], ends or []
    found = [slice(None)] * rank
    of = zip(axes or range(len(starts)), starts, ends, steps or [1] * len(starts), strict=True)
    for axis, start, end, step in of:
        found[axis] = slice(start, None if step < 0 and end < -(1 << 31) else end, step)
    return tuple(found)


def _array(given: Given, index: int = 0) -> Array:
    found = given[index] if len(given) > index else None
    if found is None:
        raise ValueError("an input of it is missing")
    return found


def _whole_axis(node: OnnxNode, default: int = 0) -> int:
    return int(node.number("axis", default))


def _unsqueeze(node: OnnxNode, given: Given) -> Array:
    return np.expand_dims(_array(given), tuple(listed(node, given, 1, "axes") or ()))


def _squeeze(node: OnnxNode, given: Given) -> Array:
    axes = listed(node, given, 1, "axes")
    return np.squeeze(_array(given), None if axes is None else tuple(axes))


def _reshape(node: OnnxNode, given: Given) -> Array:
    array = _array(given)
    shape = [array.shape[k] if side == 0 else side for k, side in enumerate(whole(_array(given, 1)))]
    return array.reshape(shape)


def _transpose(node: OnnxNode, given: Given) -> Array:
    return np.transpose(_array(given), node.attributes["perm"].integers() if "perm" in node.attributes else None)


def _gather(node: OnnxNode, given: Given) -> Array:
    index = np.reshape(whole(_array(given, 1)), _array(given, 1).shape).astype(np.intp)
    return np.take(_array(given), index, axis=_whole_axis(node))


def _both(operation: Callable[[Array, Array], Array]) -> Callable[[OnnxNode, Given], Array]:
    return lambda node, given: operation(_array(given), _array(given, 1))


FOLDS: Mapping[str, Callable[[OnnxNode, Given], Array]] = {
    "Cast": lambda node, given: _array(given),
    "Slice": lambda node, given: _array(given)[cuts(node, given, _array(given).ndim)],
    "Concat": lambda node, given: np.concatenate([_array(given, k) for k in range(len(given))], _whole_axis(node)),
    "Gather": _gather,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Add": _both(np.add),
    "Sub": _both(np.subtract),
    "Mul": _both(np.multiply),
}
"""Operation → the constant that it makes of constants."""


def values_of(node: OnnxNode, given: Given) -> int:
    """How many numbers the operation writes at most, before any is; 0 for one that gives a view."""
    sizes = [0 if array is None else array.size for array in given]
    if node.op == "Concat":
        return sum(sizes)
    if node.op == "Gather":
        return sizes[0] * sizes[1]
    if node.op in ("Add", "Sub", "Mul"):
        return prod(np.broadcast_shapes(*(array.shape for array in given if array is not None)))
    return sizes[0] if node.op == "Reshape" else 0
