"""Which revision a folder is at, read from the files of its repository: nothing is run."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gradaudit.cli.git.place import CheckoutPlace, find_place
from gradaudit.cli.git.program import GitError
from gradaudit.files.opening import FileError, read_file

_REF, _COMMIT = b"ref: ", re.compile(rb"[0-9a-f]{40}([0-9a-f]{24})?")
_MAX_BYTES = 1 << 24
_SHORT = 12


def revision(folder: Path) -> str:
    """The first digits of the commit that is checked out; empty where that is no repository, or has none."""
    try:
        place = find_place(folder)
        return "" if place is None else _commit(place).decode()[:_SHORT]
    except (GitError, OSError):
        return ""


def _commit(place: CheckoutPlace) -> bytes:
    """HEAD's commit, or the one of the branch that HEAD names: a file of its own, or a line of packed-refs."""
    head = _read(place.own / "HEAD").strip()
    if not head.startswith(_REF):
        return head if _COMMIT.fullmatch(head) else b""
    name = head.removeprefix(_REF)
    if b".." in name or not name.startswith(b"refs/"):
        return b""
    loose = _read(place.common / os.fsdecode(name)).strip()
    if _COMMIT.fullmatch(loose):
        return loose
    lines = (line.split(b" ") for line in _read(place.common / "packed-refs").splitlines())
    found = (line[0] for line in lines if len(line) == 2 and line[1] == name)
    return next((commit for commit in found if _COMMIT.fullmatch(commit)), b"")


def _read(file: Path) -> bytes:
    try:
        return read_file(file, _MAX_BYTES, "a file of git")
    except FileError:
        return b""
