"""One line on standard error that says what is being measured; wiped when it is done."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from gradaudit.cli.streams import is_terminal

_WIPE = "\r\x1b[K"
_WIDTH, _SHORT = 70, 35
_BAR = 24


class Progress:
    """Silent unless `shown`; a terminal's line is rewritten, nothing stays."""

    def __init__(self, *, wanted: bool) -> None:
        self.shown = wanted and is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self._source = ""

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> Self:
        """As -q and --no-progress of the command's parameters say."""
        return cls(wanted=not (given["quiet"] or given["no_progress"]))

    def about(self, source: str) -> None:
        """The source that the next steps belong to."""
        self._source = source
        self("reading", 0.0)

    def __call__(self, step: str, share: float) -> None:
        """The step that begins now, and the share of the model's audit that is done."""
        from gradaudit.text.printable import printable

        self._write(f"{_WIPE}{100 * share:3.0f}% {printable(f'{self._source}: {step}')[:_WIDTH]}")

    def many(self, done: int, total: int, source: str = "") -> None:
        """How many of the sources are done, audited at once, and the one that ended last."""
        from gradaudit.text.printable import printable

        filled = _BAR * done // total
        bar = "#" * filled + "." * (_BAR - filled)
        self._write(f"{_WIPE}[{bar}] {done}/{total} {printable(source)[:_SHORT]}")

    def searching(self, examined: int, trying: str, best: str) -> None:
        """A search's next step: how many candidates were examined, what is tried now, what was best so far."""
        from gradaudit.text.printable import printable

        self._write(f"{_WIPE}{examined:3} tried, best: {printable(best)[:_SHORT]}; now: {printable(trying)[:_SHORT]}")

    def wipe(self) -> None:
        """Clear the line before something else is printed."""
        self._write(_WIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.wipe()

    def _write(self, text: str) -> None:
        if self.shown:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(text)
                sys.stderr.flush()
