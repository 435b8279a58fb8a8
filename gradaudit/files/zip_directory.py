"""A zip file's table of contents, which zipfile reads whole: its size is looked up before that."""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

_END, _ZIP64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _ZIP64_BYTES, _LONGEST_COMMENT = 22, 20, 65_535
_IN_ZIP64 = 0xFFFF_FFFF
"""Instead of a size that only the zip64 record says."""
_ZIP64_RECORD, _ZIP64_RECORD_BYTES = b"PK\x06\x06", 56


def check_directory(file: BinaryIO, most: int, *, takes_zip64: bool = False) -> None:
    """Raise BadZipFile for what is no zip file, or has a table of contents of more than `most` bytes.

    The end record is the last 22 bytes but for a comment of up to 64 KiB; a zip64 record before it could give another
    size, and of all archives of a model or its data only PyTorch's have one.
    """
    file.seek(max(0, file.seek(0, 2) - _END_BYTES - _ZIP64_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    end = tail.rfind(_END)
    record = tail[end : end + _END_BYTES]
    if end < 0 or len(record) < _END_BYTES:
        raise zipfile.BadZipFile("it is no zip archive")
    (size,) = struct.unpack_from("<I", record, 12)
    locator = tail[max(0, end - _ZIP64_BYTES) : end]
    if takes_zip64 and locator.startswith(_ZIP64):
        size = max(size if size != _IN_ZIP64 else 0, _zip64_size(file, locator))
    elif locator.startswith(_ZIP64):
        size = most + 1
    if size > most:
        raise zipfile.BadZipFile("its table of contents is too large")


def _zip64_size(file: BinaryIO, locator: bytes) -> int:
    """Bytes of the table of contents as the zip64 record says, which must stand right before its locator."""
    (place,) = struct.unpack_from("<Q", locator, 8)
    length = file.seek(0, 2)
    if place + _ZIP64_RECORD_BYTES > length:
        raise zipfile.BadZipFile("its zip64 record lies outside of the file")
    file.seek(place)
    record = file.read(_ZIP64_RECORD_BYTES + len(locator))
    if not record.startswith(_ZIP64_RECORD) or record[_ZIP64_RECORD_BYTES:] != locator:
        raise zipfile.BadZipFile("its zip64 record is not where it should be")
    return int(struct.unpack_from("<Q", record, 40)[0])


def check_names(archive: zipfile.ZipFile) -> None:
    """Raise BadZipFile for a member that names a place outside the archive: no program that meant well wrote it."""
    for info in archive.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or (len(parts) > 1 and not parts[0]):
            raise zipfile.BadZipFile(f"{info.filename[:60]!r} in it is a place outside the archive")
