"""The two states of the code side by side on disk, and the audit of each."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gradaudit.ci.check import check
from gradaudit.ci.git import Git, GitError
from gradaudit.ci.request import Request
from gradaudit.ci.runner import say
from gradaudit.ci.selection import is_object

ALWAYS = ("json", "md", "sarif")
"""Written whatever reports are asked for: the summary, the comment and the upload stand on them."""


@dataclass(frozen=True, slots=True)
class Head:
    """What came of the state that is to be judged."""

    status: int
    printed: str


@contextlib.contextmanager
def exported(git: Git, commit: str, place: str) -> Iterator[Path | None]:
    """The folder that corresponds to this one, as it was at the commit; None where that cannot be had."""
    with TemporaryDirectory(prefix="gradaudit-base-", dir=place or None, ignore_cleanup_errors=True) as temporary:
        whole = Path(temporary, "tree")
        whole.mkdir()
        try:
            git.export(commit, whole)
        except (GitError, OSError) as error:
            say("notice", f"the state before could not be written out, so nothing is compared: {error}")
            yield None
        else:
            folder = whole / git.prefix
            yield folder if folder.is_dir() else None


def audit_base(request: Request, before: Mapping[str, str], folder: Path, report: Path) -> bool:
    """Audit what was there before; whether there is a report of it. Its own failures are no news."""
    there = [name for name in dict.fromkeys(before.values()) if is_object(name) or (folder / name).is_file()]
    if not there:
        return False
    done = check(request, there, ["--fail-on", "never", "-q", "-o", str(report)], folder, passed_on=False)
    if not report.is_file():
        last = done.told.strip().splitlines()[-1:] or [f"exit status {done.status}"]
        say("notice", f"the state before could not be audited, so everything counts: {last[0]}")
    return report.is_file()


def audit_head(request: Request, sources: tuple[str, ...], folder: Path, baseline: str) -> Head:
    """Audit what is to be judged; the reports land in the folder."""
    names = dict.fromkeys((*ALWAYS, *request.reports))
    options = ["--format", "github", "--fail-on", request.fail_on]
    for name in names:
        options += ["-o", str(folder / f"report.{name}")]
    options += ["--baseline", baseline] if baseline else []
    done = check(request, sources, options, Path(os.curdir), passed_on=True)
    return Head(done.status, done.printed)
