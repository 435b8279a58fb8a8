"""The text of a spec: read within bounds, decoded strictly."""

from __future__ import annotations

from typing import BinaryIO

from gradaudit.errors import Location, Problem, SpecError
from gradaudit.files.opening import file_name, read_file

MAX_BYTES = 1 << 20


def read_text(source: str, stdin: BinaryIO | None = None) -> str:
    """The text of a file, or of standard input for `-`; LF and CRLF are kept as they are.

    Raises FileError where it cannot be read or is too large, SpecError where it is no UTF-8.
    """
    data = read_file(source, MAX_BYTES, "a spec", stdin)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(_not_utf8(data, error, file_name(source))) from None


def _not_utf8(data: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem("is UTF-16; save it as UTF-8", Location(file, 1, 1))
    before = data[: error.start].decode("utf-8")
    place = Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Problem(f"the byte 0x{data[error.start]:02X} is no UTF-8; save the file as UTF-8", place)
