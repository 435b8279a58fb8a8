"""The two sides of a comparison: a report that was written, or sources that are measured now, same seeds on both."""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from gradaudit.cli.audits import Audits
from gradaudit.cli.progress import Progress
from gradaudit.cli.settings import CommandSettings
from gradaudit.cli.status import Status
from gradaudit.cli.streams import tell
from gradaudit.domain.audit_options import Effort
from gradaudit.domain.findings import PAIRS
from gradaudit.domain.report import Failure, Report
from gradaudit.errors import GradauditError, Location, Problem
from gradaudit.files.opening import STDIN, FileError, read_file
from gradaudit.formats.json_reader import MAX_BYTES, read_report
from gradaudit.formats.places import file_of
from gradaudit.inputs import Discovery, discover, read
from gradaudit.inputs.readers import SPEC_SUFFIXES

if TYPE_CHECKING:
    from gradaudit.domain.report import ModelReport

_MOST_SEEDS = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """One side, as the person named it."""

    name: str
    sources: tuple[str, ...] = ()
    report: Report | None = None
    """Read already; else the sources are to be measured."""
    folder: Path | None = None
    """Where they are looked for, other than in the working directory."""


class _Labelled(Audits):
    """Its failures name the revision: `origin/main:model.yaml`, as git does."""

    def __init__(self, settings: CommandSettings, progress: Progress, label: str) -> None:
        super().__init__(settings, progress)
        self._label = label

    def fail(self, failures: Sequence[Failure]) -> None:
        super().fail([self._labelled(failure) for failure in failures])

    def _labelled(self, failure: Failure) -> Failure:
        if not self._label:
            return failure
        place = failure.location and replace(failure.location, file=f"{self._label}:{failure.location.file}")
        return replace(failure, source=f"{self._label}:{failure.source}", location=place)


@dataclass
class Measuring:
    """Measures sides, and keeps what came of it for the exit status."""

    settings: CommandSettings
    progress: Progress
    status: Status = Status.CLEAN

    def report(self, side: Side, discovery: Discovery | None = None) -> Report:
        """The side's report, measured where it was not read."""
        if side.report is not None:
            self._note(side.name, side.report)
            return side.report
        settings = _seen_from(self.settings, side.folder) if side.folder else self.settings
        audits = _Labelled(settings, self.progress, side.name if side.folder else "")
        with contextlib.chdir(side.folder or Path.cwd()):
            audits.run(discovery if discovery is not None else discover(side.sources))
        audits.close()
        self.status = max(self.status, audits.status if audits.status > Status.FINDINGS else Status.CLEAN)
        return audits.report()

    def _note(self, name: str, report: Report) -> None:
        """What could not be audited then cannot be compared now."""
        for failure in report.errors:
            tell(f"{name}: {failure.location or failure.source}: {failure.message}")
            self.status = max(self.status, Status.FAULT if failure.internal else Status.NOT_AUDITED)


def side_of(argument: str) -> Side:
    """A JSON report where the file is one, else a source. Raises InputError for a report that is damaged."""
    return Side(argument, report=read_report(argument)) if _is_report(argument) else Side(argument, (argument,))


def _is_report(argument: str) -> bool:
    """A JSON file that says so at its top level; a spec has `layers` there, Keras `class_name`."""
    path = Path(argument)
    try:
        if path.suffix.lower() != ".json":
            return False
        document = json.loads(read_file(path, MAX_BYTES, "a report").decode("utf-8-sig"))
    except (FileError, ValueError, RecursionError):
        return False
    return (
        isinstance(document, dict) and "layers" not in document and bool({"schema_version", "reports"} & set(document))
    )


def as_measured(settings: CommandSettings, sides: Sequence[Side]) -> CommandSettings:
    """The settings; where one side was measured before, those of its report: so that the seeds are pairs.

    Where nothing says how many seeds, there are eight with any effort: fewer pairs prove little.
    """
    reports = [report for side in sides if side.report is not None for report in side.report.reports]
    known = {(r.settings.seeds, r.settings.seed, r.settings.samples, r.settings.effort) for r in reports}
    audit = replace(settings.config.audit, seeds=settings.config.audit.seeds or PAIRS)
    settings = replace(settings, config=replace(settings.config, audit=audit))
    if len(known) != 1:
        return settings
    ((seeds, seed, samples, effort),) = known
    given = settings.options
    if not (0 < seeds <= _MOST_SEEDS and seed >= 0 and samples > 0 and effort in get_args(Effort)):  # from no audit
        return settings
    options = replace(
        given,
        seeds=given.seeds or seeds,
        seed=seed if given.seed is None else given.seed,
        samples=given.samples or samples,
        effort=given.effort or cast(Effort, effort),
    )
    return replace(settings, options=options)


def _seen_from(settings: CommandSettings, folder: Path) -> CommandSettings:
    """The configuration's patterns, for a copy of the tree in which `folder` stands for the working directory."""
    place = os.path.relpath(settings.config.folder)
    return replace(settings, config=replace(settings.config, folder=folder / place))


def relative_to_argument(report: Report, argument: str) -> Report:
    """The report, each source called as inside the folder that was named, so that two folders can be compared."""
    if not Path(argument).is_dir():
        return report
    return replace(report, reports=tuple(_inside(each, Path(argument)) for each in report.reports))


def _inside(report: ModelReport, folder: Path) -> ModelReport:
    path = Path(report.model.source)
    source = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else report.model.source
    return replace(report, model=replace(report.model, source=source))


def told_apart(base: Discovery, head: Discovery, folder: Path) -> tuple[Discovery, Discovery, tuple[str, ...]]:
    """What is to be measured of each side, and the sources that are equal on both.

    What stands for nothing on one side alone was added or deleted, and is no failure.
    """
    equal = tuple(source for source in head.sources if source in base.sources and _is_equal(source, folder))
    missing = {problem.location for problem in base.failures} & {problem.location for problem in head.failures}
    failures = tuple(problem for problem in head.failures if problem.location in missing)
    lost = (each for each in base.sources if each in head.passed_over and each not in head.sources)
    failures += tuple(Problem("is no model any more: it has no list of `layers`", Location(each)) for each in lost)
    return (
        Discovery(_present(base.sources, equal, head.sources, folder), (), ()),
        Discovery(_present(head.sources, equal, base.sources, Path()), (), failures),
        equal,
    )


def _present(sources: Sequence[str], equal: Sequence[str], others: Sequence[str], folder: Path) -> tuple[str, ...]:
    """The sources to measure: neither equal, nor an object of a file that only the other side has."""

    def is_there(source: str) -> bool:
        file = file_of(source)
        return file in ("", STDIN) or source not in others or (folder / file).exists()

    return tuple(source for source in sources if source not in equal and is_there(source))


def _is_equal(source: str, folder: Path) -> bool:
    """Whether the file, and all that it names, has the same bytes on both sides; of what is code nobody can tell."""
    if file_of(source) != source or source == STDIN:
        return False
    try:
        return all(filecmp.cmp(folder / file, file, shallow=False) for file in (source, *_files_named(source)))
    except (OSError, ValueError, GradauditError):
        return False  # measuring it will say what is wrong


def _files_named(source: str) -> Iterator[str]:
    """Data and weights of a spec. Raises GradauditError for what is no spec."""
    if not source.lower().endswith(SPEC_SUFFIXES):
        return
    for spec in read(source):
        if path := spec.data.get("path", default=""):
            yield str(path)
        if spec.weights is not None and spec.weights.origin:
            yield spec.weights.origin
