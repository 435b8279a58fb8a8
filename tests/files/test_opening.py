from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

from gradaudit.files.opening import FileError, open_file, read_file


def refusal(path: str | Path, most: int = 100) -> str:
    """Why the file is not read, by either function."""
    with pytest.raises(FileError) as opening:
        open_file(path, most, "a spec").close()
    with pytest.raises(FileError) as reading:
        read_file(path, most, "a spec")
    assert str(opening.value) == str(reading.value) == f"{path}: {reading.value.reason}"
    return reading.value.reason


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    """Its bytes come back, by its own name and through a link; the bound is inclusive."""
    file, link = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"x" * 100)
    link.symlink_to(file)

    for path in (file, link):
        assert read_file(path, 100, "a spec") == b"x" * 100
        with open_file(path, 100, "a spec") as opened:
            assert opened.read() == b"x" * 100


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_regular_file_is_refused_unread(tmp_path: Path) -> None:
    """Pipes, which would be waited for, sockets and devices, which may never end, and links to them."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
    for name, target in (("to-pipe", "pipe"), ("to-zero", "/dev/zero")):
        (tmp_path / name).symlink_to(target)

    for name in ("pipe", "socket", "to-pipe", "to-zero"):
        assert refusal(tmp_path / name) == "is no regular file but a device, a pipe or a socket"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked at is not what is opened: the open file is looked at again."""
    file = tmp_path / "a"
    file.write_bytes(b"x")
    look, swapped = os.stat, []

    def stat_then_swap(path: str, **how: bool) -> os.stat_result:
        seen = look(path, **how)
        if not swapped and os.fspath(path) == str(file):
            swapped.append(path)
            file.unlink()
            os.mkfifo(file)
        return seen

    monkeypatch.setattr("gradaudit.files.opening.os.stat", stat_then_swap)
    with pytest.raises(FileError, match="no regular file"):
        read_file(file, 100, "a spec")


def test_other_refusals(tmp_path: Path) -> None:
    """Missing, a folder, an impossible name, a loop of links, too large: each in words."""
    (tmp_path / "large").write_bytes(b"x" * 101)
    (tmp_path / "loop").symlink_to("loop")

    assert refusal(tmp_path / "none") == "there is no such file"
    assert refusal(tmp_path) == "is a folder, no file"
    assert refusal(tmp_path / "large") == "is larger than 100 bytes, too large for a spec"
    assert refusal("a\0b").startswith("cannot be read: ")
    assert refusal(tmp_path / "loop").startswith("cannot be read: ")


def test_an_empty_file_is_read_but_not_opened(tmp_path: Path) -> None:
    """Readers of text say what an empty one lacks; nobody else can do anything with one."""
    file = tmp_path / "a"
    file.touch()

    assert read_file(file, 100, "a spec") == b""
    with pytest.raises(FileError, match="is empty"):
        open_file(file, 100, "a spec")


def test_what_the_system_makes_up_while_it_is_read_is_empty() -> None:
    """Files without a size on the disk, some of which never end, give nothing."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("no /proc here")
    assert read_file("/proc/self/environ", 1 << 20, "a spec") == b""


def test_standard_input_is_bounded_too() -> None:
    """`-`, up to the same size."""
    assert read_file("-", 3, "a spec", io.BytesIO(b"abc")) == b"abc"
    with pytest.raises(FileError, match="<stdin>: is larger than 3 bytes, too large for a spec"):
        read_file("-", 3, "a spec", io.BytesIO(b"abcd"))
