from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gradaudit.errors import InputError
from gradaudit.files.writing import check_writable, write_whole


def test_a_file_is_written_and_nothing_beside_it(tmp_path: Path) -> None:
    """A new file has the permissions that any new file has, and no draft is left."""
    write_whole(tmp_path / "report.json", b"{}")
    (tmp_path / "other").write_text("")

    assert (tmp_path / "report.json").read_bytes() == b"{}"
    assert (tmp_path / "report.json").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert len(list(tmp_path.iterdir())) == 2


def test_an_existing_file_keeps_its_permissions(tmp_path: Path) -> None:
    """A report that is written anew is as private as it was."""
    file = tmp_path / "report.json"
    file.write_text("old")
    file.chmod(0o600)

    write_whole(file, b"new")

    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"new", 0o600)


def test_a_link_is_followed(tmp_path: Path) -> None:
    """Where the path is a link, its target is written and it stays a link."""
    (tmp_path / "target.json").write_text("old")
    (tmp_path / "link.json").symlink_to("target.json")

    write_whole(tmp_path / "link.json", b"new")

    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "target.json").read_bytes() == b"new"


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last step fails, the file is what it was."""
    file = tmp_path / "report.json"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"new")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_place_is_tried_without_a_trace(tmp_path: Path) -> None:
    """A path that can be written is accepted, and nothing is made or changed there."""
    (tmp_path / "old.json").write_text("old")

    check_writable(tmp_path / "old.json")
    check_writable(tmp_path / "new.json")

    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no/report.json", "cannot be written: there is no folder"),
        ("folder.json", "cannot be written: it is no regular file"),
        ("file/report.json", "cannot be written: there is no folder"),
        ("loop.json", "cannot be written: "),
        ("a\0b.json", "cannot be written: "),
        ("x" * 300 + ".json", "cannot be written: "),
    ],
)
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, path: str, message: str) -> None:
    """A missing folder, a folder in the file's place, a link in a circle, an impossible name: one problem each."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "loop.json").symlink_to("loop.json")

    with pytest.raises(InputError, match=message):
        check_writable(tmp_path / path)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no read-only file system here")
def test_a_read_only_place_is_told() -> None:
    """Whoever runs it, even root: where no file can be made, none is promised."""
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(Path("/proc/self/report.json"))
