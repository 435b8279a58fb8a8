"""Which of the models a change touches, and how they were called before."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gradaudit.cli.git import FileChange
from gradaudit.errors import GradauditError
from gradaudit.files.text_file import read_text
from gradaudit.inputs.readers import SPEC_SUFFIXES, is_object

COMPANIONS = (".npz", ".safetensors", ".csv")
"""The weights and rows that a spec may name: where they change, so does the model."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The sources to audit."""

    sources: tuple[str, ...]
    before: Mapping[str, str] = field(default_factory=dict)
    """Source → its name before the change, for those that were there."""
    unchanged: int = 0
    """How many models the change leaves as they are."""


def select(
    sources: Iterable[str], changes: Sequence[FileChange], prefix: str, *, changed_only: bool = True
) -> Selection:
    """The sources that changed, or whose weights or rows did; `prefix` leads from the repository to this folder."""
    renamed = {change.path: change.old for change in changes if change.path}
    companions = {posixpath.basename(path) for path in renamed if path.lower().endswith(COMPANIONS)}
    code = any(name.endswith(".py") for change in changes for name in (change.path, change.old))
    chosen, before, unchanged = [], dict[str, str](), 0
    for source in sources:
        path = repository_path(source, prefix)
        touched = path in renamed or (code and is_object(source)) or _names_one_of(companions, source)
        if touched or not changed_only:
            chosen.append(source)
            if old := renamed.get(path, path):
                # never by its absolute name, which is the same file in both states
                before[source] = source if old == path and is_relative(source) else _from_here(old, prefix)
        else:
            unchanged += 1
    return Selection(tuple(chosen), before, unchanged)


def repository_path(source: str, prefix: str) -> str:
    """A source's name in the repository, with `/`; one outside of it begins with `../`."""
    if not is_relative(source):
        source = os.path.relpath(source)
    return posixpath.normpath(prefix + source.replace(os.sep, "/"))


def is_relative(source: str) -> bool:
    """Whether the source is named from the current folder."""
    return not os.path.isabs(source)  # noqa: PTH117 - a source is no path where it names an object


def _from_here(path: str, prefix: str) -> str:
    """The opposite."""
    return posixpath.relpath(f"/{path}", f"/{prefix}") if prefix else path


def _names_one_of(companions: Iterable[str], source: str) -> bool:
    """Whether a spec's text has one of the file names in it: that is enough to look again."""
    if not companions or not source.lower().endswith(SPEC_SUFFIXES):
        return False
    try:
        text = read_text(source)
    except GradauditError:
        return False
    return any(name in text for name in companions)
