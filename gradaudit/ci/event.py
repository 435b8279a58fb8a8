"""What made the workflow run, the event that GitHub hands over in GITHUB_EVENT_PATH, and the commit that it changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradaudit.cli.git.place import GitError
from gradaudit.cli.git.repository import Repository
from gradaudit.errors import InputError, Location, Problem, short_reason

MAX_BYTES = 32 << 20
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PULL_REQUESTS = frozenset({"pull_request", "pull_request_target"})


@dataclass(frozen=True, slots=True)
class Event:
    """The parts of an event that matter here; what it does not tell is empty."""

    name: str = ""
    base: str = ""
    """The commit before: a pull request's base, the last state of the branch that was pushed to."""
    head: str = ""
    """A pull request's last commit, which is not the merge commit that is usually checked out."""
    number: int | None = None
    """A pull request's number."""
    is_fork: bool = False
    """The change comes from another repository: the token may only read, and nobody here wrote the code."""


def load_event(environment: Mapping[str, str]) -> Event:
    """The event of this run; one without details where there is no event file, as on one's own machine.

    Raises InputError for a file that cannot be read.
    """
    name, file = environment.get("GITHUB_EVENT_NAME", ""), environment.get("GITHUB_EVENT_PATH", "")
    payload = _payload(file) if file else {}
    if name in _PULL_REQUESTS:
        return _pull_request(name, payload)
    if name == "merge_group":
        return Event(name, _commit(payload, "merge_group", "base_sha"), _commit(payload, "merge_group", "head_sha"))
    return Event(name, _commit(payload, "before") if name == "push" else "")


def _pull_request(name: str, payload: Mapping[str, Any]) -> Event:
    number = _at(payload, "pull_request", "number")
    base, head = (_at(payload, "pull_request", side, "repo", "full_name") for side in ("base", "head"))
    return Event(
        name,
        _commit(payload, "pull_request", "base", "sha"),
        _commit(payload, "pull_request", "head", "sha"),
        number if isinstance(number, int) and number > 0 else None,
        is_fork=base != head or base is None,  # a fork that was deleted since is null
    )


def _payload(file: str) -> Mapping[str, Any]:
    try:
        with Path(file).open("rb") as stream:
            payload = json.loads(stream.read(MAX_BYTES))
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {short_reason(error)}", Location(file))) from error
    except (ValueError, RecursionError) as error:
        raise InputError(Problem("the event is no valid JSON", Location(file))) from error
    return payload if isinstance(payload, dict) else {}


def _at(value: Any, *keys: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What stands at the end of the keys; None where the way breaks off."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _commit(payload: Mapping[str, Any], *keys: str) -> str:
    """A commit's full name; empty for what is none and for the zeros that stand for no commit."""
    value = _at(payload, *keys)
    found = isinstance(value, str) and _COMMIT.fullmatch(value) is not None and value.strip("0")
    return value if found else ""


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
