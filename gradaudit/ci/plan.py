"""What one run of the action has to do: which models, compared with what."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradaudit.ci.event import Base, Event, find_base, load_event
from gradaudit.ci.request import Request
from gradaudit.cli.git.place import GitError
from gradaudit.cli.git.repository import FileChange, Repository, find_repository
from gradaudit.errors import GradauditError, InputError
from gradaudit.files.opening import read_text
from gradaudit.inputs import discover
from gradaudit.inputs.readers import SPEC_SUFFIXES, is_object

COMPANIONS = (".npz", ".safetensors", ".csv")
"""The weights and rows that a spec may name: where they change, so does the model."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The sources to audit."""

    sources: tuple[str, ...]
    before: Mapping[str, str] = field(default_factory=dict)
    """Source → its name before the change, for those that were there."""
    unchanged: int = 0
    """How many models the change leaves as they are."""


def select(
    sources: Iterable[str], changes: Sequence[FileChange], prefix: str, *, changed_only: bool = True
) -> Selection:
    """The sources that changed, or whose weights or rows did; `prefix` leads from the repository to this folder."""
    renamed = {change.path: change.old for change in changes if change.path}
    companions = {posixpath.basename(path) for path in renamed if path.lower().endswith(COMPANIONS)}
    code = any(name.endswith(".py") for change in changes for name in (change.path, change.old))
    chosen, before, unchanged = [], dict[str, str](), 0
    for source in sources:
        path = repository_path(source, prefix)
        touched = path in renamed or (code and is_object(source)) or _names_one_of(companions, source)
        if touched or not changed_only:
            chosen.append(source)
            if old := renamed.get(path, path):
                # never by its absolute name, which is the same file in both states
                before[source] = source if old == path and is_relative(source) else _from_here(old, prefix)
        else:
            unchanged += 1
    return Selection(tuple(chosen), before, unchanged)


def repository_path(source: str, prefix: str) -> str:
    """A source's name in the repository, with `/`; one outside of it begins with `../`."""
    if not is_relative(source):
        source = os.path.relpath(source)
    return posixpath.normpath(prefix + source.replace(os.sep, "/"))


def is_relative(source: str) -> bool:
    """Whether the source is named from the current folder."""
    return not os.path.isabs(source)  # noqa: PTH117 - a source is no path where it names an object


def _from_here(path: str, prefix: str) -> str:
    """A path in the repository as a source of the current folder: the opposite of `repository_path`."""
    return posixpath.relpath(f"/{path}", f"/{prefix}") if prefix else path


def _names_one_of(companions: Iterable[str], source: str) -> bool:
    """Whether a spec's text has one of the file names in it: that is enough to look again."""
    if not companions or not source.lower().endswith(SPEC_SUFFIXES):
        return False
    try:
        text = read_text(source)
    except GradauditError:
        return False
    return any(name in text for name in companions)


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """Which models one run checks, and what they are compared with."""

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
        """The way from the repository's top to the current folder."""
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
    """The repository around the current folder; None where there is none in the workspace, or no git."""
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
