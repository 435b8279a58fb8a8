"""What git says of changes, whatever their names, and a fetch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradaudit.cli.git.place import GitError
from gradaudit.cli.git.repository import FileChange, find_repository, parse_changes
from gradaudit.cli.git.repository import Repository as Seen
from gradaudit.cli.git.tree import export
from tests.ci.stand_in import Repository, made

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository."""
    return made(tmp_path / "work space")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a machine may be busy
@given(st.lists(st.tuples(st.sampled_from("AMDTR"), names, names)))
def test_any_name_is_read_back(changes: list[tuple[str, str, str]]) -> None:
    """Tabs, line feeds, quotes and the like in names are parts of names."""
    fields = [field for kind, a, b in changes for field in ([f"{kind}090", a, b] if kind == "R" else [kind, a])]
    expected = {
        "A": lambda a, _: FileChange(a, ""),
        "D": lambda a, _: FileChange("", a),
        "M": lambda a, _: FileChange(a, a),
        "T": lambda a, _: FileChange(a, a),
        "R": lambda a, b: FileChange(b, a),
    }

    listing = "".join(f"{field}\0" for field in fields).encode()

    assert parse_changes(listing) == tuple(expected[kind](a, b) for kind, a, b in changes)


def test_real_changes(repository: Repository) -> None:
    """Added, changed, deleted and renamed files, seen from a folder inside the repository."""
    base = repository.commit({"a.yaml": "a\n" * 9, "b.yaml": "b\n" * 9, "c.yaml": "c\n" * 9, "sub/x": "x"})
    repository.rename("a.yaml", 'sub/a "1"\n.yaml')
    repository.commit({"b.yaml": None, "c.yaml": "d\n", "d.yaml": "new\n"})

    git = seen(repository.folder / "sub")

    assert git.prefix == "sub/"
    assert set(git.changes(base)) == {
        FileChange('sub/a "1"\n.yaml', "a.yaml"),
        FileChange("", "b.yaml"),
        FileChange("c.yaml", "c.yaml"),
        FileChange("d.yaml", ""),
    }


def test_an_export_leaves_the_checkout_alone(repository: Repository, tmp_path: Path) -> None:
    """Neither the files nor the index of the checkout change, and no hook runs."""
    base = repository.commit({"a/net.yaml": "before", "gone.yaml": "x", ".gitattributes": "* export-ignore\n"})
    repository.commit({"a/net.yaml": "after", "gone.yaml": None})
    hook = repository.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    (repository.folder / "a" / "net.yaml").write_text("not committed")
    tree = tmp_path / "a tree"
    tree.mkdir()

    export(seen(repository.folder / "a"), base, tree)

    assert (tree / "a" / "net.yaml").read_text() == "before"
    assert (tree / "gone.yaml").is_file()
    assert repository.git("status", "--porcelain").strip() == "M a/net.yaml"
    assert not (repository.folder / "ran").exists()


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is none, a broken one, and a machine without git are each told."""
    with pytest.raises(GitError, match="is not in a git repository"):
        find_repository(tmp_path)
    (tmp_path / ".git").write_text("nothing")
    with pytest.raises(GitError, match="is no repository of git"):
        find_repository(tmp_path)
    (tmp_path / ".git").unlink()
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="no git on the PATH"):
        find_repository(tmp_path)


def test_an_unknown_commit(repository: Repository) -> None:
    """It is not at hand, the origin does not give it, and asking for its changes is an error in words."""
    repository.commit({"a": "a"})
    git = seen(repository.folder)

    assert not git.has("1" * 40)
    assert not git.fetch("1" * 40)
    with pytest.raises(GitError, match="diff-tree"):
        git.changes("1" * 40)


def seen(folder: Path) -> Seen:
    """The repository, from there."""
    return find_repository(folder)


def test_an_undecodable_name() -> None:
    """Bytes that are no UTF-8 come back as the same bytes."""
    (change,) = parse_changes(b"M\0n\xff.yaml\0")

    assert os.fsencode(change.path) == b"n\xff.yaml"
