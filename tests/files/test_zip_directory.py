"""The table of contents of a zip file is bounded before zipfile reads it."""

from __future__ import annotations

import io
import zipfile

import pytest

from gradaudit.files.zip_directory import check_directory


def archive(members: int, comment: bytes = b"") -> bytes:
    """A zip file of empty members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.comment = comment
        for count in range(members):
            file.writestr(f"{count:06}", "")
    return stream.getvalue()


@pytest.mark.parametrize("comment", [b"", b"about it" * 8000])
def test_its_size_is_known_whatever_the_comment(comment: bytes) -> None:
    """Each member takes 46 bytes and its name."""
    check_directory(io.BytesIO(archive(10, comment)), 520)
    with pytest.raises(zipfile.BadZipFile, match="table of contents is too large"):
        check_directory(io.BytesIO(archive(10, comment)), 519)


def test_a_record_that_could_give_another_size_is_refused() -> None:
    """zipfile would believe the zip64 record."""
    data = archive(1)
    with pytest.raises(zipfile.BadZipFile, match="table of contents is too large"):
        check_directory(io.BytesIO(data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:]), 1000)


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"text" * 50_000, archive(3)[:-10]])
def test_what_is_no_archive_is_told(data: bytes) -> None:
    """Empty, foreign and cut off."""
    with pytest.raises(zipfile.BadZipFile, match="it is no zip archive"):
        check_directory(io.BytesIO(data), 1000)
