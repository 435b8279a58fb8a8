"""ONNX's RNN, LSTM and GRU as described layers: gates in a spec's order, two biases added where they may be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.last_step import added
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.onnx.constants import Constants, name_of
from gradaudit.inputs.onnx.proto import OnnxNode

CELLS = {"RNN": "rnn", "LSTM": "lstm", "GRU": "gru"}
GATES: Mapping[str, tuple[int, ...]] = {"RNN": (0,), "LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2)}
"""The places of a spec's gates (i f g o, r z n) among ONNX's (i o f c, z r h)."""
ACTIVATIONS = {"Tanh": None, "Relu": "relu", "Sigmoid": "sigmoid", "Softsign": "softsign", "Softplus": "softplus"}
"""Of the state → what a spec calls it; None where that is its default."""
_GATE = {"RNN": 0, "LSTM": 1, "GRU": 1}
"""Activations in front of the state's own, which are the gates'."""
_USUAL = {"RNN": ("Tanh",), "LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh")}
_PREFIXES = {"forward": ("",), "bidirectional": ("", "reverse_")}


def recurrent(node: OnnxNode, constants: Constants, place: Place) -> DescribedLayer:
    """The layer, which gives every step. Raises ValueError for what a spec cannot say."""
    _check(node, constants)
    direction = node.attributes["direction"].text() if "direction" in node.attributes else "forward"
    if direction not in _PREFIXES:
        raise ValueError("a layer that reads backwards alone is not audited")
    prefixes = _PREFIXES[direction]
    W, R = (_arrays(node, constants, index, len(prefixes)) for index in (1, 2))
    B = constants.array(node.inputs[3]) if len(node.inputs) > 3 and node.inputs[3] else None
    units = R.shape[-1]
    keys: dict[str, Value] = {"units": units, "return_sequences": True, "activation": _activation(node, len(prefixes))}
    keys |= {"name": name_of(constants.origin(node.inputs[1])) or None}
    keys |= {"bidirectional": True} if len(prefixes) > 1 else {}
    keys |= {"bias": False} if B is None else {}
    after = node.op == "GRU" and bool(node.number("linear_before_reset", 0))
    keys |= {"reset_after": after} if node.op == "GRU" else {}
    weights: dict[str, Array] = {}
    for k, prefix in enumerate(prefixes):
        own = {"weight": _turned(node.op, W[k], units).T, "recurrent": _turned(node.op, R[k], units).T}
        if B is not None:
            outer, inner = (_turned(node.op, half, units) for half in np.split(B[k], 2))
            own |= added(outer, inner, units if after else 0)
        weights |= {f"{prefix}{name}": np.ascontiguousarray(array) for name, array in own.items()}
    return DescribedLayer(CELLS[node.op], place, keys, weights)


def _check(node: OnnxNode, constants: Constants) -> None:
    """Raise ValueError for states, lengths and settings that no spec has."""
    given = dict(enumerate(node.inputs))
    if given.get(4):
        raise ValueError("sequences of several lengths (sequence_lens) are not audited")
    if any((name := given.get(index)) and not constants.is_zero(name) for index in (5, 6)):
        raise ValueError("an initial state other than zeros is not audited")
    if (name := given.get(7)) and not constants.is_zero(name):
        raise ValueError("peepholes are not audited")
    if "clip" in node.attributes or node.number("input_forget", 0):
        raise ValueError("clip and input_forget are not audited")


def _arrays(node: OnnxNode, constants: Constants, index: int, directions: int) -> Array:
    """Weights, directions × gates·units × inputs. Raises ValueError where they are not constants of this shape."""
    if len(node.inputs) <= index or node.inputs[index] not in constants:
        raise ValueError("a recurrent layer is audited whose weights are constants")
    array = constants.array(node.inputs[index])
    if array.ndim != 3 or len(array) != directions or array.shape[1] % len(GATES[node.op]):
        raise ValueError(f"its weights are {' × '.join(map(str, array.shape))}, which is not what {node.op} takes")
    return array


def _turned(op: str, array: Array, units: int) -> Array:
    """Gates·units × … in a spec's order of gates."""
    return np.concatenate([array[gate * units : (gate + 1) * units] for gate in GATES[op]])


def _activation(node: OnnxNode, directions: int) -> str | None:
    """The state's own. Raises ValueError for other gates than sigmoids, and where halves differ."""
    said = node.attributes["activations"].texts() if "activations" in node.attributes else ()
    each = len(_USUAL[node.op])
    halves = {said[k : k + each] for k in range(0, len(said), each)} or {_USUAL[node.op]}
    first, gates = next(iter(halves)), _GATE[node.op]
    is_known = len(halves) == 1 and len(said) in (0, each * directions) and len(set(first[gates:])) == 1
    if not is_known or first[:gates] != ("Sigmoid",) * gates or first[-1] not in ACTIVATIONS:
        raise ValueError(f"its activations {', '.join(said)} are not audited; sigmoid gates around a tanh are")
    return ACTIVATIONS[first[-1]]
