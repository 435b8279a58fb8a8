"""The two states of the code, each audited in its own folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from gradaudit.ci.check import check
from gradaudit.ci.outcome import renamed
from gradaudit.ci.request import Request
from gradaudit.ci.runner import say
from gradaudit.cli.git import Repository, export
from gradaudit.domain.report import Report
from gradaudit.errors import GradauditError, InputError
from gradaudit.files.workspace import widened
from gradaudit.formats import SUFFIXES, get
from gradaudit.formats.json_reader import read_report
from gradaudit.inputs.readers import is_object


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
    done = check(request, tuple(there), options, folder, passed_on=False)
    report = load_report(file)
    if report is None:
        last = done.told.strip().splitlines()[-1:] or [f"exit status {done.status}"]
        say("notice", f"the state before could not be audited: {last[0]}")
    return report and renamed(report, there)


def audit_head(request: Request, sources: tuple[str, ...], file: Path) -> int:
    """Audit what is to be judged; the report lands in the file. Returns the exit status but for the findings."""
    options = ["--format", "text", "--fail-on", "never", "-q", "-o", str(file)]
    return check(request, sources, options, Path(os.curdir), passed_on=True).status


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
