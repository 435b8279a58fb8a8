"""The audit step: what changed is audited, compared with what was, and told in every way that the runner knows."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from gradaudit.ci import relocate
from gradaudit.ci.base import Base, find_base
from gradaudit.ci.event import Event, load_event
from gradaudit.ci.git import Change, Git, GitError, repository
from gradaudit.ci.markdown import shortened
from gradaudit.ci.outcome import Outcome, load_document, outcome_of
from gradaudit.ci.pango import has_pango
from gradaudit.ci.request import Request, load_request
from gradaudit.ci.runner import SUMMARY_BYTES, say, write_outputs, write_summary
from gradaudit.ci.selection import Selection, is_object, select
from gradaudit.ci.states import audit_base, audit_head, exported
from gradaudit.ci.summary import headline, summary
from gradaudit.errors import GradauditError, InputError
from gradaudit.inputs import discover

_NOT_AUDITED = 2


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done."""

    request: Request
    event: Event
    git: Git | None
    base: Base
    selection: Selection
    missing: tuple[str, ...]
    """Entries of `paths` that stand for nothing: the audit says so."""
    removed: tuple[str, ...] = ()


def audit_step(environment: Mapping[str, str]) -> int:
    """Do it all and return the exit status; the outputs are written whatever comes."""
    output = environment.get("GITHUB_OUTPUT", "")
    try:
        work = plan(environment)
    except GradauditError as error:
        for problem in error.problems:
            say("error", str(problem))
        write_outputs(output, {"status": str(_NOT_AUDITED)})
        return _NOT_AUDITED
    folder = Path(mkdtemp(prefix="gradaudit-report-", dir=environment.get("RUNNER_TEMP") or None))
    status, outcome, known = _audited(work, folder, environment.get("RUNNER_TEMP", ""))
    text = _text(work, outcome, folder, compared=known)
    write_summary(environment.get("GITHUB_STEP_SUMMARY", ""), shortened(text, SUMMARY_BYTES))
    (folder / "summary.md").write_text(text, encoding="utf-8", errors="backslashreplace")
    write_outputs(output, _outputs(status, outcome, folder, work.event))
    return status
