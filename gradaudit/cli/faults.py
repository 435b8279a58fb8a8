"""What is said when something broke: about the system's errors, and about gradaudit's own."""

from __future__ import annotations


def os_error_text(error: OSError, about: str = "") -> str:
    """`data.csv: permission denied`, without Python's number in brackets; `about` is a file that needs no naming."""
    reason = error.strerror[:1].lower() + error.strerror[1:] if error.strerror else str(error) or type(error).__name__
    return reason if error.filename is None or str(error.filename) == about else f"{error.filename}: {reason}"


def error_text(error: BaseException) -> str:
    """`ValueError: the message`, on one line."""
    return ": ".join(part for part in (type(error).__name__, " ".join(str(error).split())) if part)


def fault_lines(error: BaseException, *, verbose: bool, source: str = "") -> list[str]:
    """What happened, that it is not the person's fault, what to send us; with `verbose` the traceback."""
    about = f"{source}: " if source else ""
    trace = trace_lines(error) if verbose else []
    return [*trace, f"{about}internal error: {error_text(error)}", *how_to_report(verbose=verbose)]


def trace_lines(error: BaseException) -> list[str]:
    """Python's traceback."""
    import traceback

    return "".join(traceback.format_exception(error)).splitlines()


def how_to_report(*, verbose: bool) -> list[str]:
    """The lines that follow an internal error."""
    import platform

    from gradaudit import __version__

    versions = f"gradaudit {__version__}, Python {platform.python_version()}, {platform.platform()}"
    more = "" if verbose else " -v shows where it happened."
    return [
        f"  This is a fault of gradaudit, not of your model.{more}",
        "  Please report it to gradaudit's issue tracker, with these lines, the model and the command.",
        f"  {versions}",
    ]
