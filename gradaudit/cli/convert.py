"""`gradaudit convert MODEL -o model.yaml`: any source as a spec, with its weights and its rows beside it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradaudit.api import Subject, subjects
from gradaudit.cli.options import data_option, unsafe_load_option
from gradaudit.cli.rule_names import complete_files
from gradaudit.cli.streams import tell
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import GradauditError, InputError, Location, Problem
from gradaudit.files.opening import STDIN
from gradaudit.files.writing import check_writable, write_whole

if TYPE_CHECKING:
    from gradaudit.datasets.interface import Raw

NAME = "{name}"
"""Stands for the model's name in the path of a file."""
Files = dict[Path, bytes]


def _parse_output(_ctx: click.Context, parameter: click.Parameter, value: Path) -> Path:
    if value.suffix.lower() not in (".yaml", ".yml"):
        raise click.BadParameter(f"'{value}': a spec is written as .yaml or .yml", param=parameter)
    return value


def _parse_weights(_ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in (".npz", ".safetensors"):
        raise click.BadParameter(f"'{value}': weights are written as .npz or .safetensors", param=parameter)
    return value


@click.command("convert")
@click.argument("model", shell_complete=complete_files)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=_parse_output,
    help="The spec to write, .yaml or .yml; {name} in it stands for the model's name.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=_parse_weights,
    help="Where its weights go, .npz or .safetensors.  [default: beside the spec, .npz]",
)
@data_option
@unsafe_load_option
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(
    model: str, output: Path, weights: Path | None, data: Named | None, *, unsafe_load: bool, force: bool, quiet: bool
) -> None:
    """Write MODEL as a spec, with its weights beside it.

    MODEL is anything that `gradaudit check` takes: a way out of pickles and of code that must be run to be read. What
    a spec cannot say is told, and stands in a comment at the top of the file. A source with several models needs
    {name} in FILE.
    """
    from gradaudit.editing.spec_text import losses_of

    stdin = sys.stdin.buffer if model == STDIN else None
    found = subjects(model, data=data, stdin=stdin, unsafe_load=unsafe_load)
    _check_one_or_named(model, found, (output, weights))
    files: Files = {}
    said: list[str] = []
    for subject in _with_own_names(found):
        own = _file_name(subject.spec.name)
        spec_path = Path(str(output).replace(NAME, own))
        weights_path = Path(str(weights).replace(NAME, own)) if weights else spec_path.with_suffix(".npz")
        files |= _files(subject, spec_path, weights_path, origin=model)
        said += [f"{spec_path}: {text}" for text in losses_of(subject.spec)]
    _check_free(files, {model, *_files_read(found, data)}, force=force)
    for path, content in files.items():
        write_whole(path, content)
        said.append(f"wrote {path}")
    if not quiet:
        tell(*said)


def _files_read(found: Sequence[Subject], data: Named | None) -> Iterator[str]:
    """What the models came from, beside their source."""
    for named in (data, *(subject.spec.data for subject in found)):
        yield str(named.get("path", "")) if named else ""
    yield from (subject.spec.weights.origin for subject in found if subject.spec.weights)


def _check_one_or_named(model: str, found: Sequence[Subject], places: Sequence[Path | None]) -> None:
    if not found:
        raise InputError(Problem("holds no model", Location(model)))
    if len(found) > 1 and any(path is not None and NAME not in str(path) for path in places):
        names = ", ".join(subject.spec.name for subject in found)
        raise InputError(
            Problem(f"holds {len(found)} models: {names}; write each with -o '{NAME}.yaml'", Location(model))
        )


def _with_own_names(found: Sequence[Subject]) -> Iterator[Subject]:
    """The models, two of one name told apart by a number."""
    seen: dict[str, int] = {}
    for subject in found:
        file = _file_name(subject.spec.name)
        seen[file] = seen.get(file, 0) + 1
        number = f"-{seen[file]}" if seen[file] > 1 else ""
        yield replace(subject, spec=replace(subject.spec, name=subject.spec.name + number))


def _file_name(name: str) -> str:
    """What of a model's name can stand in the name of a file."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_.")[:100] or "model"


def _files(subject: Subject, spec_path: Path, weights_path: Path, *, origin: str) -> Files:
    """The spec, its weights and, where no file has them, its rows; the spec last, when all that it names is there."""
    from gradaudit.editing.spec_text import relative, spec_text
    from gradaudit.inputs.weight_files.writing import WRITERS, named_arrays, npz

    spec, files = subject.spec, {}
    if spec.weights is not None:
        files[weights_path] = WRITERS[weights_path.suffix.lower()](named_arrays(spec))
    if subject.X is not None or (spec.scalings and "data" not in spec.assumed):
        rows = spec_path.with_suffix(".data.npz")
        files[rows] = npz(_rows(subject))
        spec = _on(spec, rows)
    weights = relative(str(weights_path), spec_path.parent) if spec.weights is not None else None
    try:
        files[spec_path] = spec_text(spec, spec_path.parent, weights, origin).encode()
    except GradauditError as error:
        raise InputError([Problem(problem.message, Location(origin)) for problem in error.problems]) from None
    return files


def _rows(subject: Subject) -> dict[str, Any]:
    """X and y as the network sees them; text as text."""
    from gradaudit.datasets import read_file
    from gradaudit.datasets.arrays import given
    from gradaudit.datasets.scaling import scaled_as_by_model

    raw: Raw = read_file(subject.spec.data) if subject.X is None else given(subject.X, subject.y)
    raw = scaled_as_by_model(raw, subject.spec.scalings)
    return {"X": raw.X, "y": raw.y.astype(str) if raw.y.dtype.kind == "O" else raw.y}


def _on(spec: ModelSpec, rows: Path) -> ModelSpec:
    """The spec on the rows of a file, which its data section scales as before."""
    scaling = {key: value for key, value in spec.data.parameters if key.startswith("standardize")}
    assumed = tuple(key for key in spec.assumed if key != "data")
    return replace(spec, data=Named.of("npz", path=str(rows), **scaling), assumed=assumed)


def _check_free(files: Files, read: set[str], *, force: bool) -> None:
    """Nothing is written in the place of what was read, nor over another file unasked."""
    taken = {Path(source).resolve() for source in read if source and not source.startswith("-")}
    for path in files:
        if path.resolve() in taken:
            raise click.UsageError(f"'{path}' was read for this model; write elsewhere")
        if path.exists() and not force:
            raise click.UsageError(f"'{path}' exists; --force overwrites it")
        check_writable(path)
