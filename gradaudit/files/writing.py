"""The one way of writing a file: what is written reaches its place whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from gradaudit.errors import InputError, Location, Problem, short_reason


def check_writable(path: Path) -> None:
    """Try the place without leaving anything there. Raises InputError where a file cannot be written."""
    file = Location(str(path))
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise InputError(Problem("cannot be written: it is no regular file", file))
        if not target.parent.is_dir():
            raise InputError(Problem(f"cannot be written: there is no folder '{path.parent}'", file))
        if target.exists() and not os.access(target, os.W_OK):
            raise InputError(Problem("cannot be written: it is write-protected", file))
        stream, draft = _draft(target)
        os.close(stream)
        draft.unlink()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(Problem(f"cannot be written: {short_reason(error)}", file)) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a draft beside the file, then put it in the file's place in one step. Raises OSError."""
    target = path.resolve()
    stream, draft = _draft(target)
    try:
        with os.fdopen(stream, "wb") as file:
            file.write(content)
        if target.exists():
            draft.chmod(target.stat().st_mode)
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def _draft(target: Path) -> tuple[int, Path]:
    """A new file in the same folder, with the permissions that any new file has, which tempfile would not give."""
    draft = target.with_name(f".gradaudit-{os.urandom(6).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(draft, flags, 0o666), draft
