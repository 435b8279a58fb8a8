"""What is read of the events that start a workflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradaudit.ci.event import Event, find_base, load_event
from gradaudit.cli.git.repository import find_repository as repository_at
from gradaudit.errors import InputError
from tests.ci.stand_in import NOBODY, Repository, repo

BASE, HEAD = "a" * 40, "b" * 40


def event(folder: Path, name: str, payload: object) -> Event:
    """The event of that name with this payload."""
    file = folder / "event.json"
    file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return load_event({"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file)})


def pull_request(head_repo: object) -> dict[str, Any]:
    """A payload with this head repository."""
    base = {"sha": BASE, "repo": repo("owner")}
    return {"pull_request": {"number": 7, "base": base, "head": {"sha": HEAD, "repo": head_repo}}}


def test_a_pull_request(tmp_path: Path) -> None:
    """Base, head and number are read; a branch of the same repository is no fork."""
    assert event(tmp_path, "pull_request", pull_request(repo("owner"))) == Event("pull_request", BASE, HEAD, 7)


@pytest.mark.parametrize("head_repo", [repo("stranger"), None, {}])
def test_a_fork(tmp_path: Path, head_repo: object) -> None:
    """Another repository, or one that is gone by now, is a fork."""
    assert event(tmp_path, "pull_request", pull_request(head_repo)).is_fork


def test_a_push_and_a_first_push(tmp_path: Path) -> None:
    """The state before a push; zeros, and what is no commit at all, stand for none."""
    assert event(tmp_path, "push", {"before": BASE}).base == BASE
    assert event(tmp_path, "push", {"before": NOBODY}).base == ""
    assert event(tmp_path, "push", {"before": "--upload-pack=touch ran"}).base == ""


def test_a_merge_queue(tmp_path: Path) -> None:
    """What the queue merges is compared with what it merges into."""
    payload = {"merge_group": {"base_sha": BASE, "head_sha": HEAD}}

    assert event(tmp_path, "merge_group", payload) == Event("merge_group", BASE, HEAD)


@pytest.mark.parametrize("payload", [{}, [], 3, {"pull_request": None}, {"pull_request": {"base": 3, "number": "7"}}])
def test_a_payload_of_another_shape(tmp_path: Path, payload: object) -> None:
    """Nothing is known from what is not there, and nothing breaks."""
    found = event(tmp_path, "pull_request", payload)

    assert (found.base, found.number) == ("", None)


def test_other_events_tell_nothing(tmp_path: Path) -> None:
    """A schedule, or one's own machine, has no state before."""
    assert event(tmp_path, "schedule", {"before": BASE}) == Event("schedule")
    assert load_event({}) == Event()


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_a_broken_event_file(tmp_path: Path, text: str) -> None:
    """It is refused in one sentence."""
    with pytest.raises(InputError, match="no valid JSON"):
        event(tmp_path, "push", text)


def parted(repository: Repository) -> tuple[str, str]:
    """Where a branch left the main one, which is checked out again, and the branch's head."""
    left = repository.commit({"a": "1"})
    repository.git("checkout", "--quiet", "-b", "topic")
    head = repository.commit({"b": "1"})
    repository.git("checkout", "--quiet", "main")
    return left, head


def test_a_branch_of_one_s_own_starts_where_it_left(repository: Repository) -> None:
    """What others added to the base meanwhile is none of the pull request's work."""
    left, head = parted(repository)
    base = repository.commit({"c": "1"})
    repository.git("checkout", "--quiet", "topic")

    found = find_base(Event("pull_request", base, head, 7), repository_at(repository.folder))

    assert found.commit == left


def test_a_merge_commit_says_what_it_was_merged_into(repository: Repository) -> None:
    """GitHub's merge may stand on a newer base than the event names."""
    old, head = parted(repository)
    newer = repository.commit({"c": "1"})
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")

    found = find_base(Event("pull_request", old, head, 7), repository_at(repository.folder))

    assert found.commit == newer


def test_reasons_are_given(repository: Repository) -> None:
    """Where there is nothing to compare with, a person is told why, but for events that have no state before."""
    repository.commit({"a": "1"})
    git = repository_at(repository.folder)

    assert "first push" in find_base(Event("push"), git).missing
    assert "actions/checkout" in find_base(Event("push", "1" * 40), None).missing
    assert "fetch-depth" in find_base(Event("push", "1" * 40), git).missing
    assert find_base(Event("schedule"), git).missing == ""
