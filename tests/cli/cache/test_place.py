"""Where the cache lies: beside the project, its key elsewhere; in CI never where a pull request could have put both."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.cli.cache import Store, usual_store


def test_the_key_lies_outside_of_the_project(tmp_path: Path) -> None:
    """A clone brings the folder, never the key."""
    found = usual_store(tmp_path / "project", {"XDG_CACHE_HOME": str(tmp_path / "home")})

    assert found == Store(tmp_path / "project" / ".gradaudit_cache", tmp_path / "home" / "gradaudit" / "key")


def test_a_relative_home_is_none(tmp_path: Path) -> None:
    """As the XDG specification has it; it would lie in the project."""
    found = usual_store(tmp_path, {"XDG_CACHE_HOME": "cache"})

    assert found is not None
    assert found.key_file == Path.home() / ".cache" / "gradaudit" / "key"


@pytest.mark.parametrize("named", ["here", "link"])
def test_in_ci_a_named_folder_in_the_workspace_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """It could have come with the pull request, key and all; on one's own machine it is one's own word."""
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    workspace.mkdir()
    (tmp_path / "link").symlink_to(workspace)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(workspace))
    place = workspace / "cache" if named == "here" else tmp_path / "link" / "cache"

    assert usual_store(workspace, {"CI": "true", "GRADAUDIT_CACHE_DIR": str(place)}) is None
    assert usual_store(workspace, {"GRADAUDIT_CACHE_DIR": str(place)}) == Store(place, place / "key")
    assert usual_store(workspace, {"CI": "true", "GRADAUDIT_CACHE_DIR": str(outside)}) == Store(
        outside, outside / "key"
    )
