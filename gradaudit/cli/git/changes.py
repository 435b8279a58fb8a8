"""The files that differ between two commits, as git lists them."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs between two commits; paths are relative to the repository, with `/`."""

    path: str
    """Its name now; empty where it was deleted."""
    old: str
    """Its name before; empty where it is new."""


def parse_changes(listing: bytes) -> tuple[FileChange, ...]:
    """`git diff --name-status -z`: any byte but NUL may stand in a name."""
    fields = iter(os.fsdecode(listing).split("\0"))
    found = []
    for status in fields:
        if not status:
            break
        first = next(fields)
        if status[0] in "RC":
            found.append(FileChange(next(fields), first))
        else:
            found.append(FileChange("" if status == "D" else first, "" if status == "A" else first))
    return tuple(found)
