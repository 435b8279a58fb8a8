"""The audit step: what changed is audited, compared with what was, and told in every way that the runner knows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from gradaudit.ci.base import Base
from gradaudit.ci.outcome import counted, relocated, side_by_side
from gradaudit.ci.pango import has_pango
from gradaudit.ci.plan import Plan, plan
from gradaudit.ci.request import Request, load_request
from gradaudit.ci.runner import annotate, say, write_outputs, write_summary
from gradaudit.ci.selection import repository_path
from gradaudit.ci.states import RENDERED, audit_base, audit_head, exported, load, write
from gradaudit.ci.summary import Told, headline, markdown
from gradaudit.cli.status import Status
from gradaudit.errors import GradauditError, InputError
from gradaudit.formats import SUFFIXES
from gradaudit.inputs import discover
from gradaudit.report import Report


def audit_step(environment: Mapping[str, str]) -> int:
    """Do it all and return the exit status; the outputs are written whatever comes."""
    status, outputs = int(Status.FAULT), dict[str, str]()
    try:
        request = load_request(environment)
        with _inside(request.working_directory):
            work = plan(request, environment)
            folder = Path(mkdtemp(prefix="gradaudit-report-", dir=_place(environment))).resolve()
            status, told = _audited(work, folder, _place(environment))
        outputs = _tell(told, folder, environment) | {"fork": str(work.event.is_fork).lower()}
    except GradauditError as error:
        status = Status.NOT_AUDITED
        for problem in error.problems:
            say("error", str(problem))
    finally:
        write_outputs(environment.get("GITHUB_OUTPUT", ""), outputs | {"status": str(int(status))})
    return status


def _inside(folder: str) -> chdir[str]:
    """In the folder. Raises InputError where there is none."""
    if not os.path.isdir(folder):  # noqa: PTH112 - which does not break where no folder can have such a name
        raise InputError(f"working-directory: there is no folder '{folder}'")
    return chdir(folder)


def _place(environment: Mapping[str, str]) -> str | None:
    """Where the runner wants what is thrown away after the job."""
    return environment.get("RUNNER_TEMP") or None


def _audited(work: Plan, folder: Path, place: str | None) -> tuple[int, Told]:
    """Audit both states; the exit status is that of the later one."""
    earlier = folder.with_name(f"{folder.name}-before.json")
    base, told = _before(work, place, earlier)
    if not work.sources:
        return 0, told
    request = _with_pdf_or_not(work.request)
    baseline = request.baseline
    if base is not None:
        baseline = str(earlier)
        write(base, "json", earlier)
    status = audit_head(request, work.sources, folder, baseline)
    head = load(folder / "report.json")
    if head is None:
        say("error", "the audit could not be finished; the step's log tells why")
        return max(status, Status.NOT_AUDITED), replace(told, report=None)
    head, base = relocated(head, work.prefix), base and relocated(base, work.prefix)
    return status, replace(told, report=head, models=side_by_side(head, base))


def _before(work: Plan, place: str | None, file: Path) -> tuple[Report | None, Told]:
    """The report of the state before, where there is one to compare with, and what can be told already."""
    told = Told(Report(()), base=work.base, unchanged=work.selection.unchanged)
    if work.request.baseline:
        return None, replace(told, base=Base(), compared=True)
    if work.git is None or not work.base.commit:
        return None, told
    if not work.deleted and not work.selection.before:
        return Report(()), replace(told, compared=True)
    with exported(work.git, work.base.commit, place) as tree:
        base = audit_base(work.request, work.selection.before, tree, file) if tree else None
        removed = _removed(work, tree) if tree else ()
    if base is None:
        told = replace(told, base=Base(missing="the state before could not be audited"))
    return base, replace(told, compared=base is not None, removed=removed)


def _removed(work: Plan, tree: Path) -> tuple[str, ...]:
    """The models that were deleted; whether a file was one can be seen in the state before alone."""
    with chdir(tree):
        found = [repository_path(source, work.prefix) for source in discover(work.request.paths).sources]
    return tuple(path for path in found if path in work.deleted)


def _with_pdf_or_not(request: Request) -> Request:
    """Without the PDF where none can be made: the HTML is the same report."""
    if "pdf" not in request.reports or has_pango():
        return request
    say("notice", "no PDF: this runner has no Pango, and none could be installed; the HTML report has everything too")
    return replace(request, reports=tuple(name for name in request.reports if name != "pdf"))


def _tell(told: Told, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Annotations, the job's summary and the reports; the step's outputs but for its status."""
    text = markdown(told)
    write_summary(environment.get("GITHUB_STEP_SUMMARY", ""), text)
    (folder / "summary.md").write_text(text, encoding="utf-8")
    if told.report is not None and told.models + told.report.errors:
        annotate(told.report)
        for name in RENDERED:
            write(told.report, SUFFIXES[f".{name}"], folder / f"report.{name}")
    if told.base.missing and not told.compared:
        say("notice", f"everything counts: {told.base.missing}")
    print(f"gradaudit: {headline(told)}", flush=True)  # noqa: T201 - the last line of the step's log
    reports = {file.suffix[1:]: str(file) for file in sorted(folder.glob("report.*"))}
    counts = {f"{kind}s": str(counted(told.models, kind)) for kind in ("error", "warning")}
    news = str(told.is_news).lower()
    kept = str(folder) if reports else ""  # a summary alone is no artifact
    return {**reports, **counts, "folder": kept, "summary": str(folder / "summary.md"), "news": news}
