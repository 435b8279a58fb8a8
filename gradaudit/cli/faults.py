"""What is said when something broke: about the system's errors, and about gradaudit's own."""

from __future__ import annotations


def os_error_text(error: OSError) -> str:
    """`model.yaml: permission denied`, without Python's number in brackets."""
    reason = error.strerror[:1].lower() + error.strerror[1:] if error.strerror else str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def fault_text(error: BaseException) -> str:
    """`ValueError: the message`, on one line."""
    return ": ".join(part for part in (type(error).__name__, " ".join(str(error).split())) if part)


def fault_lines(error: BaseException, *, verbose: bool, source: str = "") -> list[str]:
    """What happened, that it is not the person's fault, what to send us; with `verbose` the traceback."""
    import traceback

    about = f"{source}: " if source else ""
    trace = "".join(traceback.format_exception(error)).splitlines() if verbose else []
    return [*trace, f"{about}internal error: {fault_text(error)}", *how_to_report(verbose=verbose)]


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
