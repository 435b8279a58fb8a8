"""A git revision as a folder: read with git's plumbing, which runs no hook and no filter of the repository."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from gradaudit.errors import InputError, Location, MissingLibraryError, Problem

MOST_FILES, MOST_BYTES = 200_000, 2 << 30
"""Of a tree that is copied: a monorepo's; its build products are seldom in git."""
UNTRACKED = ("*.csv", "*.tsv", "*.npz", "*.safetensors")
"""Data and weights that a spec names and git often ignores: taken from the working tree on both sides."""
_FILE, _EXECUTABLE, _LINK = "100644", "100755", "120000"


@dataclass(frozen=True, slots=True)
class Repository:
    """Where git's working tree begins, and the way from there to the working directory."""

    top: Path
    prefix: PurePosixPath


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file of a tree."""

    mode: str
    oid: str
    size: int
    path: PurePosixPath


def repository() -> Repository:
    """That of the working directory. Raises InputError where there is none."""
    top, prefix = (
        os.fsdecode(_git("rev-parse", option).removesuffix(b"\n")) for option in ("--show-toplevel", "--show-prefix")
    )
    return Repository(Path(top), PurePosixPath(prefix))


def commit_of(revision: str) -> str:
    """The full name of the commit. Raises InputError for what is no commit here."""
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except InputError:
        hint = ""
        with suppress(InputError):
            if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
                hint = "; this clone is shallow: fetch more of its history (actions/checkout: fetch-depth: 0)"
        raise InputError(f"'{revision}' is no commit of this repository{hint}") from None


def paths_in(repo: Repository, paths: Sequence[str]) -> tuple[str, ...]:
    """The paths relative to the working directory, so that they mean the same in an older tree.

    Raises InputError for one that leaves the repository.
    """
    return tuple(_relative(repo, path) for path in paths)


def _relative(repo: Repository, path: str) -> str:
    here = repo.top / repo.prefix
    given = path
    if Path(path).is_absolute():  # which may have come through links to where git says that the repository is
        given = os.path.relpath(Path(os.path.realpath(Path(path).parent), Path(path).name), here)
    inside = os.path.normpath(Path(repo.prefix, given))
    if Path(inside).is_absolute() or inside.split(os.sep, maxsplit=1)[0] == os.pardir:
        raise InputError(Problem(f"lies outside the repository {repo.top}", Location(path)))
    return given


def export(repo: Repository, commit: str, target: Path) -> Path:
    """The commit's tree in the folder `target`, and the place of the working directory in it.

    Submodules are left out, and links that lead out of the tree. Data that git does not track are linked from the
    working tree. Raises InputError where the tree is too large or cannot be read.
    """
    entries = [entry for entry in _tree(repo, commit) if _is_safe(entry.path)]
    if len(entries) > MOST_FILES or sum(entry.size for entry in entries) > MOST_BYTES:
        raise InputError(
            f"the tree of {commit[:12]} has more than {MOST_FILES:,} files or {MOST_BYTES >> 30} GiB: check it out "
            "beside this one and name two folders"
        )
    _write(repo, entries, target)
    _link_untracked(repo, target)
    here = target / repo.prefix
    here.mkdir(parents=True, exist_ok=True)
    return here


def _tree(repo: Repository, commit: str) -> Iterator[_Entry]:
    listed = _git("ls-tree", "-r", "-z", "--long", "--full-tree", commit, at=repo.top)
    for line in listed.split(b"\0"):
        meta, _, name = line.partition(b"\t")
        fields = meta.decode().split()
        if len(fields) == 4 and fields[1] == "blob":
            path = PurePosixPath(os.fsdecode(name))
            yield _Entry(fields[0], fields[2], int(fields[3]), path)


def _is_safe(path: PurePosixPath) -> bool:
    """A hostile tree may name places outside itself; Windows has further ways to."""
    parts = path.parts
    odd = os.name == "nt" and any(character in part for part in parts for character in "\\:")
    return not path.is_absolute() and not odd and not any(p == ".." or p.lower() == ".git" for p in parts)


def _write(repo: Repository, entries: Sequence[_Entry], target: Path) -> None:
    """All files through one `git cat-file`, which is asked for one at a time; links last, so that none is followed."""
    command = [_program(), "-C", str(repo.top), "cat-file", "--batch"]
    with subprocess.Popen(  # noqa: S603  git, and the names of objects that git itself gave
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    ) as batch:
        assert batch.stdin is not None
        assert batch.stdout is not None
        for entry in sorted(entries, key=lambda entry: entry.mode == _LINK):
            batch.stdin.write(f"{entry.oid}\n".encode())
            batch.stdin.flush()
            _put(entry, _blob(batch.stdout, entry), target)
        batch.stdin.close()


def _blob(stream: IO[bytes], entry: _Entry) -> bytes:
    header = stream.readline().split()
    content = stream.read(entry.size + 1)[:-1] if len(header) == 3 else b""
    if len(header) != 3 or len(content) != entry.size:
        raise InputError(Problem("git does not give its content; a partial clone must fetch it first", _at(entry)))
    return content


def _at(entry: _Entry) -> Location:
    return Location(str(entry.path))


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
    listed = _git("ls-files", "--others", "-z", "--", *UNTRACKED, at=repo.top)
    for name in filter(None, listed.split(b"\0")):
        path = PurePosixPath(os.fsdecode(name))
        source, file = repo.top / path, target / path
        # what is no regular file is left alone, and what the commit has is the commit's
        if _is_safe(path) and stat.S_ISREG(source.stat(follow_symlinks=False).st_mode) and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                file.symlink_to(source)
            except OSError:  # Windows without the right to make links
                shutil.copyfile(source, file)


def _program() -> str:
    found = shutil.which("git")
    if found is None:
        raise MissingLibraryError("a revision needs git, and there is no git on the PATH")
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _git(*arguments: str, at: Path | None = None) -> bytes:
    """What git prints. Raises InputError with its own first line of complaint."""
    where = ["-C", str(at)] if at else []
    command = [_program(), *where, "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603  a list of arguments, a revision behind --end-of-options
            command, capture_output=True, check=False, env=_environment(), stdin=subprocess.DEVNULL
        )
    except (OSError, ValueError) as error:
        raise InputError(f"git cannot be run: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0] or f"git {arguments[0]} failed"
        raise InputError(said.removeprefix("fatal: "))
    return done.stdout
