"""`--baseline REPORT.json`: what an earlier report has too does not count, unless it has become worse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from gradaudit.domain.findings import BASELINED, UNUSED, Finding, Severity
from gradaudit.domain.fingerprint import Identity, identity, model_key
from gradaudit.domain.report import ModelReport, Report, with_findings


@dataclass(frozen=True, slots=True)
class BaselineEntry:
    """One finding of the earlier report."""

    what: Identity
    severity: Severity
    model: str
    """As a person calls it."""


@dataclass(slots=True)
class Baseline:
    """The findings of an earlier report; each excuses one finding of this run, on the same layers or on fewer."""

    file: str
    entries: tuple[BaselineEntry, ...]
    met: set[int] = field(default_factory=set)
    """Places of the entries that are found again."""

    def applied(self, report: ModelReport) -> ModelReport:
        """The report with what is not new suppressed, its verdict and its summary following from the rest."""
        # the same layers first, so that an entry for fewer layers is left to the finding that it is about
        order = sorted(report.findings, key=lambda finding: -len(finding.layers))
        excused = {id(finding) for finding in order if self._excuses(report, finding)}
        findings = tuple(replace(f, suppressed=BASELINED) if id(f) in excused else f for f in report.findings)
        return with_findings(report, findings) if excused else report

    def _excuses(self, report: ModelReport, finding: Finding) -> bool:
        """Whether an entry that is still free covers it and was as bad; one that was less bad is found again too."""
        what = identity(report.model, finding)
        covering = [
            place for place, entry in enumerate(self.entries) if place not in self.met and entry.what.covers(what)
        ]
        if not covering:
            return False
        best = min(covering, key=lambda place: (len(self.entries[place].what.layers), -self.entries[place].severity))
        self.met.add(best)
        return finding.suppressed is None and finding.severity <= self.entries[best].severity

    def stale(self, reports: Iterable[ModelReport]) -> Iterator[str]:
        """A line for each entry that is found no more, of the models and rules that were checked now."""
        checked = {(model_key(report.model), rule) for report in reports for rule in (*report.rules, UNUSED)}
        for place, entry in enumerate(self.entries):
            if place not in self.met and (entry.what.model, entry.what.rule) in checked:
                stage = f" ({entry.what.stage})" if entry.what.stage else ""
                yield f"{self.file}: stale: {entry.what.rule}{stage} is no longer found in {entry.model}"


def read_baseline(path: Path) -> Baseline:
    """The findings that counted in the report of that file, and those that its own baseline excused.

    What a comment silenced is left out: it counts again once the comment is gone. Raises InputError for what is no
    report.
    """
    from gradaudit.formats.json_reader import read_report

    return Baseline(str(path), tuple(_entries(read_report(path))))


def _entries(report: Report) -> Iterator[BaselineEntry]:
    for model in report.reports:
        for finding in model.findings:
            if finding.suppressed in (None, BASELINED):
                name = model.model.source or model.model.name
                yield BaselineEntry(identity(model.model, finding), finding.severity, name)


def parse_baseline(_ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Baseline | None:
    """The option's file, read before anything is measured. Raises InputError."""
    return None if value is None else read_baseline(value)


baseline_option = click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="REPORT.json",
    callback=parse_baseline,
    help="Count only what is new, or worse, since this JSON report was written.",
)
