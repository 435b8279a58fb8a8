"""Files of every kind, changed at random: each is read, or refused in one message; none hangs or takes much memory.

`make fuzz` tries many more of them than a run of the tests does. The pickles have a test of their own, which also
watches that nothing in them runs.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from gradaudit.errors import GradauditError
from tests.fuzz.kinds import KINDS, Kind

TRIES = int(os.environ.get("GRADAUDIT_FUZZ", "0")) // (len(KINDS) + 1) or 15
"""Of each kind, a quarter where a process reads it; the pickles are one more."""
START = int(os.environ.get("GRADAUDIT_FUZZ_START", "0"))
SECONDS, MEMORY = 10, 1 << 30
"""Of the processor, since a machine may be busy with other things; what waits is ended after twelve times as long."""


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


def fault(kind: Kind, seed: int, folder: Path) -> str:
    """What is wrong with how this input is answered; empty for an answer."""
    path = folder / kind.name
    path.write_bytes(kind.draw(Random(f"{kind.name} {seed}")))  # noqa: S311 - a drawing, no secret
    try:
        with bounded(), warnings.catch_warnings():
            warnings.simplefilter("error")
            kind.read(path)
    except GradauditError as error:
        told = all(0 < len(problem.message) < 5000 for problem in error.problems)
        return "" if told and error.problems else f"an endless or empty message: {str(error)[:200]}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the program would end in status 3
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_changed_file_is_read_or_refused(kind: Kind, tmp_path: Path) -> None:
    """An answer within ten seconds and a gibibyte, whatever the bytes say."""
    if kind.name.endswith((".keras", ".h5", ".onnx")):
        pytest.importorskip("gradaudit.inputs.onnx" if kind.name.endswith(".onnx") else "h5py")
    tries = TRIES // 4 if kind.name.endswith((".keras", ".h5")) else TRIES  # each HDF5 is read in a process of its own
    found = {seed: why for seed in range(START, START + tries) if (why := fault(kind, seed, tmp_path))}
    assert not found, f"{len(found)} of {tries}, by seed: {dict(list(found.items())[:20])}"
