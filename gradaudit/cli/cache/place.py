"""Where the cache lies, and where the key that vouches for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gradaudit.cli.cache.store import Store
from gradaudit.files.workspace import is_ci, is_in_workspace

FOLDER = ".gradaudit_cache"
NAMED = "GRADAUDIT_CACHE_DIR"
"""The variable that names another folder, which holds its key too: the Action's, kept from run to run."""


def usual_store(folder: Path, environment: Mapping[str, str]) -> Store | None:
    """The cache of a project in the folder; None where there is no place that can be trusted.

    A named folder inside of what CI audits could have come with a pull request, its key beside it.
    """
    if named := environment.get(NAMED):
        place = Path(os.path.abspath(named))  # noqa: PTH100 - no link followed: a linked folder is no cache
        return None if is_ci(environment) and is_in_workspace(place) else Store(place, place / "key")
    home = _user_folder(environment)
    return None if home is None else Store(Path(os.path.abspath(folder)) / FOLDER, home / "gradaudit" / "key")  # noqa: PTH100


def _user_folder(environment: Mapping[str, str]) -> Path | None:
    """Where programs keep what is this person's and can be made again."""
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        if os.path.isabs(environment.get(variable, "")):  # noqa: PTH117
            return Path(environment[variable])
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # a person without a home
        return None
