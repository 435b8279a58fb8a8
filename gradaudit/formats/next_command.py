"""The command that goes on from a report: `next: gradaudit fix model.yaml`, the last line of the text format."""

from __future__ import annotations

import shlex

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.report import ModelReport, Report
from gradaudit.files.names import command_line
from gradaudit.formats.attempts import suggested_fix

_FOR_CHECK_ALONE = ("--select", "--ignore", "--effort")


def _troubles(report: ModelReport) -> list[Finding]:
    return [finding for finding in report.counted if finding.severity > Severity.INFO]


def next_command(report: Report) -> str:
    """The command that goes on from here; empty where all is said, or nobody knows how it was called."""
    sick = [model for model in report.reports if _troubles(model) and _words(model)]
    mendable = [model for model in sick if _can_be_fixed(model, report)]
    if mendable:
        more = f"   (and {len(mendable) - 1} more)" if len(mendable) > 1 else ""
        return f"next: {_fix_command(mendable[0])}{more}"
    if sick:
        return f"next: gradaudit explain {command_line([_troubles(sick[0])[0].rule])}"
    unsure = [model for model in report.reports if not model.conclusive and _is_cut(model) and _words(model)]
    return f"next: {_longer_command(unsure[0])}" if unsure and unsure[0].settings.effort != "thorough" else ""


def _is_cut(model: ModelReport) -> bool:
    """More steps are planned than were run: all that more effort could show."""
    return model.covered is None or model.planned is None or model.covered < model.planned


def _words(model: ModelReport) -> list[str]:
    """The source and the options of the `gradaudit check` that measured this; none where it was no such command."""
    try:
        program, command, *words = shlex.split(model.command)
    except ValueError:  # none, or one that no shell would take
        return []
    return words if (program, command) == ("gradaudit", "check") else []


def _can_be_fixed(model: ModelReport, report: Report) -> bool:
    """`gradaudit fix` takes one model of a source that can be read twice."""
    alone = sum(other.command == model.command for other in report.reports) == 1
    return alone and _words(model)[0] != "-" and suggested_fix(_troubles(model)) is not None


def _fix_command(model: ModelReport) -> str:
    """The command that checked, as one that fixes: same source, seeds and data."""
    return command_line(["gradaudit", "fix", *_without(_words(model), _FOR_CHECK_ALONE)])


def _longer_command(model: ModelReport) -> str:
    """The command that checked, with all the effort there is."""
    return command_line(["gradaudit", "check", *_without(_words(model), ("--effort",)), "--effort", "thorough"])


def _without(words: list[str], options: tuple[str, ...]) -> list[str]:
    """The words of a command without these options and their values."""
    dropped = {i + k for i, word in enumerate(words) if word in options for k in (0, 1)}
    return [word for i, word in enumerate(words) if i not in dropped]
