"""How large data may be: known from sizes on disk, in headers and in specs, before memory is taken."""

from __future__ import annotations

from typing import BinaryIO

from gradaudit.datasets.widths import place
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem, SpecError
from gradaudit.files.opening import FileError, open_file

MAX_FILE_BYTES = 256 * 2**20
MAX_BYTES = 5 * 2**28
"""What data may take while a model is audited on them: 1.25 GiB, MNIST's training set with room to spare."""
COPIES = 3
"""Of inputs and targets as float64: those of the model, and of a changed model those read and those scaled."""
ROW_BYTES = 128
"""What a row takes beside its numbers: a target as it was read, its class, its place in the order of eight seeds."""
MAX_ROW_CHARACTERS = 2**23
"""Of one row of a CSV file."""


def bytes_for(rows: int, numbers: int) -> int:
    """What rows with so many inputs and targets, all in all, take at the peak of an audit."""
    return 8 * COPIES * numbers + ROW_BYTES * rows


def most_rows(columns: int) -> int:
    """How many rows with so many inputs and targets each there may be."""
    return MAX_BYTES // bytes_for(1, columns)


def check_size(rows: int, numbers: int, what: str, where: Location | None, *, stored: int = 0) -> None:
    """Refuse data that would take more than MAX_BYTES, with the numbers; `stored` are the bytes that are read first."""
    need = bytes_for(rows, numbers) + stored
    if need > MAX_BYTES:
        size = f"{what} would be {rows:,} rows, {numbers:,} numbers: {need / 2**30:,.1f} GiB in an audit"
        most = MAX_BYTES * rows // need
        says = f"{size}, {MAX_BYTES / 2**30:g} GiB are the most; give {most:,} rows" if most > 1 else size
        raise InputError(Problem(says, where))


def open_data(path: str, where: Location | None) -> BinaryIO:
    """The open file, a regular one of at most MAX_FILE_BYTES; `where` is the place that names it.

    Raises InputError, at that place, for any other.
    """
    try:
        return open_file(path, MAX_FILE_BYTES, "data")
    except FileError as error:
        raise InputError(Problem(f"data: {path}: {error.reason}", where)) from None


def asked_samples(spec: ModelSpec, default: int, values: int) -> int:
    """How many rows, of so many values each, the data section asks for.

    Raises SpecError for a number that is none, InputError for more rows than data may take.
    """
    samples, where = spec.data.get("samples", default), place(spec, "data.samples")
    if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
        raise SpecError(Problem(f"data: samples must be a whole number from 1 up, not {samples!r}", where))
    check_size(samples, samples * values, f"data: {spec.data.name}", where)
    return samples
