"""Where input files may lie: anywhere on a person's own machine, in the workspace where the job is a CI's.

What a CI job audits may be a stranger's pull request, and its log may be public: a link, or a path in a spec, that
leads out of the workspace would show the runner's own files in messages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ALLOW = "GRADAUDIT_OUTSIDE_FILES"
"""The variable that lets links and the paths in specs lead out of the workspace; the Action's `outside-files`."""
WORKSPACE = "GRADAUDIT_WORKSPACE"
"""The variable that names other workspaces than the CI's own variables do, with `:` between them (`;` on Windows)."""
_NAMES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
_OFF, _ON = ("", "0", "false"), ("1", "true")


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this is a job of a CI system, which all of them say in `CI`."""
    return environment.get("CI", "").lower() not in _OFF


def fault_of_link(path: str) -> str | None:
    """Why a file may not be opened: in CI, one under the workspace that is really elsewhere; None where it may.

    What a caller names outside of it is the caller's word; there, links may lead nowhere but into its own folder.
    """
    places = _workspaces()
    if places is None:
        return None
    spelled = Path(os.path.abspath(path))  # noqa: PTH100  as spelled: no link is followed
    around = () if any(map(spelled.is_relative_to, places)) else (Path(os.path.realpath(spelled.parent)),)
    return _fault("is a link, or below one,", path, (*places, *around))


def fault_of_named(path: str, folder: str) -> str | None:
    """Why a file that a spec in `folder` names may not be read: in CI, one outside the workspace and the folder."""
    places = _workspaces()
    return None if places is None else _fault("is a path", path, (*places, Path(os.path.realpath(folder))))


def is_in_workspace(path: Path) -> bool:
    """Whether a path leads into what the job audits, whatever may be read."""
    return any(Path(os.path.realpath(path)).is_relative_to(place) for place in _places())


@contextmanager
def widened(*folders: Path) -> Iterator[None]:
    """These folders count as the workspace too, here and in processes that are started meanwhile."""
    before = os.environ.get(WORKSPACE)
    os.environ[WORKSPACE] = os.pathsep.join(map(str, (*(_workspaces() or ()), *folders)))
    try:
        yield
    finally:
        if before is None:
            del os.environ[WORKSPACE]
        else:
            os.environ[WORKSPACE] = before


def _fault(what: str, path: str, places: tuple[Path, ...]) -> str | None:
    if any(Path(os.path.realpath(path)).is_relative_to(place) for place in places):
        return None
    return f"{what} that leads out of the workspace, which is refused in CI; {ALLOW}=1 (outside-files: true) allows it"


def _workspaces() -> tuple[Path, ...] | None:
    """The workspaces, without links in their names; None where files may lie anywhere."""
    if not is_ci(os.environ) or os.environ.get(ALLOW, "").lower() in _ON:
        return None
    return _places()


def _places() -> tuple[Path, ...]:
    """Those that the variables name, else the checkout."""
    said = [name for name in os.environ.get(WORKSPACE, "").split(os.pathsep) if name]
    named = said or [os.environ[name] for name in _NAMES if os.environ.get(name)][:1]
    return tuple(Path(os.path.realpath(name)) for name in named or (_checkout(Path.cwd()),))


def _checkout(folder: Path) -> Path:
    """The git checkout around the folder, which nothing that is checked in can fake; else the folder itself."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
