"""One source becomes reports or failures, here or in another process, and nothing that happens to it gets out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from gradaudit.cli.cache import AUDIT, Kept, recall, remember
from gradaudit.cli.faults import error_text, os_error_text, trace_lines
from gradaudit.cli.git.place import revision
from gradaudit.cli.settings import CommandSettings
from gradaudit.cli.status import Status
from gradaudit.domain.audit_options import FAIL_ON, AuditOptions
from gradaudit.domain.report import Failure, ModelReport
from gradaudit.errors import GradauditError, InputError, Problem
from gradaudit.files.opening import STDIN, recorded

if TYPE_CHECKING:
    from gradaudit.api import Subject
    from gradaudit.auditing.pipeline import Audited, Progress


@dataclass
class SourceOutcome:
    """What has come of one source; it travels between processes."""

    source: str
    reports: list[ModelReport] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    """Where faults of our own happened, where that is wanted."""
    fail_on: list[str] = field(default_factory=list)
    """For each report, the least severity that counts for the exit status."""

    @property
    def status(self) -> Status:
        """The exit status, of the findings alone."""
        pairs = zip(self.reports, self.fail_on, strict=True)
        return max((of_findings(report, level) for report, level in pairs), default=Status.CLEAN)


def audit_source(
    source: str, settings: CommandSettings, stdin: bytes | None = None, progress: Progress | None = None
) -> SourceOutcome:
    """Audit every model of the source, or recall how that ended; `stdin` is what `-` reads.

    Raises KeyboardInterrupt alone.
    """
    outcome = SourceOutcome(source)
    with _guarded(outcome, settings):
        if source == STDIN and stdin is None:
            raise InputError("there is no standard input")
        if settings.cache is None or settings.unsafe_load:
            _audit_models(outcome, settings, stdin, progress)
            return outcome
        question = settings.question(source, stdin)
        kept = recall(settings.cache, question, AUDIT)
        if kept is None:
            asked = question.name
            with recorded() as opened:
                kept = _audit_models(outcome, settings, stdin, progress)
            if not outcome.failures and not outcome.traces:
                remember(settings.cache, question, asked, kept, AUDIT, opened)
        else:
            for report, fail_on in zip(kept.reports, kept.fail_on, strict=True):
                _note(outcome, report, fail_on, settings)
    return outcome


def _audit_models(
    outcome: SourceOutcome, settings: CommandSettings, stdin: bytes | None, progress: Progress | None
) -> Kept:
    """What comes of the source's models is noted, and returned as it may be kept."""
    from gradaudit.api import subjects

    source, stream, found = outcome.source, None if stdin is None else BytesIO(stdin), list[tuple[ModelReport, str]]()
    for subject in subjects(source, data=settings.data, stdin=stream, unsafe_load=settings.unsafe_load):
        with _guarded(outcome, settings):
            audited = _measured(subject, source, settings, progress)
            said = subject.spec.audit.fail_on or ""
            found.append((audited.report, said))
            _note(outcome, audited.report, said, settings)
            outcome.failures += audited.failures
    return Kept(tuple(report for report, _ in found), tuple(said for _, said in found))


def _note(outcome: SourceOutcome, report: ModelReport, said: str, settings: CommandSettings) -> None:
    """A report with the command that makes it, and what of it counts; `said` is its spec's own word."""
    source, spec = outcome.source, AuditOptions(fail_on=said or None)  # type: ignore[arg-type]
    at = {} if source == STDIN else {"git revision": revision(Path(source).absolute().parent)}
    origin = {**report.origin, **{key: value for key, value in at.items() if value}}
    outcome.reports.append(replace(report, command=command_line(source, settings), origin=origin))
    outcome.fail_on.append(settings.fail_on(source, spec))


def audit_at_once(item: tuple[str, bytes | None], *, settings: CommandSettings, threads: int) -> SourceOutcome:
    """Audit a source in a process that shares its machine with others: at most so many threads of it compute."""
    from gradaudit.probes.threads import use_at_most

    use_at_most(threads)
    source, stdin = item
    return audit_source(source, settings, stdin)


def _measured(subject: Subject, source: str, settings: CommandSettings, progress: Progress | None) -> Audited:
    from gradaudit.auditing.pipeline import audit

    return audit(
        subject.spec,
        settings.options,
        settings.defaults(source),
        X=subject.X,
        y=subject.y,
        needs=settings.needs,
        progress=progress,
    )


@contextmanager
def _guarded(outcome: SourceOutcome, settings: CommandSettings) -> Iterator[None]:
    """Turn whatever happens into failures of this source."""
    source, failures = outcome.source, outcome.failures
    try:
        yield
    except GradauditError as error:
        failures += [failure(source, problem) for problem in error.problems]
    except MemoryError:
        failures.append(Failure(source, "there is not enough memory to audit it"))
    except SystemExit:
        failures.append(Failure(source, "its own code ended the program"))
    except OSError as error:
        failures.append(Failure(source, os_error_text(error, source)))
    except Exception as error:  # noqa: BLE001 - one broken audit must not stop the others
        if settings.verbose:
            outcome.traces += trace_lines(error)
        failures.append(Failure(source, f"internal error: {error_text(error)}", internal=True))


def failure(source: str, problem: Problem) -> Failure:
    """A problem as the report lists it."""
    return Failure(source, problem.message, problem.location)


def failure_text(each: Failure) -> str:
    """A failure on one line, its place in front."""
    return f"{each.location or each.source}: {each.message}"


def of_findings(report: ModelReport, fail_on: str) -> Status:
    """FINDINGS where a finding that counts is at or above the level; `never` is above all."""
    threshold = FAIL_ON.get(fail_on)
    fails = threshold is not None and any(finding.severity >= threshold for finding in report.counted)
    return Status.FINDINGS if fails else Status.CLEAN


def command_line(source: str, settings: CommandSettings) -> str:
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
