"""Git's program: found, and started on a stand-in for the repository, in an environment without anything of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gradaudit.cli.git.place import GitError

QUICK, SLOW = 60, 180
"""Seconds that a question, and an export or a fetch, may take."""
PASSED_ON = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR")
"""All that a question needs of our environment."""
NETWORK = tuple(
    name
    for each in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")
    for name in (each, each.upper())
)
"""What a fetch needs besides."""
_SETTINGS = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:http:https",
    "LC_ALL": "C",
}
_OPTIONS = (
    *("-c", "safe.bareRepository=explicit"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.alternateRefsCommand=:"),
)
"""The stand-in has none of these; they hold where git looks into other repositories for itself."""


def command(*arguments: str) -> list[str]:
    """The words that start git. Raises GitError where there is none."""
    return [_program(), *_OPTIONS, *arguments]


def environment(git_dir: Path, objects: Path, *, network: bool = False) -> dict[str, str]:
    """What git is to see: the stand-in, the repository's objects, and the little of our environment that it needs."""
    names = (*PASSED_ON, *NETWORK) if network else PASSED_ON
    ours = {name: os.environ[name] for name in names if name in os.environ}
    return {**ours, **_SETTINGS, "GIT_DIR": str(git_dir), "GIT_OBJECT_DIRECTORY": str(objects)}


def ask(
    arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str], given: bytes = b"", timeout: int = QUICK
) -> bytes:
    """What git prints, `given` being its standard input. Raises GitError with its first line of complaint."""
    try:
        done = subprocess.run(  # noqa: S603 - whole arguments, and no shell
            command(*arguments),
            cwd=folder,
            env=dict(variables),
            input=given,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took more than {timeout} seconds") from None
    except (OSError, ValueError) as error:
        raise GitError(f"git cannot be run: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0].removeprefix("fatal: ")
        raise GitError(f"git {arguments[0]}: {said or 'failed'}")
    return done.stdout


def pairs(listing: bytes) -> list[tuple[str, str]]:
    """Keys and values of `git config --null --list`."""
    parts = (each.partition("\n") for each in listing.decode("utf-8", "surrogateescape").split("\0") if each)
    return [(key, value) for key, _, value in parts]


def _program() -> str:
    """Git by its whole path: not one that lies in the folder at hand, where Windows would look first."""
    found = shutil.which("git")
    if found is None or not Path(found).is_absolute():
        raise GitError("there is no git on the PATH")
    return found
