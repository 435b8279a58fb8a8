"""Arrays and data frames as people pass them or store them, checked and turned into plain NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradaudit.datasets.interface import Raw
from gradaudit.domain.plurals import counted
from gradaudit.errors import InputError, Location, Problem, short_reason, shortened
from gradaudit.functions.arrays import AnyArray, Array

OWN = "your own data"
"""How the report calls arrays that a person passes."""

_NOT_NUMBERS = {"U": "text", "S": "text", "T": "text", "c": "complex numbers", "M": "dates", "m": "time spans"}


def given(X: object, y: object) -> Raw:
    """The arrays or data frames that a person passed to the Python API.

    Raises InputError where one is missing or they are no table of finite numbers and its targets.
    """
    if X is None or y is None:
        raise InputError("X and y belong together: " + ("y was given without X" if X is None else "X without y"))
    inputs, targets = input_table(X), target_array(y)
    return Raw(inputs, targets, f"{OWN}, {counted(len(inputs), 'row')}")


def input_table(X: object, where: Location | None = None) -> Array:
    """X as float64, rows × columns, finite. One-dimensional X is an error, as in scikit-learn."""
    array = _array(X, "X", where)
    if array.ndim not in (2, 3, 4):
        raise _wrong(
            f"X has the shape {array.shape}; it must be rows × columns, rows × steps × features, or "
            "rows × height × width × channels",
            where,
        )
    if not array.size:
        raise _wrong(f"X is empty: its shape is {array.shape}", where)
    return _floats(array, "X", where, getattr(X, "columns", None))


def target_array(y: object, where: Location | None = None) -> AnyArray:
    """Targets as text (dtype object), int64 or float64 in one column, rows long, or float64 in several, rows × outputs.

    All are finite. Raises InputError for any others.
    """
    array = _array(y, "y", where)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2, 3, 4):
        raise _wrong(
            f"y has the shape {array.shape}; it must be a column or a table, rows × outputs",
            where,
        )
    if not array.size:
        raise _wrong("y is empty", where)
    return _floats(array, "y", where) if array.ndim > 1 else _column(array, where)


def _column(y: AnyArray, where: Location | None) -> AnyArray:
    if y.dtype.kind == "O":
        return _objects(y, where)
    if y.dtype.kind in "SUT":
        return _texts(y, where)
    if y.dtype.kind in "biu" and int(y.max()) <= np.iinfo(np.int64).max:
        return y.astype(np.int64)
    return _floats(y, "y", where)


def _texts(y: AnyArray, where: Location | None) -> AnyArray:
    try:
        return (y.astype(str) if y.dtype.kind == "S" else y).astype(object)
    except UnicodeDecodeError:
        raise _wrong("y holds bytes that are no ASCII text", where) from None


def _objects(y: AnyArray, where: Location | None) -> AnyArray:
    """A column of Python objects: all text, all integers, or numbers."""
    texts = [isinstance(value, str) for value in y]
    if all(texts):
        return y
    if any(texts):
        first = texts.index(False)
        raise _wrong(f"y[{first}] is {_short(y[first])}, while other values are text", where)
    whole = all(isinstance(value, int | np.integer | np.bool_) for value in y)
    if whole and all(abs(int(value)) < 2**63 for value in y):
        return y.astype(np.int64)
    return _floats(y, "y", where)


def _array(values: Any, name: str, where: Location | None) -> AnyArray:  # noqa: ANN401 - any array-like may come
    """NumPy's own conversion; sparse matrices of SciPy are opened, PyTorch's tensors brought to the processor."""
    try:
        if hasattr(values, "detach"):
            values = values.detach().cpu()
            values = values.double() if values.is_floating_point() else values  # NumPy has no bfloat16
        return np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    except (TypeError, ValueError, RuntimeError) as error:
        message = short_reason(error)
        if "inhomogeneous" in message:
            message = "its rows are of different lengths; pad all sequences to one length"
        raise _wrong(f"{name} cannot be read as an array: {message}", where) from None


def _floats(array: AnyArray, name: str, where: Location | None, columns: object = None) -> Array:
    """The array as float64; the first value that is no finite number is an error that names its place."""
    if array.dtype.kind == "O":
        array = _unboxed(array, name, where, columns)
    elif array.dtype.kind not in "biuf":
        kind = _NOT_NUMBERS.get(array.dtype.kind, f"values of type {array.dtype}")
        raise _wrong(f"{name} holds {kind}; it must hold numbers", where)
    with np.errstate(over="ignore"):  # a long double too large for float64 becomes inf and is told below
        numbers = np.ascontiguousarray(array, dtype=np.float64)
    finite = np.isfinite(numbers)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        others = int((~finite).sum()) - 1
        more = f" ({others} more are not finite)" if others else ""
        way = "fill such values in, or leave their rows out"
        raise _wrong(f"{_cell(name, place, columns)} is {numbers[place]}, not a finite number{more}; {way}", where)
    return numbers


def _unboxed(array: AnyArray, name: str, where: Location | None, columns: object) -> Array:
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        for place in np.ndindex(array.shape):
            try:
                float(array[place])
            except (TypeError, ValueError, OverflowError):
                cell = _cell(name, place, columns)
                raise _wrong(f"{cell} is {_short(array[place])}, not a number", where) from None
        raise


def _cell(name: str, place: tuple[int, ...], columns: Any) -> str:  # noqa: ANN401 - a data frame's own index
    """`X[3, 1]`, with the name of the column where a data frame has one."""
    named = f" (column {_short(columns[place[1]])})" if columns is not None and len(place) == 2 else ""
    return f"{name}[{', '.join(map(str, place))}]{named}"


def _short(value: object) -> str:
    return shortened(repr(value), 60)


def _wrong(message: str, where: Location | None) -> InputError:
    return InputError(Problem(message, where))
