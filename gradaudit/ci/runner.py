"""How a step speaks to GitHub's runner: outputs and the summary in files, messages in lines that it obeys."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path

from gradaudit.domain.report import Report
from gradaudit.formats import get
from gradaudit.formats.github import command_data


def write_step_outputs(file: str, outputs: Mapping[str, str]) -> None:
    """Add outputs to GITHUB_OUTPUT; each ends at a word that no value can have guessed. No file, no outputs."""
    if not file:
        return
    lines = []
    for name, value in outputs.items():
        end = f"end-{uuid.uuid4().hex}"
        lines.append(f"{name}<<{end}\n{value}\n{end}\n")
    _append(file, "".join(lines))


def write_summary(file: str, markdown: str) -> None:
    """Add to GITHUB_STEP_SUMMARY; on one's own machine there is none."""
    if file:
        _append(file, markdown)


def say(kind: str, message: str) -> None:
    """One annotation without a place: `notice`, `warning` or `error`."""
    print(f"::{kind} title=gradaudit::{command_data(message)}", flush=True)  # noqa: T201 - this is how a runner is told


def annotate(report: Report) -> None:
    """The findings at their lines; what else the format prints stands in the log already."""
    printed = get("github").render(report).decode()
    print(*(line for line in printed.split("\n") if line.startswith("::")), sep="\n", flush=True)  # noqa: T201


def _append(file: str, text: str) -> None:
    with Path(file).open("ab") as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
