"""A git revision as a folder: hostile names and trees, and what belongs to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradaudit.cli.git.repository import Repository, find_repository
from gradaudit.cli.git.tree import export
from gradaudit.errors import InputError

GIT = ("git", "-c", "user.name=n", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
ODD = ("$(touch x).yaml", "a b\n::error::.yaml", "-rf.yaml", "ü\udce4.yaml", "`id`.yaml")


def git(*arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in the working directory."""
    return subprocess.run([*GIT, *arguments], check=True, capture_output=True, input=stdin).stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    (here := tmp_path / "here").mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def repo(folder: Path) -> Path:
    """Empty, with nothing committed."""
    git("init", "-q")
    return folder


def repository() -> Repository:
    """That of the working directory."""
    return find_repository(Path.cwd())


def exported_head(target: Path) -> Path:
    """What is checked out, written into the folder."""
    return export(repository(), repository().commit_of("HEAD"), target)


def exported(target: Path) -> dict[str, bytes]:
    """What stands in the folder: path → content, of a link where it leads."""
    files = [path for path in sorted(target.rglob("*")) if path.is_symlink() or path.is_file()]
    return {
        path.relative_to(target).as_posix(): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in files
    }


def test_a_tree_is_copied_byte_for_byte(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the names and the attributes; nothing of the repository runs."""
    names = [name for name in ODD if sys.platform not in ("win32", "darwin") or name.isascii()]
    for name in names:
        (repo / name).write_bytes(name.encode("utf-8", "surrogateescape") + b"\r\n$Id$\n")
    (repo / ".gitattributes").write_text("* text eol=lf ident\n*.yaml export-ignore filter=evil\n")
    git("config", "filter.evil.smudge", "touch ran")
    git("config", "core.autocrlf", "false")
    git("-c", "core.attributesFile=/dev/null", "add", "-A")
    git("commit", "-qm", "odd")
    target = tmp_path_factory.mktemp("tree")

    here = exported_head(target)

    assert here == target
    assert set(exported(target)) == {*names, ".gitattributes"}
    assert not (repo / "ran").exists()
    assert not (target / "x").exists()


def tree_with(*lines: str) -> str:
    """A commit of a tree that git would not make, from `ls-tree` lines."""
    blob = git("hash-object", "-w", "--stdin", stdin=b"layers: [1, 1]\n").decode().strip()
    raw = b"".join(
        f"{line.split(' ', 1)[0]} {line.split(' ', 1)[1]}".encode() + b"\0" + bytes.fromhex(blob) for line in lines
    )
    tree = git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw).decode().strip()
    return git("commit-tree", tree, "-m", "hostile").decode().strip()


def test_a_hostile_tree_stays_inside(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Names that lead out of it, or into .git, are left out."""
    commit = tree_with("100644 ..", "100644 .GIT", "100644 ../out.yaml", "100644 a.yaml")
    target = tmp_path_factory.mktemp("outer") / "tree"
    target.mkdir()

    export(repository(), commit, target)

    assert set(exported(target.parent)) == {"tree/a.yaml"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_that_stay_inside_are_kept(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Others are left out."""
    (repo / "sub").mkdir()
    (repo / "a.yaml").write_text("layers: [1, 1]\n")
    for name, end in (("sub/in.yaml", "../a.yaml"), ("out.yaml", "../../etc/passwd"), ("abs.yaml", "/etc/passwd")):
        (repo / name).symlink_to(end)
    git("add", "-A")
    git("commit", "-qm", "links")
    target = tmp_path_factory.mktemp("tree")

    exported_head(target)

    assert exported(target) == {"a.yaml": b"layers: [1, 1]\n", "sub/in.yaml": b"../a.yaml"}


def test_a_tree_that_is_too_large_is_refused(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before anything is written."""
    (repo / "a.yaml").write_text("layers: [1, 1]\n" * 10)
    git("add", "-A")
    git("commit", "-qm", "large")
    monkeypatch.setattr("gradaudit.cli.git.tree.MOST_BYTES", 100)
    (target := tmp_path / "target").mkdir()

    with pytest.raises(InputError, match="check it out"):
        exported_head(target)
    assert exported(target) == {}


@pytest.mark.parametrize("revision", ["", "--help", "--all", "HEAD~9", "HEAD:a.yaml", "@{upstream}", "a..b", "\n", "-"])
def test_what_is_no_commit_is_refused(repo: Path, revision: str) -> None:
    """Nor is it taken for an option of git."""
    (repo / "a.yaml").write_text("layers: [1, 1]\n")
    git("add", "-A")
    git("commit", "-qm", "first")

    with pytest.raises(InputError, match="is no commit of this repository"):
        repository().commit_of(revision)


def test_a_shallow_clone_is_named_as_the_cause(repo: Path, tmp_path_factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the runners of continuous integration make them."""
    for k in range(2):
        (repo / "a.yaml").write_text(f"{k}")
        git("add", "-A")
        git("commit", "-qm", f"{k}")
    clone = tmp_path_factory.mktemp("clone")
    git("clone", "-q", "--depth", "1", repo.as_uri(), str(clone))
    monkeypatch.chdir(clone)

    with pytest.raises(InputError, match="fetch-depth: 0"):
        repository().commit_of("HEAD~1")


def test_paths_are_the_working_directory_s(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to it even where they are absolute, and inside the repository."""
    (repo / "sub").mkdir()
    monkeypatch.chdir(repo / "sub")
    repo_here = repository()

    assert repo_here.prefix == "sub/"
    assert repo_here.paths_in((".", "..", "../a.yaml", str(repo / "sub/b.yaml"))) == (".", "..", "../a.yaml", "b.yaml")
    for outside in ("../..", "../../x", "/etc"):
        with pytest.raises(InputError, match="outside the repository"):
            repo_here.paths_in((outside,))
