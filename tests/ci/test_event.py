"""What is read of the events that start a workflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradaudit.ci.event import Event, load_event
from gradaudit.errors import InputError
from tests.ci.stand_in import NOBODY, repo

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
