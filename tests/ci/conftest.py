"""A machine and a repository for the tests of the action."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ci.stand_in import Repository, Runner, made


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository."""
    return made(tmp_path / "work space")


@pytest.fixture
def runner(tmp_path: Path, repository: Repository) -> Runner:
    """A machine with the repository checked out."""
    return Runner(tmp_path, repository)
