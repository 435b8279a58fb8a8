"""The exit statuses; where several apply, the largest."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What the shell is told."""

    CLEAN = 0
    """Nothing at or above `--fail-on`."""
    FINDINGS = 1
    NOT_AUDITED = 2
    """Something could not be audited, read or written."""
    FAULT = 3
    """A fault of gradaudit's own."""
    INTERRUPTED = 130
