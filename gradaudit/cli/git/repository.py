"""The repository around a folder: its commits, asked of git by plumbing on a stand-in."""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from gradaudit.cli.git import program, stand_in
from gradaudit.cli.git.place import CheckoutPlace, GitError, find_place
from gradaudit.cli.git.stand_in import origin
from gradaudit.errors import InputError, Location, Problem


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs between two commits; paths are relative to the repository, with `/`."""

    path: str
    """Its name now; empty where it was deleted."""
    old: str
    """Its name before; empty where it is new."""


def parse_changes(listing: bytes) -> tuple[FileChange, ...]:
    """`git diff --name-status -z`: any byte but NUL may stand in a name."""
    fields = iter(os.fsdecode(listing).split("\0"))
    found = []
    for status in fields:
        if not status:
            break
        first = next(fields)
        if status[0] in "RC":
            found.append(FileChange(next(fields), first))
        else:
            found.append(FileChange("" if status == "D" else first, "" if status == "A" else first))
    return tuple(found)


def find_repository(folder: Path) -> Repository:
    """The repository around the folder. Raises GitError where there is none, and no git."""
    here = Path(os.path.realpath(folder))
    place = find_place(here)
    if place is None:
        raise GitError(f"'{folder}' is not in a git repository")
    return Repository(place, here)


class Repository:
    """A repository seen from a folder inside it; nothing of it is changed, but for objects that a fetch adds."""

    def __init__(self, place: CheckoutPlace, folder: Path) -> None:
        self.top = place.top
        """Where the working tree begins."""
        self.inner = PurePosixPath(folder.relative_to(place.top).as_posix())
        """The way from there to the folder."""
        self._place = place
        self._stand_in = Path(mkdtemp(prefix="gradaudit-git-"))
        weakref.finalize(self, shutil.rmtree, self._stand_in, ignore_errors=True)
        stand_in.build_stand_in(place, self._stand_in)

    @property
    def prefix(self) -> str:
        """The way to the folder with a `/` at the end; empty at the top."""
        return "" if self.inner == PurePosixPath() else f"{self.inner}/"

    def has(self, commit: str) -> bool:
        """Whether the commit is at hand."""
        with suppress(GitError):
            self.ask("cat-file", "-e", f"{commit}^{{tree}}")
            return True
        return False

    def commit_of(self, revision: str) -> str:
        """The full name of the commit. Raises GitError for what is no commit here."""
        try:
            words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            return self.ask(*words).decode("ascii", "replace").strip()
        except GitError as error:
            hint = ""
            if (self._stand_in / "shallow").exists():
                hint = "; this clone is shallow: fetch more of its history (actions/checkout: fetch-depth: 0)"
            raise GitError(f"'{revision}' is no commit of this repository{hint}") from error

    def parents(self) -> tuple[str, ...]:
        """The parents of what is checked out, as it names them: in a shallow clone they may be missing."""
        header = self.ask("cat-file", "commit", "HEAD").partition(b"\n\n")[0]
        lines = header.decode("ascii", "replace").splitlines()
        return tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent "))

    def merge_base(self, commit: str) -> str:
        """Where HEAD and the commit parted; empty where the history at hand does not tell."""
        with suppress(GitError):
            return self.ask("merge-base", commit, "HEAD").decode("ascii", "replace").strip()
        return ""

    def changes(self, base: str) -> tuple[FileChange, ...]:
        """The files that differ between the base and HEAD. Raises GitError."""
        options = ("-r", "-z", "-M", "--no-ext-diff", "--no-textconv", "--name-status")
        return parse_changes(self.ask("diff-tree", *options, base, "HEAD"))

    def fetch(self, commit: str) -> bool:
        """Ask the origin for one commit without its history; False where it does not give it.

        Its address, and what checkout actions leave in the settings to be let in, are all that is read of these.
        """
        with suppress(GitError):
            url, variables = origin(self._place, self._stand_in)
            words = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", "--depth=1")
            variables = {**self.environment(network=True), **variables}
            program.ask((*words, url, commit), self._stand_in, variables, timeout=program.SLOW)
        return self.has(commit)

    def paths_in(self, paths: Sequence[str]) -> tuple[str, ...]:
        """The paths relative to the folder, so that they mean the same in an older tree.

        Raises InputError for one that leaves the repository.
        """
        return tuple(self._relative(path) for path in paths)

    def _relative(self, path: str) -> str:
        given = path
        if Path(path).is_absolute():  # which may have come through links to where the repository is
            given = os.path.relpath(Path(os.path.realpath(Path(path).parent), Path(path).name), self.top / self.inner)
        inside = os.path.normpath(Path(self.inner, given))
        if Path(inside).is_absolute() or inside.split(os.sep, maxsplit=1)[0] == os.pardir:
            raise InputError(Problem(f"lies outside the repository {self.top}", Location(path)))
        return given

    def ask(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git answers, `given` being its standard input. Raises GitError."""
        return program.ask(arguments, self._stand_in, self.environment(), given)

    def environment(self, *, network: bool = False) -> dict[str, str]:
        """The environment that git runs in."""
        return program.environment(self._stand_in, self._place.common.absolute() / "objects", network=network)
