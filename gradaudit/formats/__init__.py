"""A finished report becomes bytes: one format a file, each listed here by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from gradaudit.formats.interface import Format

MODULES = {
    "text": "gradaudit.formats.text",
    "concise": "gradaudit.formats.concise",
    "json": "gradaudit.formats.json",
    "html": "gradaudit.formats.html",
    "pdf": "gradaudit.formats.pdf",
    "sarif": "gradaudit.formats.sarif",
    "junit": "gradaudit.formats.junit",
    "markdown": "gradaudit.formats.markdown",
    "github": "gradaudit.formats.github",
}
"""Name → module, which is imported when its format is asked for: text must not wait for the page's."""

PRINTED = ("text", "concise", "json", "sarif", "junit", "markdown", "github")
"""The names that `--format` takes."""

SUFFIXES = {
    ".html": "html",
    ".pdf": "pdf",
    ".json": "json",
    ".sarif": "sarif",
    ".xml": "junit",
    ".md": "markdown",
}
"""The ending of `-o FILE` → the format that it chooses."""


DRESSED = ("html", "pdf")
"""The names of those that have a look of their own, which a folder of templates may change."""


def get(name: str, folder: Path | None = None) -> Format:
    """The format of that name, with that folder's templates if it takes some; KeyError for a name not in `MODULES`."""
    found = import_module(MODULES[name]).FORMAT
    return cast(Format, found if folder is None or name not in DRESSED else replace(found, folder=folder))


def format_for(path: str, suffixes: Mapping[str, str] = SUFFIXES) -> str | None:
    """The name of the format that a file's ending chooses, in either case; None for an unknown ending."""
    return next((name for suffix, name in suffixes.items() if path.lower().endswith(suffix)), None)


class _Formats(Sequence[Format]):
    """The formats in the order of `MODULES`."""

    def __len__(self) -> int:
        return len(MODULES)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        return [get(name) for name in MODULES][index]


ALL: Sequence[Format] = _Formats()
"""Every format; looking into it imports them all."""
