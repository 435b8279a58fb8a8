"""The files that `-o` asks for: looked at before anything is measured, then written whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from os import environ
from pathlib import Path
from typing import Any, TypeAlias

import click

from gradaudit.cli.faults import fault_lines, os_error_text
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put, style_for, tell
from gradaudit.domain.report import Report
from gradaudit.errors import GradauditError
from gradaudit.files.writing import check_writable, write_whole
from gradaudit.formats import PRINTED, SUFFIXES, format_for, get
from gradaudit.formats.concise import ConciseFormat
from gradaudit.formats.finding_text import Detail
from gradaudit.formats.text import TextFormat
from gradaudit.text.text_style import TextStyle

Decorator: TypeAlias = Callable[[Any], Any]
"""Of a command, as click makes them."""


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file to write."""

    path: Path
    format_name: str


def in_order(*options: Decorator) -> Decorator:
    """A decorator that gives a command all of these options, in this order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def output_option(what: str, suffixes: Mapping[str, str]) -> Decorator:
    """`-o`, any number of times: each file once, with the format that its suffix chooses."""
    known = ", ".join(suffixes)

    def parsed(_ctx: click.Context, parameter: click.Parameter, values: tuple[Path, ...]) -> tuple[OutputFile, ...]:
        found = {path: format_for(path.name, suffixes) for path in values}
        for path, name in found.items():
            if name is None:
                raise click.BadParameter(f"'{path}': the suffix chooses the format, one of {known}", param=parameter)
        return tuple(OutputFile(path, name or "") for path, name in found.items())

    return click.option(
        "-o",
        "--output",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=parsed,
        help=f"Write {what} too; the suffix chooses the format: {known}. May be repeated.",
    )


def parse_template(_ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """The folder of `--template`, looked at before anything is measured. Raises InputError for what is wrong in it."""
    if value is not None:
        from gradaudit.formats.templates import check_templates

        check_templates(value)
    return value


_USUAL = "text; github on GitHub's runners"
output_options = in_order(
    click.option("--format", type=click.Choice(PRINTED), help=f"What standard output gets.  [default: {_USUAL}]"),
    output_option("a report", SUFFIXES),
    click.option(
        "--template",
        type=click.Path(path_type=Path),
        metavar="DIR",
        callback=parse_template,
        help="Take report.html.j2, macros.html.j2 and style sheets from there, as far as DIR holds them.",
    ),
)
"""What a report can become."""


def refuse_to_overwrite(outputs: Iterable[OutputFile], sources: Iterable[str]) -> None:
    """Raises UsageError where a report would take the place of what it reports on."""
    taken = {Path(source).resolve() for source in sources}
    for output in outputs:
        if output.path.resolve() in taken:
            raise click.UsageError(f"'{output.path}' is a source; a report in its place would destroy it")


def usable(outputs: Sequence[OutputFile]) -> tuple[OutputFile, ...]:
    """The files that can be written; the others are told of at once, not after a minute of measuring."""
    return tuple(output for output in outputs if _is_writable(output))


def _is_writable(output: OutputFile) -> bool:
    try:
        check_writable(output.path)
    except GradauditError as error:
        tell(*map(str, error.problems))
        return False
    return True


def write_outputs(outputs: Sequence[OutputFile], report: Report, given: Mapping[str, Any]) -> Status:
    """Render them all, then write each; one that fails does not keep the others from being written.

    `given` are the command's parameters: where it asks for more than these outputs, the others could not be written.
    """
    status, rendered = Status.CLEAN if outputs == given["output"] else Status.NOT_AUDITED, []
    for output in outputs:
        content = _rendered(output, report, given["template"], verbose=given["verbose"])
        if isinstance(content, Status):
            status = max(status, content)
        else:
            rendered.append((output.path, content))
    return max([status, *(write_file(path, content, quiet=given["quiet"]) for path, content in rendered)])


def _rendered(output: OutputFile, report: Report, folder: Path | None, *, verbose: bool) -> bytes | Status:
    try:
        return get(output.format_name, folder).render(report)
    except GradauditError as error:
        tell(*(f"{output.path}: {problem}" for problem in error.problems))
        return Status.NOT_AUDITED
    except Exception as error:  # noqa: BLE001 - a broken page must not take the other reports with it
        tell(*fault_lines(error, verbose=verbose, source=str(output.path)))
        return Status.FAULT


def write_file(path: Path, content: bytes, *, quiet: bool) -> Status:
    """One file, whole or not at all; what keeps it from being written is told."""
    try:
        write_whole(path, content)
    except OSError as error:
        tell(f"{path}: cannot be written: {os_error_text(error)}")
        return Status.NOT_AUDITED
    if not quiet:
        tell(f"wrote {path}")
    return Status.CLEAN


def usual_format() -> str:
    """Text for people; what annotates files where GitHub's runner reads it."""
    return "github" if environ.get("GITHUB_ACTIONS") == "true" else "text"


def text_format(given: Mapping[str, Any], color: str, lines: Mapping[tuple[str, int], str]) -> TextFormat:
    """The text format as the person wants to read it, with these lines of its sources."""
    style, detail = style_and_detail(given, color)
    return TextFormat(style=style, verbose=detail == "verbose", lines=lines)


def style_and_detail(given: Mapping[str, Any], color: str) -> tuple[TextStyle, Detail]:
    """-q and -v of the command's parameters, and when to use colours."""
    detail: Detail = "verbose" if given["verbose"] else "quiet" if given["quiet"] else "normal"
    return style_for(color, sys.stdout, environ), detail


def print_report(name: str, report: Report, text: TextFormat, *, quiet: bool = False) -> Status:
    """The report on standard output, in the format of that name; quiet text is a line a finding."""
    if name not in ("text", "concise"):
        return put(get(name).render(report))
    short = name == "concise" or quiet
    dressed = ConciseFormat(text.style, counts=not quiet) if short else text
    return put(dressed.render(report).decode(), color=text.style.color)
