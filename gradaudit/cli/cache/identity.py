"""What an audit's result depends on, as a hash: the code, the libraries, the settings, and all that is read."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import cast

from gradaudit.files.opening import STDIN, FileError, open_file
from gradaudit.inputs.readers import is_object

_MOST = 1 << 40
_INSTALLED = re.compile(
    r"(?P<library>numpy|scipy|scikit[-_.]learn|h5py|pyyaml)-(?P<version>.+)\.(dist|egg)-info", re.IGNORECASE
)
"""The record of a library that reads, computes, or brings data."""


@dataclass(frozen=True, slots=True)
class Question:
    """An audit of one source that is to be answered alike as long as everything it reads is the same."""

    source: str
    stdin: bytes | None
    """What `-` reads."""
    settings: tuple[str, ...]
    """All that was said about how to measure, in words."""

    @property
    def name(self) -> str | None:
        """A hash of the source's content, its name, the settings and the code; None where that cannot be had.

        What code makes, nobody can tell without running it.
        """
        content = None if is_object(self.source) else self._content()
        return None if content is None else _hash((code_hash(), self.source, content, *self.settings))

    def name_with(self, files: Iterable[str]) -> str | None:
        """The name with the content of these files, which the source names."""
        contents = [(file, content_of(file)) for file in files]
        if self.name is None or any(content is None for _, content in contents):
            return None
        return _hash((self.name, *(part or "" for pair in contents for part in pair)))

    def _content(self) -> str | None:
        if self.source == STDIN:
            return None if self.stdin is None else hashlib.sha256(self.stdin).hexdigest()
        return content_of(self.source)


def content_of(file: str) -> str | None:
    """A hash of a file's bytes; None where it cannot be read."""
    try:
        with open_file(file, _MOST, "a source") as stream:
            return hashlib.file_digest(cast(BufferedReader, stream), "sha256").hexdigest()
    except (FileError, OSError):
        return None


@cache
def code_hash() -> str:
    """A hash of gradaudit's own modules, of the versions of what it computes with, and of the machine's kind."""
    digest = hashlib.sha256()
    for path in _modules(Path(__file__).parents[2]):
        with open(path, "rb", buffering=0) as module:  # noqa: PTH123 - several hundred, each time
            digest.update(module.read())
    machine = os.uname().machine if hasattr(os, "uname") else ""
    return _hash((digest.hexdigest(), *installed(sys.path), sys.version, sys.platform, machine))


def _modules(folder: Path) -> list[str]:
    found = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)  # noqa: PTH118
    return sorted(path for path in found if path.endswith(".py"))


def installed(places: Iterable[str]) -> list[str]:
    """What computes, each with its version (`numpy-2.4.6`), as the folders beside the libraries are called.

    importlib.metadata would say the same, and read the mail library for it.
    """
    found: dict[str, str] = {}
    for place in places:
        with suppress(OSError):
            for name in os.listdir(place or os.curdir):  # noqa: PTH208 - of thousands, and each a Path
                if match := _INSTALLED.fullmatch(name):
                    found.setdefault(match["library"].lower(), match["version"])
    return [f"{library}-{version}" for library, version in sorted(found.items())]


def _hash(parts: Iterable[str]) -> str:
    """A hash of the parts, each with its length, so that no two lists of them read alike."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
