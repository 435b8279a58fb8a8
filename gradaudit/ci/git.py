"""What git knows of the checkout, by its plumbing commands: no hook, no external program and no prompt is run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_QUICK, _SLOW = 60, 180
"""Seconds that a question, and an export or a fetch, may take."""
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


class GitError(Exception):
    """Git is missing, refused, or took too long; the message says which."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs between two commits; paths are relative to the repository, with `/`."""

    path: str
    """Its name now; empty where it was deleted."""
    old: str
    """Its name before; empty where it is new."""


@dataclass(frozen=True, slots=True)
class Git:
    """A repository, seen from a folder inside it."""

    folder: Path
    prefix: str = ""
    """The folder, relative to the repository's own, with a `/` at the end; empty at its top."""

    def has(self, commit: str) -> bool:
        """Whether the commit is at hand."""
        try:
            self._ask("cat-file", "-e", f"{commit}^{{tree}}")
        except GitError:
            return False
        return True

    def fetch(self, commit: str) -> bool:
        """Ask the origin for one commit without its history; False where it does not give it."""
        try:
            self._ask("fetch", "--quiet", "--no-tags", "--depth=1", "origin", commit, timeout=_SLOW)
        except GitError:
            return False
        return self.has(commit)

    def parents(self) -> tuple[str, ...]:
        """The parents of what is checked out, as it names them: in a shallow clone they may be missing."""
        header = self._ask("cat-file", "commit", "HEAD").partition(b"\n\n")[0]
        lines = header.decode("ascii", "replace").splitlines()
        return tuple(line.removeprefix("parent ") for line in lines if line.startswith("parent "))

    def merge_base(self, commit: str) -> str:
        """Where HEAD and the commit parted; empty where the history at hand does not tell."""
        try:
            return self._ask("merge-base", commit, "HEAD").decode("ascii", "replace").strip()
        except GitError:
            return ""

    def changes(self, base: str) -> tuple[Change, ...]:
        """The files that differ between the base and HEAD. Raises GitError."""
        return parse_changes(
            self._ask("diff-tree", "-r", "-z", "-M", "--no-ext-diff", "--no-textconv", "--name-status", base, "HEAD")
        )

    def export(self, commit: str, folder: Path) -> None:
        """Write the commit's files into the empty folder; the checkout and its index stay as they are."""
        # Large files are not asked for: their server would want a token, and without them all else can be written.
        index = {"GIT_INDEX_FILE": str(folder.with_name(f"{folder.name}.index")), "GIT_LFS_SKIP_SMUDGE": "1"}
        top = self._ask("rev-parse", "--show-toplevel").decode(errors="surrogateescape").removesuffix("\n")
        whole = Git(Path(top))
        whole._ask("read-tree", commit, environment=index)
        whole._ask("checkout-index", "--all", "--force", f"--prefix={folder}{os.sep}", environment=index, timeout=_SLOW)

    def _ask(self, *arguments: str, environment: Mapping[str, str] | None = None, timeout: int = _QUICK) -> bytes:
        """What git answers. Raises GitError."""
        # A container's user is often not the one that the checkout belongs to, which git would refuse.
        command = ["git", "-c", "safe.directory=*", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - whole arguments, and no shell
                command,
                cwd=self.folder,
                env={**os.environ, **_QUIET, **(environment or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError as error:
            raise GitError("git is not installed") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(f"git {arguments[0]} took more than {timeout} seconds") from error
        if done.returncode:
            raise GitError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout


def repository(folder: Path) -> Git | None:
    """The repository around a folder; None where there is none, or no git."""
    try:
        prefix = Git(folder)._ask("rev-parse", "--show-prefix")  # noqa: SLF001 - this makes one
    except GitError:
        return None
    return Git(folder, os.fsdecode(prefix).removesuffix("\n"))


def parse_changes(listing: bytes) -> tuple[Change, ...]:
    """`git diff --name-status -z`: any byte but NUL may stand in a name."""
    fields = iter(os.fsdecode(listing).split("\0"))
    found = []
    for status in fields:
        if not status:
            break
        first = next(fields)
        if status[0] in "RC":
            found.append(Change(next(fields), first))
        else:
            found.append(Change("" if status == "D" else first, "" if status == "A" else first))
    return tuple(found)
