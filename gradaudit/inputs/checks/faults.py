"""Faults in words: the path in the spec, and one sentence for each."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.inputs.checks.names import Fault

Path = tuple[str | int, ...]


def path_text(path: Path) -> str:
    """`layers[2].activation`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def fault_text(fault: Fault) -> str:
    """The message with the path that it is about in front."""
    about = path_text(fault.path[:-1] if fault.at_key else fault.path)
    return f"{about}: {fault.message}" if about else fault.message


def distinct(faults: list[Fault]) -> Iterator[Fault]:
    """The faults without repetitions, in order."""
    seen: set[tuple[Path, str]] = set()
    for fault in faults:
        if (fault.path, fault.message) not in seen:
            seen.add((fault.path, fault.message))
            yield fault
