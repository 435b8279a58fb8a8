"""The time and the memory that reading one hostile file may take."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS, MEMORY = 10, 1 << 30
"""Of the processor, here and in processes that were started, since a machine may be busy with other things; what waits
is ended after twelve times as long."""


class HangError(Exception):
    """It takes longer than a person would wait."""


@contextmanager
def bounded() -> Iterator[None]:
    """Raises HangError after SECONDS, MemoryError beyond MEMORY, where the system can tell."""
    if os.name == "nt" or not Path("/proc/self/statm").exists():
        yield
        return
    import resource

    def stop(number: int, frame: object) -> None:
        raise HangError

    spent = _of_children()
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    old = [signal.signal(each, stop) for each in (signal.SIGALRM, signal.SIGPROF)]
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, hard))
    signal.alarm(12 * SECONDS)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGALRM, old[0])
        signal.signal(signal.SIGPROF, old[1])
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
        if _of_children() - spent > SECONDS:
            raise HangError


def _of_children() -> float:
    """Seconds of the processor that ended processes of this one took."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
