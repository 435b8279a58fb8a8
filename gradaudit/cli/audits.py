"""The sources one after another: each becomes reports or failures, and none keeps the others from being audited."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from gradaudit import __version__
from gradaudit.api import Subject, subjects
from gradaudit.cli.faults import fault_text, how_to_report, os_error_text, trace_lines
from gradaudit.cli.progress import Progress
from gradaudit.cli.settings import Settings
from gradaudit.cli.status import Status
from gradaudit.cli.streams import tell
from gradaudit.errors import GradauditError, InputError, Problem
from gradaudit.finding import Severity
from gradaudit.inputs import Discovery
from gradaudit.inputs.text_file import MAX_BYTES, STDIN, file_name
from gradaudit.report import Failure, ModelReport, Report

if TYPE_CHECKING:
    from gradaudit.pipeline import Audited

_THRESHOLDS = {"error": Severity.ERROR, "warning": Severity.WARNING}


class Audits:
    """What has come of the sources so far; failures are told of as they happen."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings, self._progress = settings, progress
        self._reports: list[ModelReport] = []
        self._failures: list[Failure] = []
        self.status = Status.CLEAN
        self.texts: dict[str, str] = {}
        """What was read and is no file, by the name that locations give it."""

    def run(self, discovery: Discovery) -> None:
        """Audit every model of every source."""
        self.fail(
            [_failure(problem.location.file if problem.location else "", problem) for problem in discovery.failures]
        )
        for source in discovery.sources:
            self._progress.about(source)
            with self._guarded(source):
                stdin = self._standard_input() if source == STDIN else None
                settings = self._settings
                for subject in subjects(source, data=settings.data, stdin=stdin, unsafe_load=settings.unsafe_load):
                    with self._guarded(source):
                        self._audit(source, subject)

    def report(self) -> Report:
        """All of it."""
        return Report(tuple(self._reports), tuple(self._failures), __version__)

    def fail(self, failures: Sequence[Failure]) -> None:
        """Note the failures and tell of them."""
        for failure in failures:
            self._failures.append(failure)
            self.status = max(self.status, Status.FAULT if failure.internal else Status.NOT_AUDITED)
            self._progress.wipe()
            tell(_failure_text(failure))

    def close(self) -> None:
        """Say what of the baseline is found no more and, where something of ours broke, once how to report it."""
        if self._settings.baseline:
            tell(*self._settings.baseline.stale(self._reports))
        if any(failure.internal for failure in self._failures):
            tell(*how_to_report(verbose=self._settings.verbose))

    def _standard_input(self) -> BinaryIO:
        """What `-` reads, kept for the lines of its findings."""
        if sys.stdin is None:
            raise InputError("there is no standard input")
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        self.texts[file_name(STDIN)] = data.decode("utf-8", "replace")
        return BytesIO(data)

    def _audit(self, source: str, subject: Subject) -> None:
        audited = self._measured(subject)
        report = replace(audited.report, command=command_line(source, self._settings))
        report = self._settings.baseline.applied(report) if self._settings.baseline else report
        self._reports.append(report)
        self.status = max(self.status, of_findings(report, self._settings.fail_on(subject.spec.audit)))
        self.fail(audited.failures)

    def _measured(self, subject: Subject) -> Audited:
        from gradaudit.pipeline import audit

        return audit(
            subject.spec,
            self._settings.options,
            self._settings.defaults,
            X=subject.X,
            y=subject.y,
            needs=self._settings.needs,
            progress=self._progress,
        )

    @contextmanager
    def _guarded(self, source: str) -> Iterator[None]:
        """Whatever happens becomes failures of this source."""
        try:
            yield
        except GradauditError as error:
            self.fail([_failure(source, problem) for problem in error.problems])
        except MemoryError:
            self.fail([Failure(source, "there is not enough memory to audit it")])
        except SystemExit:
            self.fail([Failure(source, "its own code ended the program")])
        except OSError as error:
            self.fail([Failure(source, os_error_text(error, source))])
        except Exception as error:  # noqa: BLE001 - one broken audit must not stop the others
            if self._settings.verbose:
                tell(*trace_lines(error))
            self.fail([Failure(source, f"internal error: {fault_text(error)}", internal=True)])


def of_findings(report: ModelReport, fail_on: str) -> Status:
    """FINDINGS where a finding that counts is at or above the level; `never` is above all."""
    threshold = _THRESHOLDS.get(fail_on)
    fails = threshold is not None and any(finding.severity >= threshold for finding in report.counted)
    return Status.FINDINGS if fails else Status.CLEAN


def command_line(source: str, settings: Settings) -> str:
    """What to type to measure the same again."""
    options, data = settings.options, settings.data
    words = ["gradaudit", "check", source]
    for key in ("seeds", "seed", "effort"):
        value = getattr(options, key)
        words += [f"--{key}", str(value)] if value is not None else []
    for key in ("select", "ignore"):
        names = getattr(options, key)
        words += [f"--{key}", ",".join(names)] if names else []
    if data is not None:
        words += ["--data", ":".join(str(part) for part in (data.get("path"), data.get("target")) if part is not None)]
    return shlex.join(words)


def _failure(source: str, problem: Problem) -> Failure:
    return Failure(source, problem.message, problem.location)


def _failure_text(failure: Failure) -> str:
    return f"{failure.location or failure.source}: {failure.message}"
