"""The system's text library that a PDF stands on: looked for, and installed where the runner lets us."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

Run = Callable[[tuple[str, ...], Mapping[str, str]], bool]
"""Runs a command in an environment and says whether it ended well."""

DEBIAN = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
_APT = ("apt-get", "--yes", "--quiet", "--no-install-recommends", "install", *DEBIAN)
_RECIPES: dict[str, tuple[tuple[str, ...], ...]] = {
    "linux": (_APT, ("apt-get", "--quiet", "update"), _APT),  # again with new lists, where the old ones are too old
    "darwin": (("brew", "install", "--quiet", "pango"),),
    "win32": ((r"C:\msys64\usr\bin\pacman.exe", "-S", "--noconfirm", "--needed", "mingw-w64-x86_64-pango"),),
}
"""As WeasyPrint's documentation installs it; MSYS2 is part of GitHub's Windows images."""
_PLACES = {
    "darwin": {"DYLD_FALLBACK_LIBRARY_PATH": "/opt/homebrew/lib:/usr/local/lib"},
    "win32": {"WEASYPRINT_DLL_DIRECTORIES": r"C:\msys64\mingw64\bin"},
}
"""Where the library lands and would not be looked for. macOS takes such a variable from every program of its own,
a shell included: it must be set by the one that starts Python."""


def library_places(platform: str = sys.platform) -> dict[str, str]:
    """The environment in which WeasyPrint finds an installed Pango; what the workflow has set stays."""
    return {key: os.environ.get(key) or value for key, value in _PLACES.get(platform, {}).items()}


def has_pango(platform: str = sys.platform, run: Run | None = None) -> bool:
    """Whether a PDF can be made; installs what is missing where that needs no password."""
    run = run or _run
    probe = (sys.executable, "-I", "-W", "ignore", "-c", "import weasyprint")
    environment = {**os.environ, **library_places(platform)}
    if run(probe, environment):
        return True
    commands = _RECIPES.get(platform, ())
    if platform == "linux" and os.getuid() != 0:  # in a container the user is root, and there is no sudo
        commands = tuple(("sudo", "-n", *command) for command in commands)
    return any(run(command, environment) and run(probe, environment) for command in commands)


def _run(command: tuple[str, ...], environment: Mapping[str, str]) -> bool:
    """Its output goes to standard error; five minutes are enough for a package."""
    try:
        done = subprocess.run(  # noqa: S603 - the commands above
            command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=300, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
