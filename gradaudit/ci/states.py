"""The two states of the code, each audited in its own folder."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from gradaudit.ci.outcome import renamed
from gradaudit.ci.pango import library_places
from gradaudit.ci.request import Request
from gradaudit.ci.runner import say
from gradaudit.cli.cache.store import NAMED
from gradaudit.cli.git.repository import Repository
from gradaudit.cli.git.tree import export
from gradaudit.cli.status import Status
from gradaudit.domain.report import Report
from gradaudit.errors import GradauditError, InputError
from gradaudit.files.workspace import widened
from gradaudit.formats import SUFFIXES, get
from gradaudit.formats.json_reader import read_report
from gradaudit.inputs.readers import is_object

_SECRET = ("ACTIONS_", "INPUT_", "GITHUB_TOKEN", "GH_TOKEN", "GRADAUDIT_CHECK_UNSAFE_LOAD")
_CHANNELS = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")


def check(
    request: Request, sources: Sequence[str], options: Sequence[str], folder: Path, *, passed_on: bool
) -> tuple[int, str]:
    """Run it in a folder: its exit status, and its messages unless they are `passed_on` to the log.

    Its findings are in its reports.
    """
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
    return status, (done.stderr or b"").decode("utf-8", "replace")


def environment(given: Mapping[str, str], *, unsafe_load: bool) -> dict[str, str]:
    """The step's own without tokens and without the runner's channels: an audit may import code of a pull request."""
    kept = {key: value for key, value in given.items() if not key.startswith(_SECRET) and key not in _CHANNELS}
    jobs = {"GRADAUDIT_CHECK_JOBS": str(os.cpu_count() or 1)}
    place = given.get("RUNNER_TEMP")  # one cache for both states, outside of what a pull request brings
    cache = {NAMED: str(Path(place) / "gradaudit-cache")} if place else {}
    unsafe = {"GRADAUDIT_CHECK_UNSAFE_LOAD": "1"} if unsafe_load else {}
    return {**jobs, **cache, **kept, **library_places(), **unsafe, "CI": "true"}


@contextlib.contextmanager
def exported(git: Repository, commit: str, place: str | None) -> Iterator[Path | None]:
    """The folder that corresponds to this one, as it was at the commit; None where that cannot be had."""
    with TemporaryDirectory(prefix="gradaudit-base-", dir=place, ignore_cleanup_errors=True) as temporary:
        tree = Path(temporary).resolve() / "tree"
        tree.mkdir()
        try:
            folder = export(git, commit, tree)
        except (InputError, OSError) as error:
            say("notice", f"the state before could not be written out: {error}")
            yield None
        else:
            with widened(tree):
                yield folder


def audit_base(request: Request, before: Mapping[str, str], folder: Path, file: Path) -> Report | None:
    """What was found before, under the names of now; None where it could not be audited.

    `before` leads from each source's name now to the one that it had; the report is left in the file.
    """
    there = {old: now for now, old in before.items() if is_object(old) or (folder / old).is_file()}
    if not there:
        return Report(())
    options = ["--format", "text", "--fail-on", "never", "-o", str(file)]
    status, told = check(request, tuple(there), options, folder, passed_on=False)
    report = load_report(file)
    if report is None:
        last = told.strip().splitlines()[-1:] or [f"exit status {status}"]
        say("notice", f"the state before could not be audited: {last[0]}")
    return report and renamed(report, there)


def audit_head(request: Request, sources: tuple[str, ...], file: Path) -> int:
    """Audit what is to be judged; the report lands in the file. Returns the exit status but for the findings."""
    options = ["--format", "text", "--fail-on", "never", "-q", "-o", str(file)]
    status, _ = check(request, sources, options, Path(os.curdir), passed_on=True)
    return status


def load_report(file: Path) -> Report | None:
    """The report in a file; None where there is none."""
    try:
        return read_report(file)
    except InputError:
        return None


def write(report: Report, file: Path) -> None:
    """The report in the format of the file's ending; one that cannot be made keeps no other from being written."""
    try:
        file.write_bytes(get(SUFFIXES[file.suffix]).render(report))
    except GradauditError as error:
        say("notice", f"no {file.name}: {error}")
