"""`gradaudit init`: a starter spec with its schema beside it, or a workflow for GitHub."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from gradaudit import __version__
from gradaudit.cli.streams import tell
from gradaudit.errors import InputError, Location, Problem, short_reason
from gradaudit.files.names import command_line
from gradaudit.files.writing import check_writable, write_whole
from gradaudit.inputs.discovery import SCHEMA_FILE

_SUFFIXES = (".yaml", ".yml")


@click.command("init")
@click.argument("place", default=".", type=click.Path(path_type=Path), metavar="[DIR|FILE]")
@click.option("--github", is_flag=True, help="Write .github/workflows/gradaudit.yml instead.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(place: Path, *, github: bool, force: bool, quiet: bool) -> None:
    """Write a starter spec, with comments: model.yaml in DIR (the working directory), or FILE.

    The spec's JSON Schema is written beside it, and the spec's first line tells editors so. It can be audited as it
    is. With --github a workflow is written instead, which audits the models that a pull request changes.
    """
    file = _file(_top(place), ".github/workflows/gradaudit.yml") if github else _file(place, "model.yaml")
    files = {file: _workflow()} if github else {file.with_name(SCHEMA_FILE): _schema(), file: _spec(file)}
    _check_free(files, force=force)
    for path, content in files.items():
        write_whole(path, content)
    if not quiet:
        tell(*(f"wrote {path}" for path in files))
        if not github:
            tell(f"audit it: gradaudit check {command_line([str(file)])}")


def _top(place: Path) -> Path:
    """The top of the repository around the working directory, where GitHub looks; the place itself where it is said."""
    if place != Path():
        return place
    return next(
        (Path(os.path.relpath(each)) for each in (Path.cwd(), *Path.cwd().parents) if (each / ".git").exists()), place
    )


def _file(place: Path, name: str) -> Path:
    """The file to write; whatever does not end like one is a folder. Raises UsageError for another suffix."""
    if place.suffix.lower() in _SUFFIXES and not place.is_dir():
        return place
    if place.suffix and not place.is_dir() and place.name not in (".", ".."):
        raise click.UsageError(f"'{place}': it is written as .yaml or .yml, or into a folder")
    return place / name


def _spec(file: Path) -> bytes:
    return _template("model.yaml").replace("{file}", command_line([file.name])).encode()


def _schema() -> bytes:
    from gradaudit.inputs.yaml_spec.schema import json_schema

    return (json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n").encode()


def _workflow() -> bytes:
    return _template("workflow.yml").replace("{version}", __version__).encode()


def _template(name: str) -> str:
    from gradaudit.formats.templates import templates

    return (templates() / "init" / name).read_text(encoding="utf-8")


def _check_free(files: dict[Path, bytes], *, force: bool) -> None:
    """Make the folders, and refuse before anything is written; a file that has these very bytes is no loss."""
    for path, content in files.items():
        if path.exists() and not force and not (path.is_file() and path.read_bytes() == content):
            raise click.UsageError(f"'{path}' exists; --force overwrites it")
    for path in files:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise InputError(Problem(f"cannot be made: {short_reason(error)}", Location(str(path.parent)))) from None
        check_writable(path)
