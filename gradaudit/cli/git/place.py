"""Where the repository around a folder is: found by its `.git`, which nothing that is checked in can bear the name of.

Git's own search would take any folder with HEAD, objects and refs for a repository, which a pull request can bring as
plain files, and obey the settings in it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from gradaudit.errors import InputError
from gradaudit.files.opening import FileError, read_file

_LINK = b"gitdir: "
_MAX_BYTES = 1 << 16


class GitError(InputError):
    """There is no repository, or git is missing, refused, or took too long; the message says which."""


@dataclass(frozen=True, slots=True)
class CheckoutPlace:
    """A working tree and the folders of its repository."""

    top: Path
    """Where the working tree begins."""
    own: Path
    """With this working tree's HEAD."""
    common: Path
    """With the objects, the branches and the settings; the same folder but for a further working tree."""


def find_place(folder: Path) -> CheckoutPlace | None:
    """The nearest folder from this one upwards with `.git`, if any. Raises GitError where that is no repository."""
    for top in (folder, *folder.parents):
        if (top / ".git").exists():
            own = _followed(top / ".git")
            common = _line(own / "commondir")
            return CheckoutPlace(top, own, own / os.fsdecode(common) if common else own)
    return None


def _followed(entry: Path) -> Path:
    """The folder that `.git` is, or that it names where it is a file: of submodules and further working trees."""
    if entry.is_dir():
        return entry
    line = _line(entry)
    if not line.startswith(_LINK):
        raise GitError(f"'{entry}' is no repository of git")
    return entry.parent / os.fsdecode(line.removeprefix(_LINK))


def _line(file: Path) -> bytes:
    """The one line of a file; empty where it cannot be read."""
    try:
        return read_file(file, _MAX_BYTES, "a link of git").removesuffix(b"\n")
    except FileError:
        return b""


_REF, _COMMIT = b"ref: ", re.compile(rb"[0-9a-f]{40}([0-9a-f]{24})?")
_MOST_OF_REFS = 1 << 24
"""Bytes."""
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
        return read_file(file, _MOST_OF_REFS, "a file of git")
    except FileError:
        return b""
