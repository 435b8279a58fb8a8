"""A zip file's table of contents, which zipfile reads whole: its size is looked up before that."""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

_END, _ZIP64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _ZIP64_BYTES, _LONGEST_COMMENT = 22, 20, 65_535


def check_directory(file: BinaryIO, most: int) -> None:
    """Raise BadZipFile for what is no zip file, or has a table of contents of more than `most` bytes.

    The end record is the last 22 bytes but for a comment of up to 64 KiB; a zip64 record before it could give another
    size, and no archive of a model or its data needs one.
    """
    file.seek(max(0, file.seek(0, 2) - _END_BYTES - _ZIP64_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    end = tail.rfind(_END)
    record = tail[end : end + _END_BYTES]
    if end < 0 or len(record) < _END_BYTES:
        raise zipfile.BadZipFile("it is no zip archive")
    (size,) = struct.unpack_from("<I", record, 12)
    if size > most or tail[max(0, end - _ZIP64_BYTES) : end].startswith(_ZIP64):
        raise zipfile.BadZipFile("its table of contents is too large")


def check_names(archive: zipfile.ZipFile) -> None:
    """Raise BadZipFile for a member that names a place outside the archive: no program that meant well wrote it."""
    for info in archive.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or (len(parts) > 1 and not parts[0]):
            raise zipfile.BadZipFile(f"{info.filename[:60]!r} in it is a place outside the archive")
