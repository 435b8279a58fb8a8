"""npz files: arrays X and y. `{name: npz, path, target}`. Nothing is unpickled, no size is taken on trust."""

from __future__ import annotations

from gradaudit.datasets.arrays import input_table, target_array
from gradaudit.datasets.interface import Raw
from gradaudit.datasets.limits import check_size, open_data
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import Scalar
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.npy import Header
from gradaudit.files.npz import Npz
from gradaudit.functions.arrays import AnyArray


def read_npz(path: str, target: Scalar | None = None, where: Location | None = None) -> Raw:
    """The arrays X and y of an npz file.

    `target` is the name of the array of targets where that is not `y`, `where` is the place that names the file.
    Raises InputError for anything that is not two such arrays of numbers (targets: or text), or too large: what they
    will take is known from their headers before anything is read.
    """
    try:
        return _read(path, str(target or "y"), where)
    except InputError as error:
        if where is None or error.problems[0].location == where:
            raise
        problems = [Problem(f"{path}: {problem.message}", where) for problem in error.problems]
        raise InputError(problems) from None


def _read(path: str, target: str, where: Location | None) -> Raw:
    here = Location(path)
    with open_data(path, where) as file:
        try:
            X, y = _arrays(Npz(file), target, here)
        except ValueError as error:
            raise InputError(Problem(f"cannot be read as an npz file: {error}", here)) from None
    inputs, targets = input_table(X, here), target_array(y, here)
    return Raw(inputs, targets, f"{path}, {counted(len(inputs), 'row')}")


def _arrays(npz: Npz, target: str, here: Location) -> tuple[AnyArray, AnyArray]:
    """X and the targets as they are stored. Raises ValueError, and InputError where they are too large."""
    X, y = _header(npz, "X"), _header(npz, target)
    text = y.nbytes if y.dtype is not None and y.dtype.kind in "SU" else 0  # once more, as Python's own
    rows = max(shape[0] if shape else 1 for shape in (X.shape, y.shape))
    check_size(rows, X.size + y.size, "its arrays", here, stored=X.nbytes + y.nbytes + text)
    return npz.load("X"), npz.load(target)


def _header(npz: Npz, name: str) -> Header:
    if name not in npz.names:
        names = ", ".join(repr(each[:40]) for each in npz.names[:5]) or "no arrays"
        hint = "; name the one with the targets (target, or FILE:TARGET)" if name == "y" else ""
        raise ValueError(f"there is no array {name!r} in it, only {names}{hint}")
    header = npz.header(name)
    if header.dtype is None:
        way = "pad sequences of different lengths to one length before np.savez"
        raise ValueError(f"{name!r} holds Python objects or records; it must hold numbers: {way}")
    return header
