"""Settings for the sources that a pattern covers: `[tool.gradaudit.per-file."models/legacy"]`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import translate
from pathlib import Path

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.files.opening import STDIN

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_END = ")\\Z"
"""Of what `translate` gives, in as many characters in every Python."""
_OBJECT = re.compile(r"(.+\.py):[\w.]+")


@dataclass(frozen=True, slots=True)
class PerFile:
    """What goes for the sources that a pattern covers."""

    pattern: str
    audit: AuditOptions

    def covers(self, path: str) -> bool:
        """Whether the path, or a folder that it is in, matches; a pattern without a slash matches a name anywhere.

        `*` and `?` stay within a name, `**` crosses folders, `!` in front means all others.
        """
        pattern = self.pattern.removeprefix("!")
        anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
        matches = re.fullmatch(f"{anywhere}{_regex(pattern.strip('/'))}(?:/.*)?", path, re.DOTALL) is not None
        return matches is not self.pattern.startswith("!")


def for_source(audit: AuditOptions, rules: Sequence[PerFile], source: str, folder: Path) -> AuditOptions:
    """What goes for one source: later patterns win, what they ignore and their thresholds add up.

    Patterns are relative to `folder`, where they were written.
    """
    path = _path(source, folder)
    for rule in rules:
        if path is not None and rule.covers(path):
            audit = _over(rule.audit, audit)
    return audit


def _over(above: AuditOptions, below: AuditOptions) -> AuditOptions:
    said = {each.name: getattr(above, each.name) for each in fields(AuditOptions)}
    both = {key: tuple(dict.fromkeys((*getattr(below, key), *said[key]))) for key in ("ignore", "thresholds")}
    return replace(below, **{key: value for key, value in said.items() if value not in (None, ())} | both)


def _path(source: str, folder: Path) -> str | None:
    """Relative to the folder, with slashes; None for what has no place."""
    if source == STDIN:
        return None
    found = _OBJECT.fullmatch(source)
    file = os.path.abspath(found[1] if found else source)  # noqa: PTH100  no symlinks followed, as ruff does not
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return Path(file).as_posix()


def _regex(pattern: str) -> str:
    """The pattern as a regular expression; what is no wildcard stands for itself."""
    parts, end = [], 0
    for piece in _PIECES.finditer(pattern):
        parts += [re.escape(pattern[end : piece.start()]), _MEANING.get(piece[0]) or _set(piece[0])]
        end = piece.end()
    return "".join(parts) + re.escape(pattern[end:])


def _set(piece: str) -> str:
    """`[ab]`, `[!ab]` or `[a-z]`, as the shell reads them, within a name."""
    return f"(?!/){translate(piece)[len('(?s:') : -len(_END)]}"
