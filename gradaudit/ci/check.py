"""`gradaudit check` in a process of its own: what is imported for one state of the code is not seen by the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradaudit.ci.pango import library_places
from gradaudit.ci.request import Request
from gradaudit.cli.cache.store import NAMED
from gradaudit.cli.status import Status

_SECRET = ("ACTIONS_", "INPUT_", "GITHUB_TOKEN", "GH_TOKEN", "GRADAUDIT_CHECK_UNSAFE_LOAD")
_CHANNELS = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it."""

    status: int
    told: str = ""
    """Standard error, where it was not passed on."""


def check(
    request: Request, sources: Sequence[str], options: Sequence[str], folder: Path, *, passed_on: bool
) -> Checked:
    """Run it in a folder; `passed_on` lets its messages through to the log; its findings are in its reports."""
    # -I: no file of the audited repository is taken for one of Python's own modules.
    words = [sys.executable, "-I", "-m", "gradaudit", "check", *request.arguments, "--no-progress", *options]
    done = subprocess.run(  # noqa: S603 - whole arguments, and no shell
        [*words, "--", *sources],
        cwd=folder,
        env=environment(os.environ, unsafe_load=request.unsafe_load),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if passed_on else subprocess.PIPE,
        check=False,
    )
    status = done.returncode if done.returncode >= 0 else Status.FAULT
    return Checked(status, (done.stderr or b"").decode("utf-8", "replace"))


def environment(given: Mapping[str, str], *, unsafe_load: bool) -> dict[str, str]:
    """The step's own without tokens and without the runner's channels: an audit may import code of a pull request."""
    kept = {key: value for key, value in given.items() if not key.startswith(_SECRET) and key not in _CHANNELS}
    jobs = {"GRADAUDIT_CHECK_JOBS": str(os.cpu_count() or 1)}
    place = given.get("RUNNER_TEMP")  # one cache for both states, outside of what a pull request brings
    cache = {NAMED: str(Path(place) / "gradaudit-cache")} if place else {}
    unsafe = {"GRADAUDIT_CHECK_UNSAFE_LOAD": "1"} if unsafe_load else {}
    return {**jobs, **cache, **kept, **library_places(), **unsafe, "CI": "true"}
