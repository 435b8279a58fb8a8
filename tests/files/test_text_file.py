from __future__ import annotations

import io
from pathlib import Path

import pytest

from gradaudit.errors import GradauditError
from gradaudit.files.opening import MAX_BYTES, read_text


def fault(source: str, data: bytes | None = None) -> str:
    """The message that reading ends in."""
    with pytest.raises(GradauditError) as caught:
        read_text(source, io.BytesIO(data or b""))
    return str(caught.value)


def test_text_is_kept_as_it_is(tmp_path: Path) -> None:
    """Line ends and letters outside ASCII come back unchanged."""
    file = tmp_path / "m.yaml"
    file.write_bytes("a: é\r\nb: 1\n".encode())

    assert read_text(str(file)) == "a: é\r\nb: 1\n"
    assert read_text("-", io.BytesIO(b"a: 1")) == "a: 1"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and an impossible name are each one message with the source's name."""
    missing = str(tmp_path / "none.yaml")

    assert fault(missing) == f"{missing}: there is no such file"
    assert fault(str(tmp_path)) == f"{tmp_path}: is a folder, no file"
    assert "cannot be read" in fault("a\0b.yaml")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: \xe9t\xe9", "<stdin>:2:4: the byte 0xE9 is no UTF-8; save the file as UTF-8"),
        ("é: ".encode() + b"\xff", "<stdin>:1:4: the byte 0xFF is no UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "<stdin>:1:1: is UTF-16; save it as UTF-8"),
        (b"a" * (MAX_BYTES + 1), "<stdin>: is larger than 1 MiB, too large for a spec"),
    ],
)
def test_what_is_no_utf_8_or_too_much(data: bytes, message: str) -> None:
    """The first wrong byte is named with line and column in characters; size is bounded."""
    assert fault("-", data) == message


def test_an_endless_file_is_not_read() -> None:
    """A device that never ends is no regular file."""
    if not Path("/dev/zero").exists():
        pytest.skip("no /dev/zero here")
    assert "is no regular file" in fault("/dev/zero")
