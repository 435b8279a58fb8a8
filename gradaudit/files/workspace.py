"""Where input files may lie: anywhere on a person's own machine, in the workspace where the job is a CI's.

What a CI job audits may be a stranger's pull request, and its log may be public: a link, or a path in a spec, that
leads out of the workspace would show the runner's own files in messages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

ALLOW = "GRADAUDIT_OUTSIDE_FILES"
"""The variable that lets links and the paths in specs lead out of the workspace; the Action's `outside-files`."""
WORKSPACE = "GRADAUDIT_WORKSPACE"
"""The variable that names another workspace than the CI's own variables do."""
_NAMES = (WORKSPACE, "GITHUB_WORKSPACE", "CI_PROJECT_DIR")
_OFF = ("", "0", "false")


def is_ci(environment: Mapping[str, str]) -> bool:
    """Whether this is a job of a CI system, which all of them say in `CI`."""
    return environment.get("CI", "").lower() not in _OFF


def fault_of_link(path: str) -> str | None:
    """Why a file may not be opened: in CI, one under the workspace that is really elsewhere; None where it may.

    What a caller names outside of it is the caller's word; there, links may lead nowhere but into its own folder.
    """
    workspace = _workspace()
    if workspace is None:
        return None
    spelled = Path(os.path.abspath(path))  # noqa: PTH100  as spelled: no link is followed
    around = () if spelled.is_relative_to(workspace) else (Path(os.path.realpath(spelled.parent)),)
    return _fault("is a link, or below one,", path, (workspace, *around))


def fault_of_named(path: str, folder: str) -> str | None:
    """Why a file that a spec in `folder` names may not be read: in CI, one outside the workspace and the folder."""
    workspace = _workspace()
    return None if workspace is None else _fault("is a path", path, (workspace, Path(os.path.realpath(folder))))


def _fault(what: str, path: str, places: tuple[Path, ...]) -> str | None:
    if any(Path(os.path.realpath(path)).is_relative_to(place) for place in places):
        return None
    return f"{what} that leads out of the workspace, which is refused in CI; {ALLOW}=1 (outside-files: true) allows it"


def _workspace() -> Path | None:
    """The workspace, without links in its name; None where files may lie anywhere."""
    if not is_ci(os.environ) or os.environ.get(ALLOW, "").lower() not in _OFF:
        return None
    return Path(os.path.realpath(next(_named(), None) or _checkout(Path.cwd())))


def _named() -> Iterator[str]:
    return (os.environ[name] for name in _NAMES if os.environ.get(name))


def _checkout(folder: Path) -> Path:
    """The git checkout around the folder, which nothing that is checked in can fake; else the folder itself."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
