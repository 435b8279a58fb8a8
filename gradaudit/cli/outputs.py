"""The files that `-o` asks for: looked at before anything is measured, then written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from gradaudit.cli.faults import fault_lines, os_error_text
from gradaudit.cli.status import Status
from gradaudit.cli.streams import tell
from gradaudit.errors import GradauditError
from gradaudit.formats import SUFFIXES, get, named
from gradaudit.formats.disk import check_writable, write_whole
from gradaudit.report import Report


@dataclass(frozen=True, slots=True)
class Output:
    """One file to write."""

    path: Path
    format_name: str


def parse_outputs(_ctx: click.Context, parameter: click.Parameter, values: tuple[Path, ...]) -> tuple[Output, ...]:
    """Each file once, with the format that its suffix chooses. Raises BadParameter for an unknown suffix."""
    for path in values:
        if named(path.name) is None:
            known = ", ".join(SUFFIXES)
            raise click.BadParameter(f"'{path}': the suffix chooses the format, one of {known}", param=parameter)
    return tuple(Output(path, named(path.name) or "") for path in dict.fromkeys(values))


def refuse_to_overwrite(outputs: Iterable[Output], sources: Iterable[str]) -> None:
    """Raises UsageError where a report would take the place of what it reports on."""
    taken = {Path(source).resolve() for source in sources}
    for output in outputs:
        if output.path.resolve() in taken:
            raise click.UsageError(f"'{output.path}' is a source; a report in its place would destroy it")


def usable(outputs: Sequence[Output]) -> tuple[Output, ...]:
    """Those that can be written; the others are told of at once, not after a minute of measuring."""
    return tuple(output for output in outputs if _is_writable(output))


def _is_writable(output: Output) -> bool:
    try:
        check_writable(output.path)
    except GradauditError as error:
        tell(*map(str, error.problems))
        return False
    return True


def write_outputs(outputs: Sequence[Output], report: Report, *, verbose: bool, quiet: bool) -> Status:
    """Render them all, then write each; one that fails does not keep the others from being written."""
    status, rendered = Status.CLEAN, []
    for output in outputs:
        content = _rendered(output, report, verbose=verbose)
        if isinstance(content, Status):
            status = max(status, content)
        else:
            rendered.append((output.path, content))
    return max([status, *(_written(path, content, quiet=quiet) for path, content in rendered)])


def _rendered(output: Output, report: Report, *, verbose: bool) -> bytes | Status:
    try:
        return get(output.format_name).render(report)
    except GradauditError as error:
        tell(*(f"{output.path}: {problem.message}" for problem in error.problems))
        return Status.NOT_AUDITED
    except Exception as error:  # noqa: BLE001 - a broken page must not take the other reports with it
        tell(*fault_lines(error, verbose=verbose, source=str(output.path)))
        return Status.FAULT


def _written(path: Path, content: bytes, *, quiet: bool) -> Status:
    try:
        write_whole(path, content)
    except OSError as error:
        tell(f"{path}: cannot be written: {os_error_text(error)}")
        return Status.NOT_AUDITED
    if not quiet:
        tell(f"wrote {path}")
    return Status.CLEAN
