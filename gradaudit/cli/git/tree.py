"""A commit as a folder: its files' bytes, through no filter; the checkout and its index stay as they are."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from gradaudit.cli.git.place import GitError
from gradaudit.cli.git.program import command
from gradaudit.cli.git.repository import Repository
from gradaudit.errors import InputError, Location, Problem

MOST_FILES, MOST_BYTES = 200_000, 2 << 30
"""Of a tree that is copied: a monorepo's; its build products are seldom in git."""
UNTRACKED = ("*.csv", "*.tsv", "*.npz", "*.safetensors")
"""Data and weights that a spec names and git often ignores: taken from the working tree on both sides."""
_FILE, _EXECUTABLE, _LINK = "100644", "100755", "120000"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of a tree."""

    mode: str
    oid: str
    path: PurePosixPath


def export(repo: Repository, commit: str, target: Path, *, with_untracked: bool = False) -> Path:
    """The commit's tree in the folder `target`, and the place of the repository's folder in it.

    Submodules are left out, and links that lead out of the tree. Data that git does not track are linked from the
    working tree where asked for. Raises InputError where the tree is too large or cannot be read.
    """
    entries = [entry for entry in _tree(repo, commit) if _is_safe(entry.path)]
    sizes = _sizes(repo, entries)
    if len(entries) > MOST_FILES or sum(sizes) > MOST_BYTES:
        raise InputError(
            f"the tree of {commit[:12]} has more than {MOST_FILES:,} files or {MOST_BYTES >> 30} GiB: check it out "
            "beside this one and name two folders"
        )
    _write(repo, zip(entries, sizes, strict=True), target)
    if with_untracked:
        _link_untracked(repo, target)
    here = target / repo.inner
    here.mkdir(parents=True, exist_ok=True)  # it may be as new as what is in it
    return here


def _tree(repo: Repository, commit: str) -> Iterator[_Entry]:
    for line in repo.ask("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        meta, _, name = line.partition(b"\t")
        fields = meta.decode("ascii", "replace").split()
        if len(fields) == 3 and fields[1] == "blob":
            yield _Entry(fields[0], fields[2], PurePosixPath(os.fsdecode(name)))


def _sizes(repo: Repository, entries: Sequence[_Entry]) -> list[int]:
    """The size of each file's content. Raises GitError where a partial clone has none."""
    said = repo.ask("cat-file", "--batch-check", given="".join(f"{entry.oid}\n" for entry in entries).encode())
    sizes = []
    for entry, line in zip(entries, said.decode("ascii", "replace").splitlines(), strict=True):
        fields = line.split()
        if len(fields) != 3 or not fields[2].isdigit():
            raise _missing(entry)
        sizes.append(int(fields[2]))
    return sizes


def _is_safe(path: PurePosixPath) -> bool:
    """A hostile tree may name places outside itself; Windows has further ways to."""
    parts = path.parts
    odd = os.name == "nt" and any(character in part for part in parts for character in "\\:")
    return not path.is_absolute() and not odd and not any(p == ".." or p.lower() == ".git" for p in parts)


def _write(repo: Repository, entries: Iterable[tuple[_Entry, int]], target: Path) -> None:
    """All files through one `git cat-file`, which is asked for one at a time; links last, so that none is followed."""
    with subprocess.Popen(  # noqa: S603 - git, and the names of objects that git itself gave
        command("cat-file", "--batch"),
        cwd=target,
        env=repo.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as batch:
        assert batch.stdin is not None
        assert batch.stdout is not None
        for entry, size in sorted(entries, key=lambda pair: pair[0].mode == _LINK):
            batch.stdin.write(f"{entry.oid}\n".encode())
            batch.stdin.flush()
            batch.stdout.readline()
            content = batch.stdout.read(size + 1)
            if len(content) != size + 1:
                raise _missing(entry)
            _put(entry, content[:-1], target)
        batch.stdin.close()


def _missing(entry: _Entry) -> GitError:
    says = "git does not have its content; in a partial clone, fetch it first: git fetch --refetch --no-filter"
    return GitError(Problem(says, Location(str(entry.path))))


def _put(entry: _Entry, content: bytes, target: Path) -> None:
    file = target / entry.path
    file.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == _LINK:
        points_to = os.fsdecode(content)
        end = PurePosixPath(os.path.normpath(entry.path.parent / points_to))
        if os.name != "nt" and _is_safe(end):
            file.symlink_to(points_to)
    elif entry.mode in (_FILE, _EXECUTABLE):
        with file.open("wb") as stream:
            stream.write(content)


def _link_untracked(repo: Repository, target: Path) -> None:
    tracked = {str(entry.path) for entry in _tree(repo, "HEAD")}
    for name in _data(repo.top):
        file = target / name
        # what the commit has is the commit's, and what is tracked by now is new
        if name not in tracked and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                file.symlink_to(repo.top / name)
            except OSError:  # Windows without the right to make links
                shutil.copyfile(repo.top / name, file)


def _data(top: Path) -> Iterator[str]:
    """The data files of a working tree, by their names in it; other repositories in it are passed by."""
    for parent, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name != ".git" and not os.path.lexists(Path(parent, name, ".git"))]
        for name in (name for name in files if any(fnmatch(name, pattern) for pattern in UNTRACKED)):
            path = Path(parent, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(top).as_posix()
