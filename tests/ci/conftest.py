"""A machine and a repository for the tests of the action."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ci.stand_in import Repository, Runner


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository."""
    folder = tmp_path / "work space"
    folder.mkdir()
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("config", "user.name", "A person")
    made.git("config", "user.email", "person@example.org")
    return made


@pytest.fixture
def runner(tmp_path: Path, repository: Repository) -> Runner:
    """A machine with the repository checked out."""
    return Runner(tmp_path, repository)
