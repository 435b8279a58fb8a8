"""Which commit a change is compared with."""

from __future__ import annotations

from gradaudit.ci.commit_before import find_base
from gradaudit.ci.event import Event
from gradaudit.cli.git import find_repository as repository_at
from tests.ci.stand_in import Repository


def test_a_branch_of_one_s_own_starts_where_it_left(repository: Repository) -> None:
    """What others added to the base meanwhile is none of the pull request's work."""
    left = repository.commit({"a": "1"})
    repository.git("checkout", "--quiet", "-b", "topic")
    head = repository.commit({"b": "1"})
    repository.git("checkout", "--quiet", "main")
    base = repository.commit({"c": "1"})
    repository.git("checkout", "--quiet", "topic")

    found = find_base(Event("pull_request", base, head, 7), repository_at(repository.folder))

    assert found.commit == left


def test_a_merge_commit_says_what_it_was_merged_into(repository: Repository) -> None:
    """GitHub's merge may stand on a newer base than the event names."""
    old = repository.commit({"a": "1"})
    repository.git("checkout", "--quiet", "-b", "topic")
    head = repository.commit({"b": "1"})
    repository.git("checkout", "--quiet", "main")
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
