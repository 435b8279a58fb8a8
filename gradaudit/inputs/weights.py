"""Weights beside a spec: `.npz` or `.safetensors`, every shape held against the model before memory is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import FileError
from gradaudit.inputs.npz import open_npz
from gradaudit.inputs.safetensors import open_safetensors
from gradaudit.inputs.suggest import hint, quoted
from gradaudit.rows import Row, expand, flatten
from gradaudit.spec import ModelSpec, Weights

Array = npt.NDArray[np.float64]
Shape = tuple[int, ...]


class ArrayFile(Protocol):
    """A file of named arrays, its headers read and checked, its numbers not yet."""

    shapes: Mapping[str, Shape]

    def load(self, name: str) -> Array:
        """The array as float64; raises ValueError where the file does not hold what its header says."""
        ...


OPENERS: Mapping[str, Callable[[Path, int], AbstractContextManager[ArrayFile]]] = {
    ".npz": open_npz,
    ".safetensors": open_safetensors,
}


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
    # no larger than this model's weights can make it: that bounds all that follows
    bound = 8 * sum(int(np.prod(want.shape)) for want in wanted) + 8192 * len(wanted) + (1 << 20)
    with opener(path, bound) as file:
        names = _torch_names(file.shapes, rows) if _is_torch(path, file.shapes) else {}
        return _weights(file, wanted, names, str(path))


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
    return path.suffix.lower() == ".safetensors" and any(name.endswith("weight") for name in shapes)


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
    return np.ascontiguousarray(array.T) if transposed else array


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

    Modules stand in the natural order of their names, which the file does not keep otherwise; dense rows that all
    bear their modules' names say it better.
    """
    modules = sorted((name.removesuffix("weight") for name in shapes if name.endswith("weight")), key=_natural)
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
