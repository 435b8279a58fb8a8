"""`[tool.gradaudit]` of the nearest pyproject.toml, or the file that `--config` names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradaudit.cli.per_file import PerFile, for_source
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import FileError, read_file

MAX_BYTES = 1 << 20

_SECTION = ("tool", "gradaudit")
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; empty where there is none."""

    file: str = ""
    audit: AuditOptions = AuditOptions()
    format: str | None = None
    """What `--format` is where nobody gives it; None leaves it to where the report is printed."""
    color: str = "auto"
    """What `--color` is where nobody gives it."""
    per_file: tuple[PerFile, ...] = ()
    folder: Path = Path()
    """Of the file, to which its patterns are relative."""

    def for_source(self, source: str) -> AuditOptions:
        """How to audit one source, as far as the file says it."""
        return for_source(self.audit, self.per_file, source, self.folder)


def load_config(named: Path | None, folder: Path) -> Config:
    """The file that was named, else the nearest pyproject.toml from the folder upwards with `[tool.gradaudit]`.

    Raises InputError for a file that cannot be read, an unknown key and an impossible value.
    """
    if named is not None:
        file = _read(named, str(named))
        section = _section(file)
        if named.name == "pyproject.toml" and section is None:
            raise InputError(Problem("has no [tool.gradaudit]", Location(str(named))))
        return _config(file, () if section is None else _SECTION, file.document if section is None else section)
    for parent in (folder, *folder.parents):
        candidate = parent / "pyproject.toml"
        if candidate.is_file():
            file = _read(candidate, candidate.name if parent == folder else str(candidate))
            if (section := _section(file)) is not None:
                return _config(file, _SECTION, section)
    return Config()


@dataclass(frozen=True, slots=True)
class _File:
    """A TOML file as it was read."""

    path: Path
    name: str
    """How messages call it."""
    text: str
    document: Mapping[str, Any]


def _section(file: _File) -> object:
    """`[tool.gradaudit]`, or None."""
    tool = file.document.get("tool", {})
    if not isinstance(tool, dict):
        raise InputError(Problem("[tool] is no table", Location(file.name)))
    return tool.get("gradaudit")


def _read(path: Path, file: str) -> _File:
    """The TOML file; `file` is how messages call it. Raises InputError, with line and column where there are."""
    import tomllib

    try:
        text = read_file(path, MAX_BYTES, "settings").decode()
        return _File(path, file, text, tomllib.loads(text))
    except FileError as error:
        raise InputError(Problem(error.reason, Location(file))) from None
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"is no UTF-8 at byte {error.start}", Location(file))) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(_toml_problem(str(error), file)) from error
    except RecursionError as error:
        raise InputError(Problem("is nested too deeply", Location(file))) from error


def _toml_problem(message: str, file: str) -> Problem:
    found = _POSITION.search(message)
    line, column = (int(found[1]), int(found[2])) if found else (None, None)
    return Problem(f"no valid TOML: {_POSITION.sub('', message)}", Location(file, line, column))


def _config(file: _File, path: tuple[str, ...], section: object) -> Config:
    """Checked whole: all faults of the section are reported at once."""
    from gradaudit.cli.config_keys import SettingsTable, read_keys

    if not isinstance(section, dict):
        raise InputError(Problem("[tool.gradaudit] is no table", Location(file.name)))
    table = SettingsTable(file.name, file.text, path, "[tool.gradaudit]", section)
    audit, printing, per_file, problems = read_keys(table)
    if problems:
        raise InputError(sorted(problems, key=_in_file))
    return Config(file.name, audit, per_file=per_file, folder=file.path.absolute().parent, **printing)


def _in_file(problem: Problem) -> tuple[int, int]:
    place = problem.location
    return (place.line or 0, place.column or 0) if place else (0, 0)
