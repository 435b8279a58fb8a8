"""Entries on the disk: bounded, written whole, and believed only where they bear the mark of a key of this person's.

A folder of a project may come from anywhere: with a clone, an archive, a pull request. So each entry begins with a
keyed hash of its name and content, and the key lies where a project cannot put one.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path

from gradaudit.files.opening import FileError, read_file
from gradaudit.files.workspace import is_ci, is_in_workspace

MAX_ENTRY = 8 << 20
"""Bytes; a report of 100 layers takes less than one megabyte."""
MAX_BYTES = 64 << 20
"""Of all entries; the oldest go."""
KEY_BYTES = 32
_OURS = re.compile(r"[0-9a-f]{64}\.json(\.[0-9a-f]{12}\.tmp)?")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_BESIDE = {
    ".gitignore": b"# Made by gradaudit.\n*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of gradaudit's; see https://bford.info/cachedir/\n",
}


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of the entries, and the file of the key; nothing that goes wrong with either is an error."""

    folder: Path
    key_file: Path

    def read(self, name: str) -> bytes | None:
        """The content that was written under this name; None where there is none, or it is not to be believed."""
        key = _key_in(self.key_file)
        if key is None or not _is_own_folder(self.folder):
            return None
        try:
            entry = read_file(self.folder / f"{name}.json", MAX_ENTRY, "an entry of the cache")
        except FileError:
            return None
        mark, _, content = entry.partition(b"\n")
        if not compare_digest(mark, _mark(key, name, content)):
            return None
        with suppress(OSError):
            os.utime(self.folder / f"{name}.json", follow_symlinks=False)  # the one used last is the youngest
        return content

    def write(self, name: str, content: bytes) -> None:
        """Keep the content under the name, a hash in 64 hexadecimal digits; too large a one is left out."""
        if len(content) > MAX_ENTRY // 2:
            return
        with suppress(OSError, NotImplementedError):
            key = _key_in(self.key_file) or _new_key(self.key_file)
            self.folder.mkdir(exist_ok=True)
            if key is None or not _is_own_folder(self.folder):
                return
            for file, text in _BESIDE.items():
                if not os.path.lexists(self.folder / file):
                    _write_new(self.folder / file, text)
            _put(self.folder / f"{name}.json", _mark(key, name, content) + b"\n" + content)
            self._shrink()

    def _shrink(self) -> None:
        """Remove the oldest entries until the rest is small enough; what is no entry is left alone."""
        with os.scandir(self.folder) as found:
            ours = [each for each in found if _OURS.fullmatch(each.name) and each.is_file(follow_symlinks=False)]
        states = ((each.stat(follow_symlinks=False), each.path) for each in ours)
        files = sorted((status.st_mtime_ns, status.st_size, path) for status, path in states)
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= MAX_BYTES:
                break
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - a name of scandir's
                left -= size


def _mark(key: bytes, name: str, content: bytes) -> bytes:
    """The mark of a content, as JSON writes a text, so that an entry is JSON in each line."""
    return b'"' + blake2b(name.encode() + b"\n" + content, key=key).hexdigest().encode() + b'"'


def _is_own_folder(folder: Path) -> bool:
    """Whether it is a folder, no link to one, and no other person's."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def _key_in(file: Path) -> bytes | None:
    try:
        key = read_file(file, KEY_BYTES, "a key")
    except FileError:
        return None
    return key if len(key) == KEY_BYTES else None


def _new_key(file: Path) -> bytes | None:
    """One that nobody else knows. Raises OSError where it cannot be kept."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _put(file, os.urandom(KEY_BYTES))
    return _key_in(file)


def _put(file: Path, content: bytes) -> None:
    """Put the content in the file's place, also where that is a link, whole or not at all. Raises OSError."""
    draft = file.with_name(f"{file.name}.{os.urandom(6).hex()}.tmp")
    try:
        _write_new(draft, content)
        draft.replace(file)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _write_new(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, _NEW, 0o600), "wb") as stream:
        stream.write(content)


FOLDER = ".gradaudit_cache"
NAMED = "GRADAUDIT_CACHE_DIR"
"""The variable that names another folder, which holds its key too: the Action's, kept from run to run."""


def usual_store(folder: Path, environment: Mapping[str, str]) -> Store | None:
    """The cache of a project in the folder; None where there is no place that can be trusted.

    A named folder inside of what CI audits could have come with a pull request, its key beside it.
    """
    if named := environment.get(NAMED):
        place = Path(os.path.abspath(named))  # noqa: PTH100 - no link followed: a linked folder is no cache
        return None if is_ci(environment) and is_in_workspace(place) else Store(place, place / "key")
    home = _user_folder(environment)
    return None if home is None else Store(Path(os.path.abspath(folder)) / FOLDER, home / "gradaudit" / "key")  # noqa: PTH100


def _user_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder in which programs keep what is this person's and can be made again."""
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        if os.path.isabs(environment.get(variable, "")):  # noqa: PTH117
            return Path(environment[variable])
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # a person without a home
        return None
