"""`[tool.gradaudit]` of the nearest pyproject.toml, or the file that `--config` names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gradaudit.errors import InputError, Location, Problem
from gradaudit.formats import PRINTED
from gradaudit.spec import AuditOptions

MAX_BYTES = 1 << 20

COLORS = ("auto", "always", "never")

_CHOICES = {"format": PRINTED, "color": COLORS}
_AUDIT = tuple(each.name for each in fields(AuditOptions))
_KNOWN = (*_AUDIT, *_CHOICES)
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; empty where there is none."""

    file: str = ""
    audit: AuditOptions = AuditOptions()
    printing: Mapping[str, str] = field(default_factory=dict)
    """Defaults of `--format` and `--color`, by parameter name."""


def load_config(named: Path | None, folder: Path) -> Config:
    """The file that was named, else the nearest pyproject.toml from the folder upwards with `[tool.gradaudit]`.

    Raises InputError for a file that cannot be read, an unknown key and an impossible value.
    """
    if named is not None:
        document = _read(named, str(named))
        section = _section(document, str(named))
        if named.name == "pyproject.toml" and section is None:
            raise InputError(Problem("has no [tool.gradaudit]", Location(str(named))))
        return _config(str(named), document if section is None else section)
    for parent in (folder, *folder.parents):
        candidate = parent / "pyproject.toml"
        file = candidate.name if parent == folder else str(candidate)
        if candidate.is_file() and (section := _section(_read(candidate, file), file)) is not None:
            return _config(file, section)
    return Config()


def _section(document: Mapping[str, Any], file: str) -> object:
    """`[tool.gradaudit]`, or None."""
    tool = document.get("tool", {})
    if not isinstance(tool, dict):
        raise InputError(Problem("[tool] is no table", Location(file)))
    return tool.get("gradaudit")


def _read(path: Path, file: str) -> dict[str, Any]:
    """The TOML document; `file` is how messages call it. Raises InputError, with line and column where there are."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(Problem(f"larger than {MAX_BYTES:,} bytes", Location(file)))
        return tomllib.loads(data.decode())
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", Location(file))) from error
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


def _config(file: str, section: object) -> Config:
    """Checked whole: all faults of the section are reported at once."""
    if not isinstance(section, dict):
        raise InputError(Problem("[tool.gradaudit] is no table", Location(file)))
    written = {key.replace("-", "_"): value for key, value in section.items()}
    problems = [*_unknown(written, section), *_bad_printing(written)]
    audit, faults = _audit_options({key: written[key] for key in _AUDIT if key in written})
    if problems or faults:
        raise InputError([Problem(text, Location(file)) for text in (*problems, *faults)])
    return Config(file, audit, {key: written[key] for key in _CHOICES if key in written})


def _unknown(written: Mapping[str, Any], section: Mapping[str, Any]) -> list[str]:
    from gradaudit.inputs.suggest import hint

    names = zip(written, section, strict=False)
    return [f"'{raw}' is no key of [tool.gradaudit]{hint(key, _KNOWN)}" for key, raw in names if key not in _KNOWN]


def _bad_printing(written: Mapping[str, Any]) -> list[str]:
    from gradaudit.inputs.suggest import hint, quoted

    chosen = [(key, written[key], known) for key, known in _CHOICES.items() if key in written]
    return [
        f"{key}: {quoted(value)} cannot be chosen{hint(value, known)}"
        for key, value, known in chosen
        if value not in known
    ]


def _audit_options(section: Mapping[str, Any]) -> tuple[AuditOptions, list[str]]:
    """The spec's `audit` section has the same keys, so the spec's own reader checks them."""
    if not section:
        return AuditOptions(), []
    from gradaudit.errors import GradauditError
    from gradaudit.inputs import from_document

    try:
        return from_document({"layers": [1, 1], "audit": dict(section)}).audit, []
    except GradauditError as error:
        return AuditOptions(), [problem.message.removeprefix("audit.") for problem in error.problems]
