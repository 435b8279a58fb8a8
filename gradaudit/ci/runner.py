"""How a step speaks to GitHub's runner: outputs and the summary in files, messages in lines that it obeys."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from gradaudit.formats.visible import visible

SUMMARY_BYTES = 1_000_000
"""GitHub refuses a step's summary of more than 1 MiB, all of it."""


def write_outputs(file: str, outputs: Mapping[str, str]) -> None:
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
    print(f"::{kind} title=gradaudit::{_escaped(message)}", flush=True)  # noqa: T201 - this is how a runner is told


def _append(file: str, text: str) -> None:
    with Path(file).open("ab") as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def _escaped(message: str) -> str:
    """As the runner decodes it; a line feed in the message would end the command."""
    text = visible(message).encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
