"""Files of every kind, changed at random: each is read, or refused in one message; none hangs or takes much memory.

`make fuzz` tries many more of them than a run of the tests does. The pickles have a test of their own, which also
watches that nothing in them runs.
"""

from __future__ import annotations

import os
import subprocess
import warnings
from pathlib import Path
from random import Random

import pytest

from gradaudit.errors import GradauditError
from tests.fuzz.bounds import bounded
from tests.fuzz.hdf5 import run_forked
from tests.fuzz.kinds import KINDS, Kind

TRIES = int(os.environ.get("GRADAUDIT_FUZZ", "0")) // (len(KINDS) + 1) or 15
"""Of each kind, fewer where an audit is needed for each; the pickles are one more."""
START = int(os.environ.get("GRADAUDIT_FUZZ_START", "0"))


HDF5 = [kind for kind in KINDS if kind.name in ("m.keras", "m.h5")]


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
def test_a_changed_file_is_read_or_refused(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer within ten seconds and a gibibyte, whatever the bytes say."""
    if kind.name.endswith((".keras", ".h5", ".onnx")):
        pytest.importorskip("gradaudit.inputs.onnx" if kind.name.endswith(".onnx") else "h5py")
    if hasattr(os, "fork"):
        monkeypatch.setattr(subprocess, "run", run_forked)
    tries = -(-TRIES // kind.part)
    found = {seed: why for seed in range(START, START + tries) if (why := fault(kind, seed, tmp_path))}
    assert not found, f"{len(found)} of {tries}, by seed: {dict(list(found.items())[:20])}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
@pytest.mark.parametrize("kind", HDF5, ids=lambda kind: kind.name)
def test_a_forked_reader_answers_as_one_that_is_started(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what the forked one is spared would say nothing of the program."""
    pytest.importorskip("h5py")
    path = tmp_path / kind.name
    for seed in range(8):
        path.write_bytes(kind.draw(Random(f"{kind.name} {seed}")))  # noqa: S311
        with monkeypatch.context() as patched:
            patched.setattr(subprocess, "run", run_forked)
            forked = answer(kind, path)
        assert answer(kind, path) == forked


def answer(kind: Kind, path: Path) -> str:
    """The models that are read, or the message."""
    try:
        return repr(kind.read(path))
    except GradauditError as error:
        return str(error)
