"""How large data may be: checked from sizes on disk, in headers and in specs, before memory is taken."""

from __future__ import annotations

import stat
from pathlib import Path

from gradaudit.errors import InputError, Location, Problem

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


def check_file(path: str, where: Location | None) -> None:
    """Refuse what is not a readable regular file of at most MAX_FILE_BYTES.

    `where` is the place that names the file, for the files that are not there.
    """
    try:
        status = Path(path).stat()
        if stat.S_ISREG(status.st_mode):
            Path(path).open("rb").close()
    except FileNotFoundError:
        raise InputError(Problem(f"data: there is no file {path!r}", where)) from None
    except (OSError, ValueError) as error:
        raise InputError(Problem(f"data: {path!r} cannot be read: {reason(error)}", where)) from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise InputError(Problem(f"data: {path!r} is {kind}", where))
    if status.st_size > MAX_FILE_BYTES:
        size, most = status.st_size / 2**20, MAX_FILE_BYTES // 2**20
        raise InputError(Problem(f"the file is {size:,.0f} MiB; {most} MiB are the most", Location(path)))
    if not status.st_size:
        raise InputError(Problem("the file is empty", Location(path)))


def reason(error: Exception) -> str:
    """Why the system or a library refused, on one short line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]
