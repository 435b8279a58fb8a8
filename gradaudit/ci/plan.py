"""What one run of the action has to do: which models, compared with what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gradaudit.ci.event import Base, Event, find_base, load_event
from gradaudit.ci.request import Request
from gradaudit.ci.selection import Selection, repository_path, select
from gradaudit.cli.git import FileChange, GitError, Repository, find_repository
from gradaudit.errors import InputError
from gradaudit.inputs import discover
from gradaudit.inputs.readers import is_object


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The answers to that."""

    request: Request
    event: Event
    git: Repository | None
    base: Base
    selection: Selection
    missing: tuple[str, ...] = ()
    """Entries of `paths` that stand for nothing, which the audit says."""
    deleted: frozenset[str] = frozenset()
    """Files, by their names in the repository."""
    doubtful: tuple[str, ...] = ()
    """Changed files that are no models now; whether they were can be seen in the state before alone."""

    @property
    def sources(self) -> tuple[str, ...]:
        """What `check` is given."""
        return (*self.missing, *self.selection.sources)

    @property
    def prefix(self) -> str:
        """From the repository's top to here."""
        return self.git.prefix if self.git else ""


def plan(request: Request, environment: Mapping[str, str]) -> CheckPlan:
    """Look at the event, the repository and the paths of the current folder. Raises InputError."""
    event, git = load_event(environment), _repository(environment.get("GITHUB_WORKSPACE", ""))
    discovery = discover(request.paths)
    _refuse_code(event, discovery.sources)
    missing = tuple(problem.location.file for problem in discovery.failures if problem.location)
    base = find_base(event, git)
    changes: tuple[FileChange, ...] = ()
    if git and base.commit:
        try:
            changes = git.changes(base.commit)
        except GitError as error:
            base = Base(missing=f"git does not tell what changed: {error}")
    if git is None or not base.commit:
        return CheckPlan(request, event, git, base, Selection(discovery.sources), missing)
    selection = select(discovery.sources, changes, git.prefix, changed_only=request.changed_only)
    gone = frozenset(change.old for change in changes if not change.path)
    changed = {change.path for change in changes}
    doubtful = tuple(file for file in discovery.passed_over if repository_path(file, git.prefix) in changed)
    return CheckPlan(request, event, git, base, selection, missing, gone, doubtful)


def _repository(workspace: str) -> Repository | None:
    """That around the current folder; None where there is none in the workspace, or no git."""
    try:
        found = find_repository(Path.cwd())
    except GitError:
        return None
    return found if not workspace or found.top.is_relative_to(os.path.realpath(workspace)) else None


def _refuse_code(event: Event, sources: tuple[str, ...]) -> None:
    """Under pull_request_target the job may write and knows secrets, while the code may be anybody's."""
    objects = [source for source in sources if is_object(source)]
    if event.name == "pull_request_target" and objects:
        raise InputError(
            f"'{objects[0]}' is code, which pull_request_target would run with this repository's secrets: "
            "use pull_request"
        )
