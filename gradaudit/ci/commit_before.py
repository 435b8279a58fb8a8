"""Which commit a change is to be compared with."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.ci.event import Event
from gradaudit.cli.git import GitError, Repository


@dataclass(frozen=True, slots=True)
class Base:
    """The commit before, or why there is none."""

    commit: str = ""
    missing: str = ""
    """A sentence for the person; empty where nothing is to be compared and nobody expects it."""


def find_base(event: Event, git: Repository | None) -> Base:
    """The commit before this event's change, fetched where it is not at hand and the origin gives it."""
    if not event.base:
        first = "this is the first push of the branch: there is nothing to compare with"
        return Base(missing=first if event.name == "push" else "")
    if git is None:
        return Base(missing="this is no git checkout (actions/checkout makes one)")
    wanted = _merged_into(event, git) or event.base
    if not (git.has(wanted) or git.fetch(wanted)):
        return Base(
            missing=f"the commit before, {wanted[:10]}, is not at hand; `fetch-depth: 2` (a pull request) or "
            "`fetch-depth: 0` (a push) of actions/checkout brings it"
        )
    return Base(_parted(event, git, wanted))


def _merged_into(event: Event, git: Repository) -> str:
    """What GitHub's own merge commit was merged into, which may be newer than the event's base; else empty."""
    try:
        parents = git.parents()
    except GitError:
        return ""
    return parents[0] if event.head and len(parents) == 2 and parents[1] == event.head else ""


def _parted(event: Event, git: Repository, wanted: str) -> str:
    """Where a pull request's own branch is checked out, what others changed since must not count as its work."""
    if event.number is None:
        return wanted
    return git.merge_base(wanted) or wanted
