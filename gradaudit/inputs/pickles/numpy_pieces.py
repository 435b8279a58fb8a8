"""The few things of NumPy that model files are full of, rebuilt by our own code: types, arrays, single numbers.

Every array is a view of bytes that were read already, so a shape can ask for no memory. Arrays of Python objects are
kept as the list of their items.
"""

from __future__ import annotations

import re
from math import prod
from typing import Any

import numpy as np

from gradaudit.errors import shortened
from gradaudit.files.npy import is_text
from gradaudit.functions.arrays import AnyArray
from gradaudit.inputs.pickles.inert import Inert, Objects, UnreadableError

AnyType = np.dtype[Any]

MAX_DIMENSIONS = 32
OBJECTS = np.dtype(object)
"""Stands in a tree for the type; no array is ever made with it."""

_CODE = re.compile(r"([biufcSUVMmO])(\d{1,6})")
_OPAQUE = frozenset("VMm")
"""Records, dates and spans of time: only their size matters here."""


def number_type(made: Inert, state: object) -> AnyType:
    """`dtype('f8', False, True)` with the state (3, '<', None, None, None, -1, -1, 0) that its pickle sets.

    Raises UnreadableError for what is no type that NumPy writes.
    """
    code = _CODE.fullmatch(made.arguments[0]) if made.arguments and isinstance(made.arguments[0], str) else None
    if code is None or not isinstance(state, tuple) or len(state) < 6:
        raise UnreadableError("it has an array of a type that is none of NumPy's")
    order, parts = state[1], state[2:5]
    if code[1] == "O":
        return OBJECTS
    if code[1] in _OPAQUE or any(part is not None for part in parts):
        return np.dtype(f"V{code[2]}")
    try:
        return np.dtype(f"{order if order in ('<', '>') else '='}{code[0]}")
    except TypeError:  # f0, b8, a long double of another machine
        raise UnreadableError("it has an array of a type that is none of NumPy's") from None


def sides(shape: object) -> tuple[int, ...]:
    """A shape, checked. Raises UnreadableError."""
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise UnreadableError("an array's shape is no tuple of at most 32 whole numbers")
    found = tuple(side for side in shape if type(side) is int and side >= 0)
    if len(found) != len(shape):
        raise UnreadableError("an array's shape has sides that are no sizes")
    return found


def array_of(kind: object, shape: object, data: object, *, by_columns: bool) -> AnyArray | Objects:
    """The array in the bytes; of Python objects where `kind` says so, and then `data` is their list.

    Raises UnreadableError where the parts do not fit together.
    """
    lengths = sides(shape)
    if not isinstance(kind, np.dtype):
        raise UnreadableError("an array has no type")
    if kind == OBJECTS:
        if not isinstance(data, list) or len(data) != prod(lengths):
            raise UnreadableError("an array of objects does not have as many as its shape says")
        return Objects(lengths, data)
    if not isinstance(data, memoryview) or len(data) != prod(lengths) * kind.itemsize:
        found = f"{len(data):,} bytes" if isinstance(data, memoryview) else "no bytes"
        raise UnreadableError(f"an array of the shape {_shown(lengths)} has {found}")
    if not kind.itemsize:
        return Objects(lengths, [])
    flat = np.frombuffer(data, kind) if len(data) else np.empty(0, kind)
    if not is_text(flat):
        raise UnreadableError("an array of text holds numbers of characters that there are not")
    try:
        return flat.reshape(lengths, order="F" if by_columns else "C")
    except ValueError:  # of nothing, and still larger than there may be
        raise UnreadableError(f"an array has the impossible shape {_shown(lengths)}") from None


def scalar_of(kind: object, data: object) -> object:
    """A single number or text as Python has it. Raises UnreadableError."""
    value = array_of(kind, (), data, by_columns=False)
    if isinstance(value, Objects):
        raise UnreadableError("a single number is a Python object instead")
    return value.item() if value.dtype.kind not in _OPAQUE else None


def _shown(lengths: tuple[int, ...]) -> str:
    return shortened(" × ".join(map(str, lengths)), 60)
