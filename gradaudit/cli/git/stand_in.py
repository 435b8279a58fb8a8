"""A folder that stands for the repository's own: its HEAD and its branches, and none of its settings.

Dozens of git's settings name programs (core.fsmonitor, core.sshCommand, core.alternateRefsCommand, filter.*.smudge,
diff.*.command, remote.*.uploadpack, …), and each version may add some. What git runs on here has a settings file of our
own making, with the few that only name things.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from gradaudit.cli.git.place import CheckoutPlace, GitError
from gradaudit.cli.git.program import ask, command, environment, pairs
from gradaudit.errors import short_reason

_COPIED = ("HEAD", "shallow")
_LINKED = ("refs", "packed-refs", "reftable", "logs")
_TAKEN = re.compile(r"extensions\.(objectformat|refstorage)|branch\..*\.(remote|merge)|remote\..*\.fetch", re.DOTALL)
"""The settings that are taken over: how objects and branches are stored, and what `@{upstream}` stands for."""


def build_stand_in(place: CheckoutPlace, folder: Path) -> None:
    """Fill the empty folder. Raises GitError where the repository cannot be read, or there is no git."""
    command()
    try:
        (folder / "objects").mkdir()
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 1\n\tbare = true\n", encoding="utf-8")
        for name in _COPIED:
            source = (place.own if name == "HEAD" else place.common) / name
            if source.exists():
                shutil.copyfile(source, folder / name)
        for name in _LINKED:
            _link((place.common / name).absolute(), folder / name)
    except OSError as error:
        raise GitError(f"the repository '{place.top}' cannot be read: {short_reason(error)}") from None
    with (folder / "config").open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(_settings(place, folder))


def _link(source: Path, link: Path) -> None:
    if not source.exists():
        return
    try:
        link.symlink_to(source)
    except OSError:  # Windows without the right to make links
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, link)


def _settings(place: CheckoutPlace, folder: Path) -> Iterator[str]:
    """Lines of a settings file, those of the repository's own that may be taken over. Raises GitError."""
    file = place.common / "config"
    for key, value in _listed(file, folder) if file.exists() else ():
        if _TAKEN.fullmatch(key):
            section, _, name = key.rpartition(".")
            kind, dot, inner = section.partition(".")
            yield f'[{kind} "{_escaped(inner)}"]\n' if dot else f"[{kind}]\n"
            yield f'\t{name} = "{_escaped(value)}"\n'


def _listed(file: Path, folder: Path) -> list[tuple[str, str]]:
    """The settings in a file, in order: reading them runs nothing, and follows no include. Raises GitError."""
    arguments = ("config", "--file", str(file.absolute()), "--no-includes", "--null", "--list")
    return pairs(ask(arguments, folder, environment(folder, folder / "objects")))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


_FOR_A_FETCH = re.compile(r"http\.(.*\.)?(extraheader|sslcainfo|sslcapath|proxy)", re.DOTALL)
"""actions/checkout leaves its token in such a header."""


def origin(place: CheckoutPlace, folder: Path) -> tuple[str, Mapping[str, str]]:
    """The address, and the settings that go with it as git's environment holds them. Raises GitError where none is."""
    url, taken = "", list[tuple[str, str]]()
    for key, value in _own_settings(place, folder):
        if key == "remote.origin.url":
            url = value
        elif _FOR_A_FETCH.fullmatch(key):
            taken.append((key, value))
    if not url or url.startswith("-"):
        raise GitError("there is no origin to fetch from")
    variables = {"GIT_CONFIG_COUNT": str(len(taken))}
    for number, (key, value) in enumerate(taken):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return url, variables


def _own_settings(place: CheckoutPlace, folder: Path) -> list[tuple[str, str]]:
    """The settings, those included that they name, as actions/checkout has them include a file with its token.

    Listing them runs nothing.
    """
    variables = {**environment(folder, folder / "objects"), "GIT_DIR": str(place.own)}
    return pairs(ask(("config", "--local", "--includes", "--null", "--list"), folder, variables))
