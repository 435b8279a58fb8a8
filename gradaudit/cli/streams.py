"""Standard output and standard error: their encoding, their colours, and what happens when nobody reads them."""

from __future__ import annotations

import contextlib
import io
import locale
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

import click

from gradaudit.cli.status import Status
from gradaudit.errors import short_reason

if TYPE_CHECKING:
    from gradaudit.text.text_style import TextStyle

_NARROWEST, _WIDEST = 40, 120
_NO_BLOCKS = frozenset({"dumb", "linux"})
"""Terminals whose fonts lack the eighths of a block."""


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says: a Windows runner's cp1252 cannot hold a message's `λ`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def wants_color(choice: str, stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """`--color` is above NO_COLOR, that above FORCE_COLOR, and that above what the stream is."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if forced := environment.get("FORCE_COLOR"):
        return forced != "0"
    return is_terminal(stream) and environment.get("TERM") != "dumb"


def style_for(choice: str, stream: TextIO | None, environment: Mapping[str, str]) -> TextStyle:
    """How text on this stream is to look; where it is no terminal, the environment alone decides."""
    from gradaudit.text.text_style import TextStyle

    return TextStyle(
        width=_width(stream, environment, TextStyle().width),
        color=wants_color(choice, stream, environment),
        blocks=is_terminal(stream) and environment.get("TERM") not in _NO_BLOCKS and _is_unicode(),
    )


def _width(stream: TextIO | None, environment: Mapping[str, str], default: int) -> int:
    """COLUMNS, else the terminal's, within what can be read well; else the default."""
    columns = 0
    if re.fullmatch("[0-9]{1,6}", given := environment.get("COLUMNS", "")):
        columns = int(given)
    elif stream is not None and is_terminal(stream):
        with contextlib.suppress(OSError, ValueError):
            columns = os.get_terminal_size(stream.fileno()).columns
    return min(max(columns, _NARROWEST), _WIDEST) if columns else default


def _is_unicode() -> bool:
    """Whether the terminal's own encoding has more than letters; Windows' console takes Unicode whatever that is."""
    return sys.platform == "win32" or locale.getencoding().lower().replace("-", "") == "utf8"


def is_terminal(stream: TextIO | None) -> bool:
    """False too for a stream that is closed or missing."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def tell(*lines: str) -> None:
    """Lines on standard error, made harmless; that nobody reads them is no reason to stop."""
    from gradaudit.text.printable import inert, printable_line

    with contextlib.suppress(OSError, ValueError):
        for line in lines:
            click.echo(inert(printable_line(line)), err=True)


def put(content: str | bytes, *, color: bool = False) -> Status:
    """The content on standard output; a reader that has left, as `head` does, changes no status."""
    try:
        click.echo(content, nl=False, color=color)
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        tell(f"cannot write to standard output: {short_reason(error)}")
        return Status.NOT_AUDITED
    return Status.CLEAN


def leave(status: int) -> int:
    """Flush both streams, so that the interpreter's own last flush cannot fail and change the status."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except OSError as error:
            _silence(stream)
            if stream is sys.stdout and not isinstance(error, BrokenPipeError):
                status = max(status, Status.NOT_AUDITED)
    return status


def _silence(stream: TextIO) -> None:
    """What is still buffered goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
