"""Where the program begins and ends: whatever happens inside becomes one exit status and at most a clear message."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Sequence

import click

from gradaudit.cli.faults import fault_lines, os_error_text
from gradaudit.cli.group import program
from gradaudit.cli.status import Status
from gradaudit.cli.streams import leave, tell, use_utf8

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; nothing is raised."""
    if arguments is None:
        _begin_again_in_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    _use_one_blas_thread()
    use_utf8()
    return leave(_run(given))


def _begin_again_in_utf8() -> None:
    """Where the locale knows ASCII alone, a name outside it is read as bytes, and would stand so in reports.

    How names are read is settled when Python starts, so the same command is started in its place, in UTF-8 mode.
    """
    is_ascii = codecs.lookup(sys.getfilesystemencoding()).name == "ascii"
    if is_ascii and os.name == "posix" and sys.executable:
        os.environ["PYTHONUTF8"] = "1"
        with contextlib.suppress(OSError):
            os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - itself


def _use_one_blas_thread() -> None:
    """Two threads sum in another order than one, and equal input must give an equal report; numpy reads this once."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))


def _run(arguments: list[str]) -> int:
    try:
        return program.main(arguments, prog_name="gradaudit", standalone_mode=False) or Status.CLEAN
    except SystemExit:
        return Status.CLEAN  # click leaves so after `--help` into a closed pipe, and after a shell's completion
    except (click.Abort, KeyboardInterrupt) as error:
        if not isinstance(error.__cause__, EOFError):
            tell("interrupted")
            return Status.INTERRUPTED
        return _fault(error.__cause__, arguments)
    except Exception as error:  # noqa: BLE001 - the last place that can turn a fault into a message
        return _refusal(error) or _fault(error, arguments)


def _refusal(error: Exception) -> Status | None:
    """What the person can mend, said on standard error; None for anything else."""
    from gradaudit.errors import GradauditError

    if isinstance(error, click.ClickException):
        with contextlib.suppress(OSError):
            error.show()
    elif isinstance(error, GradauditError):
        tell(*map(str, error.problems))
    elif isinstance(error, OSError):
        tell(os_error_text(error))
    else:
        return None
    return Status.NOT_AUDITED


def _fault(error: BaseException, arguments: list[str]) -> Status:
    """Our own mistake: how to report it, and with -v where it happened."""
    tell(*fault_lines(error, verbose="-v" in arguments or "--verbose" in arguments))
    return Status.FAULT
