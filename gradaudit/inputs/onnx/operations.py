"""ONNX's linear maps, normalisations and what stands around them, each node as a described layer.

Each function takes the node, the graph's constants and the node's place. It raises ValueError for a form of the
operation that a spec cannot say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import DescribedLayer, Place, scaling
from gradaudit.inputs.onnx import images
from gradaudit.inputs.onnx.constants import Constants, name_of
from gradaudit.inputs.onnx.proto import OnnxNode
from gradaudit.inputs.onnx.recurrent import CELLS, recurrent


def _gemm(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """y = x·W + b, W transposed where PyTorch wrote it."""
    if node.number("transA", 0) or node.number("alpha", 1.0) != 1 or node.number("beta", 1.0) != 1:
        raise ValueError("transA, alpha and beta are audited at their defaults alone")
    kernel = _kernel(node, constants)
    kernel = kernel.T if node.number("transB", 0) else kernel
    return _dense(node, constants, place, kernel, constants.optional(node.inputs, 2))


def _kernel(node: OnnxNode, constants: Constants) -> Array:
    if len(node.inputs) < 2 or node.inputs[1] not in constants or node.inputs[0] in constants:
        raise ValueError("a product is audited whose second factor is a matrix of constants")
    kernel = constants.array(node.inputs[1])
    if kernel.ndim != 2:
        raise ValueError(f"its weights have {kernel.ndim} axes; a matrix is audited")
    return kernel


def _dense(node: OnnxNode, constants: Constants, place: Place, kernel: Array, bias: Array | None) -> DescribedLayer:
    units = kernel.shape[1]
    if bias is not None and bias.size == 1 < units:
        bias = np.full(units, bias[0])
    name = name_of(constants.origin(node.inputs[1]))
    keys = {"units": units, "name": name, "bias": False if bias is None else None}
    return DescribedLayer("dense", place, keys, {"weight": kernel} | ({} if bias is None else {"bias": bias}))


def _norm(kind: str, node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """A batch norm's running mean and variance are left: the audit uses the batch's own."""
    given = {key: constants.optional(node.inputs, index) for index, key in ((1, "scale"), (2, "shift"))}
    arrays = {key: array for key, array in given.items() if array is not None}
    eps = float(f"{node.number('epsilon', 1e-5):.7g}")  # as it was written before it was a float32
    return DescribedLayer(kind, place, {"eps": eps}, arrays)


def _group_norm(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """Of an InstanceNormalization each channel is a group; older files have one scale a group, which is not read."""
    norm = _norm("group_norm", node, constants, place)
    channels = len(norm.weights["scale"]) if "scale" in norm.weights else 1
    return replace(norm, keys={**norm.keys, "groups": int(node.number("num_groups", channels))})


def _dropout(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """The rate is an attribute before opset 12, an input since."""
    given = constants.optional(node.inputs, 1)
    rate = node.number("ratio", 0.5) if given is None or not given.size else float(given[0])
    return DescribedLayer("dropout", place, {"rate": float(f"{rate:.7g}")})


def _embedding(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """A row of weights for each token."""
    weight = constants.array(node.inputs[0])
    if node.number("axis", 0) or weight.ndim != 2:
        raise ValueError("a Gather of rows of a matrix is audited, which is an embedding")
    keys = {"vocabulary": len(weight), "units": weight.shape[1], "name": name_of(constants.origin(node.inputs[0]))}
    return DescribedLayer("embedding", place, keys, {"weight": weight})


def _scaler(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """(x − offset)·scale, as skl2onnx writes a StandardScaler."""
    found = [node.attributes[key].numbers() if key in node.attributes else None for key in ("offset", "scale")]
    offset, scale = np.zeros(1) if found[0] is None else found[0], np.ones(1) if found[1] is None else found[1]
    return scaling(place, offset, scale)


LAYERS: Mapping[str, images.Make] = {
    "Gemm": _gemm,
    "MatMul": lambda node, constants, place: _dense(node, constants, place, _kernel(node, constants), None),
    "BatchNormalization": partial(_norm, "batch_norm"),
    "LayerNormalization": partial(_norm, "layer_norm"),
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _group_norm,
    "Dropout": _dropout,
    "Gather": _embedding,
    "Scaler": _scaler,
    **dict.fromkeys(CELLS, recurrent),
    **images.LAYERS,
}
"""Operation → the layer that it is."""


def constant_scaling(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer | None:
    """x + c, x − c, x·c or x/c with a vector of constants; None where it is something else."""
    if node.op not in ("Add", "Sub", "Mul", "Div") or len(node.inputs) != 2 or node.inputs[1] not in constants:
        return None
    by = constants.array(node.inputs[1]).ravel()
    if by.size < 2:
        return None
    zero, one = np.zeros(1), np.ones(1)
    with np.errstate(divide="ignore"):
        offset, scale = {"Add": (-by, one), "Sub": (by, one), "Mul": (zero, by), "Div": (zero, 1 / by)}[node.op]
    return scaling(place, offset, scale)
