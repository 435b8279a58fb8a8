"""How much was found, in one line: what counts, in how many models, and what was left out."""

from __future__ import annotations

from collections import Counter

from gradaudit.domain.findings import BASELINED, Severity
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Report


def counts(report: Report) -> str:
    """1 error, 2 warnings in 3 models; 1 finding suppressed."""
    return f"{tally(report)}{tally_of_models(report)}"


def tally(report: Report) -> str:
    """1 error, 2 warnings, and information where there is any: of what counts."""
    found = Counter(finding.severity for finding in report.findings())
    parts = [counted(found[Severity.ERROR], "error"), counted(found[Severity.WARNING], "warning")]
    parts += [f"{found[Severity.INFO]} info"] if found[Severity.INFO] else []
    return ", ".join(parts)


def tally_of_models(report: Report) -> str:
    """What follows: in how many models, and what was left out."""
    return f" in {counted(len(report.reports), 'model')}{_left_out(report)}"


def _left_out(report: Report) -> str:
    """What does not count and must not be overlooked."""
    sources = len({failure.source for failure in report.errors if not failure.internal})
    faults = sum(failure.internal for failure in report.errors)
    quiet = [f.suppressed for model in report.reports for f in model.findings if f.suppressed is not None]
    known = quiet.count(BASELINED)
    silenced = len(quiet) - known
    parts = [f"{counted(sources, 'source')} not audited"] if sources else []
    parts += [counted(faults, "fault") + " of gradaudit's own"] if faults else []
    parts += [f"{counted(silenced, 'finding')} suppressed"] if silenced else []
    parts += [f"{counted(known, 'finding')} as in the baseline"] if known else []
    return "".join(f"; {part}" for part in parts)
