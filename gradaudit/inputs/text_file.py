"""The text of a spec: read within bounds, decoded strictly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from gradaudit.errors import InputError, Location, Problem, SpecError

MAX_BYTES = 1 << 20
STDIN = "-"


def read_text(source: str, stdin: BinaryIO | None = None) -> str:
    """The text of a file, or of standard input for `-`; LF and CRLF are kept as they are.

    Raises InputError where there is no such file or it cannot be read, SpecError where it is too large or no UTF-8.
    """
    try:
        data = _bytes(source, stdin)
    except (OSError, ValueError) as error:
        raise InputError(Problem(reason_of(error), Location(source))) from None
    if len(data) > MAX_BYTES:
        raise SpecError(Problem("is larger than 1 MiB, too large for a spec", Location(file_name(source))))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(_not_utf8(data, error, file_name(source))) from None


def file_name(source: str) -> str:
    """How messages call the source."""
    return "<stdin>" if source == STDIN else source


def _bytes(source: str, stdin: BinaryIO | None) -> bytes:
    if source == STDIN:
        return (stdin or sys.stdin.buffer).read(MAX_BYTES + 1)
    with Path(source).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, as a message says it."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder, no file"
    if isinstance(error, PermissionError):
        return "may not be read: permission denied"
    return f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"


def _not_utf8(data: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem("is UTF-16; save it as UTF-8", Location(file, 1, 1))
    before = data[: error.start].decode("utf-8")
    place = Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Problem(f"the byte 0x{data[error.start]:02X} is no UTF-8; save the file as UTF-8", place)
