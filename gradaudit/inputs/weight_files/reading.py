"""Weights beside a spec: npz, safetensors, PyTorch's state dicts; every shape is checked before memory is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from gradaudit.domain.expanded import ExpandedLayer, expand, flatten
from gradaudit.domain.spec import ModelSpec, Weights
from gradaudit.errors import InputError, Location, Problem, short_reason
from gradaudit.files.npz import Npz
from gradaudit.files.opening import FileError, open_file
from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape
from gradaudit.inputs.pytorch.state_dict import StateDict
from gradaudit.inputs.weight_files.safetensors import Safetensors
from gradaudit.inputs.weight_files.torch_order import channels_last_rows, parted
from gradaudit.inputs.weight_files.wanted_arrays import Wanted, wanted_arrays, with_torch_names
from gradaudit.layers.windows import by
from gradaudit.text.suggest import quoted

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
        message = short_reason(error)
    except ValueError as error:
        message = str(error)
    raise InputError(Problem(f"weights: {path}: {message}", location))


def _read(path: Path, rows: tuple[ExpandedLayer, ...]) -> Weights:
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        raise ValueError(f"no file of weights by its name; known are {' and '.join(OPENERS)}")
    every, rows = rows, tuple(row for row in rows if row.parameters)
    wanted = wanted_arrays(rows)
    values = sum(prod(want.parameter.shape) for want in wanted)
    if values > MAX_VALUES:
        raise ValueError(f"this model has {values:,} weights, {values / 2**27:,.1f} GiB; {MAX_VALUES:,} are the most")
    # no larger than this model's weights can make it: that bounds all that follows
    bound = _MOST_BYTES.get(path.suffix.lower(), 8) * values + 8192 * len(wanted) + (1 << 20)
    with open_file(path, bound, "this model's weights") as file:
        arrays = opener(file)
        is_torch = _is_torch(path, arrays.shapes)
        if is_torch:
            wanted = list(with_torch_names(wanted, rows, _in_order(path, arrays.shapes)))
        found = _found(arrays, wanted)
    given = tuple(
        {want.parameter.name: found[want] for want in wanted if want.row == k and want in found}
        for k in range(len(rows))
    )
    return Weights(channels_last_rows(every, given) if is_torch else given, str(path))


def _is_torch(path: Path, shapes: Mapping[str, Shape]) -> bool:
    ours = (".safetensors", *STATE_DICTS)
    return path.suffix.lower() in ours and any(parted(name)[1].startswith("weight") for name in shapes)


def _in_order(path: Path, shapes: Mapping[str, Shape]) -> Mapping[str, Shape]:
    """Modules as a state dict has them; in the natural order of their names where the file does not keep another."""
    if path.suffix.lower() in STATE_DICTS:
        return shapes
    return {name: shapes[name] for name in sorted(shapes, key=lambda name: _natural(parted(name)[0].removesuffix(".")))}


def _found(file: ArrayFile, wanted: list[Wanted]) -> dict[Wanted, Array]:
    """Read what is wanted, by the file's own names where they differ."""
    known = list(dict.fromkeys(name for want in wanted for name in want.sources))
    for name in file.shapes:
        if name not in known and not name.endswith(_STATISTICS):
            places = ", ".join(known[:_MOST_NAMES]) + (", …" if len(known) > _MOST_NAMES else "")
            raise ValueError(f"{quoted(name)} has no place in this model; the file may hold {places}")
    found: dict[Wanted, Array] = {}
    for want in wanted:
        missing = [name for name in want.sources if name not in file.shapes]
        if not missing:
            found[want] = want.made([_load(file, name, want) for name in want.sources])
        elif want.is_required:
            raise ValueError(f"{quoted(missing[0])} is missing; it is to be {_size(want.shape)}")
    return found


def _load(file: ArrayFile, name: str, want: Wanted) -> Array:
    shape, due = file.shapes[name], want.shape
    if shape != due:
        raise ValueError(f"{quoted(name)} is {_size(shape)}, where the layers make it {_size(due)}")
    array = file.load(name)
    turned = np.moveaxis(array, (0, 1), (-1, -2)) if want.is_turned else array
    return np.array(turned, dtype=np.float64, order="C")


_MOST_NAMES = 12
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Of PyTorch's batch norms; the audit uses the batch's own."""


def _natural(name: str) -> list[tuple[int, str]]:
    """`fc10` after `fc2`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d{1,15}|\D+", name)]


def _size(shape: Shape) -> str:
    return by(shape) or "a single number"
