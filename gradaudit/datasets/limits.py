"""How large data may be: checked from sizes on disk, in headers and in specs, before memory is taken."""

from __future__ import annotations

from typing import BinaryIO

from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import FileError, open_file

MAX_FILE_BYTES = 256 * 2**20
MAX_CELLS = 2**26
"""Numbers in one array: 512 MiB as float64, MNIST's training set with room to spare."""
MAX_ROWS = 4_000_000
MAX_ROW_CHARACTERS = 2**23
"""Of one row of a CSV file."""


def check_cells(rows: int, columns: int, what: str, where: Location | None) -> None:
    """Refuse an array of more than MAX_CELLS numbers, saying how much memory it would need."""
    if rows * columns > MAX_CELLS:
        need = rows * columns * 8 / 2**30
        message = f"{what} would be {rows:,} × {columns:,} numbers, {need:,.1f} GiB; {MAX_CELLS:,} are the most"
        raise InputError(Problem(message, where))


def open_data(path: str, where: Location | None) -> BinaryIO:
    """The open file, a regular one of at most MAX_FILE_BYTES; `where` is the place that names it.

    Raises InputError, at that place, for any other.
    """
    try:
        return open_file(path, MAX_FILE_BYTES, "data")
    except FileError as error:
        raise InputError(Problem(f"data: {path} {error.reason}", where)) from None


def reason(error: Exception) -> str:
    """Why the system or a library refused, on one short line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]
