"""The one way of opening an input file: what is no regular file, too large or out of bounds is never read."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gradaudit.errors import InputError, Location, Problem, SpecError, short_reason
from gradaudit.files.workspace import fault_of_link

STDIN = "-"
_FLAGS = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK"))
"""A pipe that took the file's place after it was looked at is not waited for."""


class FileError(InputError):
    """A file that cannot be had, or that is refused unread; its one problem says why, at the file."""

    @property
    def reason(self) -> str:
        """Why, without the file's name."""
        return self.problems[0].message


@dataclass(frozen=True, slots=True)
class Opened:
    """An input file as it was when it was opened."""

    path: str
    state: tuple[int, int, int, int]
    """Device, inode, bytes, and when it was changed in nanoseconds."""

    def is_unchanged(self) -> bool:
        """Whether the same file, unwritten since, has that name now."""
        try:
            return _state(os.stat(self.path)) == self.state  # noqa: PTH116
        except (OSError, ValueError):
            return False


_RECORDS: list[list[Opened]] = []


@contextmanager
def recorded() -> Iterator[list[Opened]]:
    """The files that are opened inside, in their order."""
    record: list[Opened] = []
    _RECORDS.append(record)
    try:
        yield record
    finally:
        _RECORDS[:] = [each for each in _RECORDS if each is not record]


def open_file(path: str | Path, most: int, kind: str) -> BinaryIO:
    """The open file, which is a regular one of 1 to `most` bytes; `kind` says what it is to be, as in `a spec`.

    Raises FileError for anything else: missing, a folder, a device, a pipe, too large, empty, or behind a link that
    leads out of the workspace in CI.
    """
    file = _opened(str(path), most, kind)
    if not size_of(file):
        file.close()
        raise _refused(str(path), "is empty")
    return file


def read_file(path: str | Path, most: int, kind: str, stdin: BinaryIO | None = None) -> bytes:
    """The content of a regular file of at most `most` bytes, or of standard input for `-`. Raises FileError."""
    if str(path) == STDIN:
        if stdin is None and sys.stdin is None:
            raise _refused(STDIN, "there is no standard input")
        data = (stdin or sys.stdin.buffer).read(most + 1)
        if len(data) > most:
            raise _refused(STDIN, _too_large(most, kind))
        return data
    with _opened(str(path), most, kind) as file:
        try:
            return file.read(size_of(file))  # what the system makes up while it is read (/proc) has no size
        except OSError as error:
            raise _refused(str(path), reason_of(error)) from None


def size_of(file: BinaryIO) -> int:
    """The bytes of an open file, by its entry on the disk."""
    return os.fstat(file.fileno()).st_size


def file_name(path: str | Path) -> str:
    """How messages call it."""
    return "<stdin>" if str(path) == STDIN else str(path)


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, as a message says it."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder, no file"
    if isinstance(error, PermissionError):
        return "may not be read: permission denied"
    return f"cannot be read: {short_reason(error)}"


def _opened(path: str, most: int, kind: str) -> BinaryIO:
    try:
        fault = fault_of_link(path) or _fault(os.stat(path), most, kind)  # noqa: PTH116  before: opening a device acts
        if fault is None:
            file = os.fdopen(os.open(path, _FLAGS), "rb")
            fault = _fault(os.fstat(file.fileno()), most, kind)
            if fault is None:
                _record(path, file)
                return _waiting(file)
            file.close()
    except (OSError, ValueError) as error:
        fault = reason_of(error)
    raise _refused(path, fault)


def _fault(status: os.stat_result, most: int, kind: str) -> str | None:
    """What forbids reading it."""
    if stat.S_ISDIR(status.st_mode):
        return "is a folder, no file"
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file but a device, a pipe or a socket"
    return _too_large(most, kind) if status.st_size > most else None


def _too_large(most: int, kind: str) -> str:
    size = f"{most:,} bytes" if most % (1 << 20) else f"{most >> 20:,} MiB"
    return f"is larger than {size}, too large for {kind}"


def _record(path: str, file: BinaryIO) -> None:
    for record in _RECORDS:
        record.append(Opened(path, _state(os.fstat(file.fileno()))))


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _waiting(file: BinaryIO) -> BinaryIO:
    """The file, reading from which waits for a slow disk."""
    if hasattr(os, "set_blocking") and os.name != "nt":
        os.set_blocking(file.fileno(), True)
    return file


def _refused(path: str, why: str) -> FileError:
    return FileError(Problem(why, Location(file_name(path))))


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
