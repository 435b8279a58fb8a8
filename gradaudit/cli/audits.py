"""All sources, one after another or many at once: what came of each is taken in their order, and told of."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from gradaudit import __version__
from gradaudit.cli.faults import how_to_report
from gradaudit.cli.progress import Progress
from gradaudit.cli.settings import CommandSettings
from gradaudit.cli.source import SourceOutcome, audit_at_once, audit_source, failure, failure_text, of_findings
from gradaudit.cli.status import Status
from gradaudit.cli.streams import tell
from gradaudit.domain.report import Failure, ModelReport, Report
from gradaudit.files.opening import MAX_BYTES, STDIN, file_name
from gradaudit.inputs import Discovery

if TYPE_CHECKING:
    from gradaudit.cli.workers import WorkerPool

Outcomes = Generator[SourceOutcome, None, None]

_LOST = "the process that audited it was lost twice, the second time alone: too little memory, or code that ends it"


class Audits:
    """What has come of the sources so far; failures are told of as they happen."""

    def __init__(self, settings: CommandSettings, progress: Progress, pool: WorkerPool | None = None) -> None:
        self._settings, self._progress, self._pool = settings, progress, pool
        self._reports: list[ModelReport] = []
        self._failures: list[Failure] = []
        self.status = Status.CLEAN
        self.texts: dict[str, str] = {}
        """What was read and is no file, by the name that locations give it."""

    def run(self, discovery: Discovery) -> None:
        """Audit every model of every source."""
        self.fail(
            [failure(problem.location.file if problem.location else "", problem) for problem in discovery.failures]
        )
        several = self._pool is not None and len(discovery.sources) > 1
        with closing((self._at_once if several else self._in_turn)(discovery.sources)) as outcomes:
            for outcome in outcomes:
                self._take(outcome)

    def report(self) -> Report:
        """The reports and the failures of all sources so far."""
        return Report(tuple(self._reports), tuple(self._failures), __version__)

    def fail(self, failures: Sequence[Failure]) -> None:
        """Note the failures and tell of them."""
        for each in failures:
            self._failures.append(each)
            self.status = max(self.status, Status.FAULT if each.internal else Status.NOT_AUDITED)
            self._progress.wipe()
            tell(failure_text(each))

    def close(self) -> None:
        """Say what of the baseline is found no more and, where something of ours broke, once how to report it."""
        if self._settings.baseline:
            tell(*self._settings.baseline.stale(self._reports))
        if any(each.internal for each in self._failures):
            tell(*how_to_report(verbose=self._settings.verbose))

    def _take(self, outcome: SourceOutcome) -> None:
        for report, fail_on in zip(outcome.reports, outcome.fail_on, strict=True):
            counted = self._settings.baseline.applied(report) if self._settings.baseline else report
            self._reports.append(counted)
            self.status = max(self.status, of_findings(counted, fail_on))
        if outcome.traces:
            self._progress.wipe()
            tell(*outcome.traces)
        self.fail(outcome.failures)

    def _in_turn(self, sources: Sequence[str]) -> Outcomes:
        for source in sources:
            self._progress.about(source)
            yield audit_source(source, self._settings, self._standard_input(source), self._progress)

    def _at_once(self, sources: Sequence[str]) -> Outcomes:
        """Audit in several processes; outcomes come in the order of the sources, whichever ends first."""
        from gradaudit.cli.workers import finished

        assert self._pool is not None
        inputs = [self._standard_input(source) for source in sources]
        work = partial(audit_at_once, settings=self._settings, threads=self._pool.threads)
        done: dict[int, SourceOutcome] = {}
        following = 0
        self._progress.many(0, len(sources))
        with closing(finished(work, list(zip(sources, inputs, strict=True)), self._pool)) as results:
            for number, (index, outcome) in enumerate(results, 1):
                done[index] = outcome or SourceOutcome(sources[index], failures=[Failure(sources[index], _LOST)])
                while following in done:
                    yield done.pop(following)
                    following += 1
                self._progress.many(number, len(sources), sources[index])

    def _standard_input(self, source: str) -> bytes | None:
        """What `-` reads, kept for the lines of its findings; None for other sources, and where there is none."""
        if source != STDIN or sys.stdin is None:
            return None
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        self.texts[file_name(STDIN)] = data.decode("utf-8", "replace")
        return data
