"""Files that were cut, that attack, and that only the ordinary loader reads."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from sklearn.neural_network import MLPClassifier

from gradaudit.errors import InputError
from gradaudit.inputs.readers import ESTIMATOR
from gradaudit.inputs.sklearn_model.file import subjects_in
from tests.inputs import hostile
from tests.inputs.sklearn_model.saving import ROOT, fitted, piped, saved

__all__ = ["saved"]


def test_cut_files(saved: Any, canary: Any) -> None:
    """Wherever a file ends too early, it is refused."""
    saved(fitted(piped()))
    data = Path("model.joblib").read_bytes()
    for length in range(0, len(data), 97):
        Path("cut.pkl").write_bytes(data[:length])
        with pytest.raises(InputError, match=r"cut\.pkl: "):
            ESTIMATOR.read("cut.pkl")


class Stranger(MLPClassifier):
    """A class of the person's own: a file has its name and no more."""


def test_unsafe_load_runs_what_cannot_be_read(saved: Any, tmp_path: Path) -> None:
    """Only then, and only where the inert reader finds no network."""
    source = saved(fitted(Stranger((3,), max_iter=1)), "own.pkl")
    with pytest.raises(InputError, match="an object of type Stranger is not audited"):
        subjects_in(source)
    (network,) = subjects_in(source, unsafe_load=True)
    assert network.spec.inputs == 4

    harmful = [fitted(piped()), hostile.Reduced(open, "canary", "w")]
    Path("harmful.pkl").write_bytes(pickle.dumps(harmful))
    with pytest.raises(InputError, match=r"it calls 'io\.open' when it is loaded"):
        subjects_in("harmful.pkl")
    assert not (tmp_path / "canary").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        assert len(subjects_in("harmful.pkl", unsafe_load=True)) == 1
    assert (tmp_path / "canary").exists()


def test_unsafe_load_that_fails_is_told(saved: Any) -> None:
    """By the exception that the file's own code raised."""
    Path("bad.pkl").write_bytes(pickle.dumps(hostile.Reduced(int, "no number")))
    with pytest.raises(InputError, match=r"loading bad\.pkl failed: ValueError: invalid literal for int"):
        subjects_in("bad.pkl", unsafe_load=True)
    with pytest.raises(InputError, match="there is no such file"):
        subjects_in("missing.pkl", unsafe_load=True)


WATCHED = """
import json, resource, sys
heard = []
harmful = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.", "pickle.", "socket.", "shutil.")
sys.addaudithook(lambda event, arguments: heard.append(event) if event.startswith(harmful) else None)
from gradaudit.cli.entry import main
status = main(sys.argv[1:])
heavy = sorted({"sklearn", "joblib", "pickletools"} & sys.modules.keys())
try:  # what getrusage says begins with the peak of the process that started this one
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([status, heard, heavy, peak]))
"""


def watched(*arguments: str, folder: Path) -> tuple[Any, str]:
    """The command line in a process of its own: what it ended in, was heard to do, imported and took, and said."""
    run = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout.splitlines()[-1]), run.stderr


def test_check_imports_neither_scikit_learn_nor_joblib(saved: Any, tmp_path: Path) -> None:
    """A fitted pipeline is audited by our own code alone."""
    saved(fitted(piped()))
    (status, heard, heavy, _), _ = watched("check", "model.joblib", "--effort", "quick", "-q", folder=tmp_path)
    assert status in (0, 1)
    assert heard == heavy == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured by a call of Unix")
def test_hostile_files_end_in_one_message_each(tmp_path: Path) -> None:
    """All in one process: status 2, nothing run or written, less than 512 MB taken."""
    names = []
    for name, data in hostile.files():
        (tmp_path / name).write_bytes(data)
        names.append(name)
    (status, heard, _, memory), said = watched("check", *names, "--no-progress", folder=tmp_path)
    assert (status, heard) == (2, [])
    assert sorted(line.partition(": ")[0] for line in said.splitlines()) == sorted(names)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert memory * (1 if sys.platform == "darwin" else 1024) < 512e6
