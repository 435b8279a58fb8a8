"""Weights beside a spec: npz, safetensors, PyTorch's state dicts; every shape is checked before memory is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.npz import Npz
from gradaudit.files.opening import FileError, open_file
from gradaudit.inputs.pytorch.state_dict import StateDict
from gradaudit.inputs.safetensors import Safetensors
from gradaudit.inputs.suggest import hint, quoted
from gradaudit.rows import Row, expand, flatten
from gradaudit.spec import ModelSpec, Weights

Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]


MAX_VALUES = 1 << 26
"""Of all arrays together: 512 MiB as float64, half as much again while the largest is read."""


class ArrayFile(Protocol):
    """A file of named arrays, its headers read and checked, its numbers not yet. Raises ValueError where it is none."""

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each array, by its name; all of them are numbers."""

    def load(self, name: str) -> npt.NDArray[Any]:
        """The array, of whatever type of number it is stored in."""


STATE_DICTS = (".pt", ".pth", ".ckpt")
OPENERS: Mapping[str, Callable[[BinaryIO], ArrayFile]] = {
    ".npz": Npz,
    ".safetensors": Safetensors,
    **dict.fromkeys(STATE_DICTS, StateDict),
}
_MOST_BYTES = dict.fromkeys(STATE_DICTS, 32)
"""Bytes of a file for each weight, where it may hold an optimizer's numbers beside; elsewhere 8."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An array that the model has a place for."""

    name: str
    shape: Shape
    required: bool


def read_weights(path: str, spec: ModelSpec, location: Location) -> Weights:
    """The weights of a spec's dense and norm rows; values that are not finite are let through.

    `location` is where the spec names the file. Raises InputError for a file that is missing, damaged or of
    another model.
    """
    try:
        return _read(Path(path), tuple(flatten(expand(spec))))
    except FileError as error:
        message = error.reason
    except OSError as error:
        message = error.strerror or str(error)
    except ValueError as error:
        message = str(error)
    raise InputError(Problem(f"weights: {path}: {message}", location))


def _read(path: Path, rows: tuple[Row, ...]) -> Weights:
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        raise ValueError(f"no file of weights by its name; known are {' and '.join(OPENERS)}")
    wanted = list(_wanted(rows))
    values = sum(prod(want.shape) for want in wanted)
    if values > MAX_VALUES:
        raise ValueError(f"this model has {values:,} weights, {values / 2**27:,.1f} GiB; {MAX_VALUES:,} are the most")
    # no larger than this model's weights can make it: that bounds all that follows
    bound = _MOST_BYTES.get(path.suffix.lower(), 8) * values + 8192 * len(wanted) + (1 << 20)
    with open_file(path, bound, "this model's weights") as file:
        arrays = opener(file)
        names = _torch_names(_in_order(path, arrays.shapes), rows) if _is_torch(path, arrays.shapes) else {}
        return _weights(arrays, wanted, names, str(path))


def _wanted(rows: tuple[Row, ...]) -> Iterator[Wanted]:
    """The arrays in row order, dense and norm rows numbered apart."""
    dense = [row for row in rows if row.kind == "dense"]
    norms = [row for row in rows if row.kind in ("batch_norm", "layer_norm")]
    for index, row in enumerate(dense):
        yield Wanted(f"coefs_{index}", (row.inputs, row.units), True)
        if row.bias is not None:
            yield Wanted(f"intercepts_{index}", (row.units,), True)
    for index, row in enumerate(norms):
        yield Wanted(f"scale_{index}", (row.units,), False)
        yield Wanted(f"shift_{index}", (row.units,), False)


def _is_torch(path: Path, shapes: Mapping[str, Shape]) -> bool:
    return path.suffix.lower() in (".safetensors", *STATE_DICTS) and any(name.endswith("weight") for name in shapes)


def _in_order(path: Path, shapes: Mapping[str, Shape]) -> Mapping[str, Shape]:
    """Modules as a state dict has them; in the natural order of their names where the file does not keep another."""
    if path.suffix.lower() in STATE_DICTS:
        return shapes
    return {name: shapes[name] for name in sorted(shapes, key=lambda name: _natural(name.removesuffix("weight")))}


def _weights(file: ArrayFile, wanted: list[Wanted], names: Mapping[str, str], origin: str) -> Weights:
    """Read what is wanted; `names` are the file's own names where they differ, coefs then being transposed."""
    known = {names.get(want.name, want.name): want for want in wanted}
    for name in file.shapes:
        if name not in known and not name.endswith(_STATISTICS):
            raise ValueError(f"{quoted(name)} has no place in this model{hint(name, list(known)[:12])}")
    found: dict[str, Array] = {}
    for name, want in known.items():
        if name in file.shapes:
            found[want.name] = _load(file, name, want, transposed=bool(names) and len(want.shape) == 2)
        elif want.required:
            raise ValueError(f"{quoted(name)} is missing; it is to be {_size(want.shape)}")
    return _gathered(found, wanted, origin)


def _load(file: ArrayFile, name: str, want: Wanted, *, transposed: bool) -> Array:
    shape = file.shapes[name]
    due = want.shape[::-1] if transposed else want.shape
    if shape != due:
        raise ValueError(f"{quoted(name)} is {_size(shape)}, where the layers make it {_size(due)}")
    array = file.load(name)
    return np.array(array.T if transposed else array, dtype=np.float64, order="C")


def _gathered(found: Mapping[str, Array], wanted: list[Wanted], origin: str) -> Weights:
    dense = [want for want in wanted if want.name.startswith("coefs_")]
    scales = [want for want in wanted if want.name.startswith("scale_")]
    shifts = [want for want in wanted if want.name.startswith("shift_")]
    return Weights(
        tuple(found[want.name] for want in dense),
        tuple(found.get(f"intercepts_{index}") for index in range(len(dense))),
        _or_default(found, scales, 1.0),
        _or_default(found, shifts, 0.0),
        origin,
    )


def _or_default(found: Mapping[str, Array], wanted: list[Wanted], value: float) -> tuple[Array, ...]:
    """One vector a norm row, or nothing at all where the file has none."""
    if not any(want.name in found for want in wanted):
        return ()
    return tuple(found.get(want.name, np.full(want.shape, value)) for want in wanted)


_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Of PyTorch's batch norms; the audit uses the batch's own."""


def _torch_names(shapes: Mapping[str, Shape], rows: tuple[Row, ...]) -> dict[str, str]:
    """Our name → PyTorch's: matrices for dense rows, vectors for norms.

    Modules stand in the order of `shapes`; dense rows that all bear their modules' names say it better.
    """
    modules = [name.removesuffix("weight") for name in shapes if name.endswith("weight")]
    dense = [module for module in modules if len(shapes[f"{module}weight"]) == 2]
    norms = [module for module in modules if len(shapes[f"{module}weight"]) == 1]
    own = [f"{row.name}." for row in rows if row.kind == "dense"]
    dense = own if sorted(own) == sorted(dense) else dense
    names: dict[str, str] = {}
    for ours, theirs, found in (
        ("coefs", "weight", dense),
        ("intercepts", "bias", dense),
        ("scale", "weight", norms),
        ("shift", "bias", norms),
    ):
        names |= {f"{ours}_{index}": f"{module}{theirs}" for index, module in enumerate(found)}
    return names


def _natural(name: str) -> list[tuple[int, str]]:
    """`fc10` after `fc2`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d{1,15}|\D+", name)]


def _size(shape: Shape) -> str:
    return " × ".join(str(side) for side in shape) or "a single number"
