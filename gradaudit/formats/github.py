"""The report as GitHub's runner takes it from a log: commands that annotate files, then a line for each model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.report import Failure, ModelReport, Report
from gradaudit.errors import Location
from gradaudit.formats.attempts import shown_fixes
from gradaudit.formats.places import file_of
from gradaudit.formats.standing import standing
from gradaudit.formats.tally import counts
from gradaudit.text.printable import inert, printable
from gradaudit.text.visible import visible
from gradaudit.text.wording import clip

MOST = 10
"""Annotations of one kind that GitHub shows of a step."""
KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SENTENCE, _TITLE = 1000, 120


@dataclass(frozen=True, slots=True)
class Note:
    """One annotation."""

    severity: Severity
    title: str
    message: str
    """May have several lines."""
    file: str
    line: int | None = None
    column: int | None = None

    @property
    def command(self) -> str:
        """`::error file=…,line=…,col=…,title=…::message`, on one line."""
        places = (("file", self.file), ("line", self.line), ("col", self.column), ("title", clip(self.title, _TITLE)))
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in places if value)
        return f"::{KINDS[self.severity]} {properties}::{command_data(self.message)}"

    @property
    def plain(self) -> str:
        """The same for a reader of the log."""
        place = printable(str(Location(self.file, self.line, self.column)))
        first = self.message.split("\n", maxsplit=1)[0]
        return inert(f"{place}: {self.severity} {printable(self.title)}: {printable(first)}")


class GithubFormat:
    """Workflow commands, worst first and within what GitHub shows; the others are counted and printed plainly."""

    name = "github"
    needs: tuple[str, ...] = ()

    def render(self, report: Report) -> bytes:
        notes = list(_notes(report))
        lines = [line for kind in reversed(Severity) for line in _of_kind(kind, notes)]
        lines += [inert(_verdict(model)) for model in report.reports]
        return "".join(f"{line}\n" for line in (*lines, inert(counts(report)))).encode("utf-8", "replace")


FORMAT = GithubFormat()


def _notes(report: Report) -> Iterator[Note]:
    yield from (_of_failure(failure) for failure in report.errors)
    for model in report.reports:
        yield from (_of_finding(model, finding) for finding in model.counted)


def _of_failure(failure: Failure) -> Note:
    title = "gradaudit: a fault of its own" if failure.internal else "gradaudit: not audited"
    place = failure.location or Location(file_of(failure.source))
    return Note(Severity.ERROR, title, clip(failure.message, _SENTENCE), place.file, place.line, place.column)


def _of_finding(report: ModelReport, finding: Finding) -> Note:
    place = finding.location or Location(file_of(report.model.source))
    said = [finding.message, f"Cause: {finding.cause}" if finding.cause else ""]
    said += [f"Fix: {fix.title} ({fix.status})" for fix in shown_fixes(finding)[:1]]
    message = "\n".join(clip(sentence, _SENTENCE) for sentence in said if sentence)
    return Note(
        finding.severity,
        f"gradaudit[{finding.rule}] {report.model.name}",
        message,
        place.file,
        place.line,
        place.column,
    )


def _of_kind(kind: Severity, notes: list[Note]) -> Iterator[str]:
    """The commands of one kind: where they are too many the last one says how many more stand below it."""
    mine = [note for note in notes if note.severity is kind]
    shown = mine if len(mine) <= MOST else mine[: MOST - 1]
    yield from (note.command for note in shown)
    rest = mine[len(shown) :]
    if rest:
        yield f"::{KINDS[kind]} title=gradaudit::{len(rest)} more {_plural(kind)} stand in the log and in the reports"
        yield from (note.plain for note in rest)


def _plural(kind: Severity) -> str:
    return "findings that are information" if kind is Severity.INFO else f"{kind}s"


def _verdict(report: ModelReport) -> str:
    source = f" ({printable(report.model.source)})" if report.model.source else ""
    return f"{printable(report.model.name)}{source}: {standing(report)} - {printable(report.summary)}"


def command_data(text: str) -> str:
    """What the runner gives back as it was; `##[` would be a command of another kind."""
    shown = visible(text.replace("\t", " ")).replace("##[", "## [")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return command_data(text).replace(":", "%3A").replace(",", "%2C")
