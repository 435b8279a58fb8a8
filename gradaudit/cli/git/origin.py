"""Where the repository was cloned from, and what lets us in there: all that a fetch reads of the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from gradaudit.cli.git.place import CheckoutPlace
from gradaudit.cli.git.program import GitError, ask, environment, pairs

_TAKEN = re.compile(r"http\.(.*\.)?(extraheader|sslcainfo|sslcapath|proxy)", re.DOTALL)
"""actions/checkout leaves its token in such a header."""


def origin(place: CheckoutPlace, folder: Path) -> tuple[str, Mapping[str, str]]:
    """The address, and the settings that go with it as git's environment holds them. Raises GitError where none is."""
    url, taken = "", list[tuple[str, str]]()
    for key, value in _settings(place, folder):
        if key == "remote.origin.url":
            url = value
        elif _TAKEN.fullmatch(key):
            taken.append((key, value))
    if not url or url.startswith("-"):
        raise GitError("there is no origin to fetch from")
    variables = {"GIT_CONFIG_COUNT": str(len(taken))}
    for number, (key, value) in enumerate(taken):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return url, variables


def _settings(place: CheckoutPlace, folder: Path) -> list[tuple[str, str]]:
    """With those that the settings include, as actions/checkout has them include a file with its token.

    Listing them runs nothing.
    """
    variables = {**environment(folder, folder / "objects"), "GIT_DIR": str(place.own)}
    return pairs(ask(("config", "--local", "--includes", "--null", "--list"), folder, variables))
