"""The audit step: what changed is audited, compared with what was, and told in every way that the runner knows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from gradaudit.ci.event import Base
from gradaudit.ci.outcome import count_findings, relocated, side_by_side
from gradaudit.ci.pango import has_pango
from gradaudit.ci.plan import CheckPlan, plan, repository_path
from gradaudit.ci.request import Request, load_request
from gradaudit.ci.runner import annotate, say, write_step_outputs, write_summary
from gradaudit.ci.states import audit_base, audit_head, exported, load_report, write
from gradaudit.ci.summary import StepResult, headline, markdown
from gradaudit.cli.baseline import read_baseline
from gradaudit.cli.excerpts import source_lines
from gradaudit.cli.source import of_findings
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put
from gradaudit.domain.report import Report
from gradaudit.errors import GradauditError, InputError
from gradaudit.files.workspace import fault_of_link
from gradaudit.formats.text import TextFormat
from gradaudit.inputs import discover

FEW = 4
"""So many models are compared even where nothing is found now, to tell what was mended; more would double the time."""
ALWAYS = ("json", "md", "sarif")
"""Written whatever reports are asked for: other programs stand on them."""


def audit_step(environment: Mapping[str, str]) -> int:
    """Do it all and return the exit status; the outputs are written whatever comes."""
    status, outputs = int(Status.FAULT), dict[str, str]()
    try:
        request = load_request(environment)
        with _inside(request.working_directory):
            work = plan(request, environment)
            folder = Path(mkdtemp(prefix="gradaudit-report-", dir=_place(environment))).resolve()
            status, result = _audited(work, folder, _place(environment))
        outputs = _tell(result, folder, _kinds(request) if result.models else (), environment) | {
            "fork": str(work.event.is_fork).lower()
        }
    except GradauditError as error:
        status = Status.NOT_AUDITED
        for problem in error.problems:
            say("error", str(problem))
    finally:
        write_step_outputs(environment.get("GITHUB_OUTPUT", ""), outputs | {"status": str(int(status))})
    return status


def _inside(folder: str) -> chdir[str]:
    """Work in the folder. Raises InputError where there is none, or it is a link out of the workspace."""
    if not os.path.isdir(folder):  # noqa: PTH112 - which does not break where no folder can have such a name
        raise InputError(f"working-directory: there is no folder '{folder}'")
    if fault := fault_of_link(folder):
        raise InputError(f"working-directory: '{folder}' {fault}")
    return chdir(folder)


def _place(environment: Mapping[str, str]) -> str | None:
    """The runner's folder for what is thrown away after the job."""
    return environment.get("RUNNER_TEMP") or None


def _audited(work: CheckPlan, folder: Path, place: str | None) -> tuple[int, StepResult]:
    """Audit both states; the exit status is that of the later one."""
    request, result = work.request, StepResult(Report(()), base=work.base, unchanged=work.selection.unchanged)
    baseline = read_baseline(Path(request.baseline)) if request.baseline else None
    with _state_before(work, place) as tree:
        result = replace(result, removed=_removed(work, tree) if tree else ())
        sources = (*work.sources, *(_lost(work, tree) if tree else ()))
        if not sources:
            return Status.CLEAN, result
        status = audit_head(request, sources, folder / "report.json")
        head = load_report(folder / "report.json")
        if head is None:
            say("error", "the audit could not be finished; the step's log tells why")
            return max(status, Status.NOT_AUDITED), replace(result, report=None)
        before = _worth_comparing(head, work.selection.before)
        earlier = folder.with_name(f"{folder.name}-before.json")
        base = None if baseline else _before(work, before, tree, earlier)
    if base is not None:
        write(base, earlier)
        baseline = read_baseline(earlier)
    elif baseline or work.base.commit:
        result = replace(result, base=Base(missing="" if baseline else "the state before could not be audited"))
    if baseline is not None:
        head = replace(head, reports=tuple(map(baseline.applied, head.reports)))
    put(TextFormat(lines=source_lines(head, {})).render(head))
    status = max(status, *(of_findings(report, request.fail_on) for report in head.reports), Status.CLEAN)
    models = side_by_side(relocated(head, work.prefix), base and relocated(base, work.prefix))
    partial = base is not None and len(before) < len(work.selection.before)
    result = replace(result, report=relocated(head, work.prefix), models=models, partial=partial)
    return status, replace(result, compared=baseline is not None)


@contextmanager
def _state_before(work: CheckPlan, place: str | None) -> Iterator[Path | None]:
    """The folder with the state before, where something in it matters."""
    if work.git is None or not work.base.commit or not (work.deleted or work.doubtful or work.selection.before):
        yield None
    else:
        with exported(work.git, work.base.commit, place) as tree:
            yield tree


def _worth_comparing(head: Report, before: Mapping[str, str]) -> Mapping[str, str]:
    """What to audit of the state before: everything of a small change, else what has findings now."""
    if len(before) <= FEW:
        return before
    found = {report.model.source for report in head.reports if report.counted}
    return {now: old for now, old in before.items() if now in found}


def _before(work: CheckPlan, before: Mapping[str, str], tree: Path | None, file: Path) -> Report | None:
    """The report of the state before; None where there is nothing to compare with, or it could not be audited."""
    if not work.base.commit:
        return None
    if not before:
        return Report(())
    return audit_base(work.request, before, tree, file) if tree else None


def _removed(work: CheckPlan, tree: Path) -> tuple[str, ...]:
    """The models that were deleted; whether a file was one can be seen in the state before alone."""
    with chdir(tree):
        found = [repository_path(source, work.prefix) for source in discover(work.request.paths).sources]
    return tuple(path for path in found if path in work.deleted)


def _lost(work: CheckPlan, tree: Path) -> tuple[str, ...]:
    """Files that were models and are none now: a gate that passed them over would be opened by a typing error."""
    with chdir(tree):
        before = {repository_path(source, work.prefix) for source in discover(work.request.paths).sources}
    return tuple(file for file in work.doubtful if repository_path(file, work.prefix) in before)


def _kinds(request: Request) -> tuple[str, ...]:
    """The reports that can be made: without Pango no PDF, of which the HTML is the same report."""
    if "pdf" not in request.reports or has_pango():
        return request.reports
    say("notice", "no PDF: this runner has no Pango, and none could be installed; the HTML report has everything too")
    return tuple(name for name in request.reports if name != "pdf")


def _tell(result: StepResult, folder: Path, kinds: tuple[str, ...], environment: Mapping[str, str]) -> dict[str, str]:
    """Annotations, the job's summary and the reports; the step's outputs but for its status."""
    text = markdown(result)
    write_summary(environment.get("GITHUB_STEP_SUMMARY", ""), text)
    (folder / "summary.md").write_text(text, encoding="utf-8")
    if result.report is not None and result.models + result.report.errors:
        annotate(result.report)
        for name in (*ALWAYS, *kinds):
            write(result.report, folder / f"report.{name}")
    if result.base.missing and not result.compared:
        say("notice", f"everything counts: {result.base.missing}")
    print(f"gradaudit: {headline(result)}", flush=True)  # noqa: T201 - the last line of the step's log
    reports = {file.suffix[1:]: str(file) for file in sorted(folder.glob("report.*"))}
    counts = {f"{kind}s": str(count_findings(result.models, kind)) for kind in ("error", "warning")}
    news = str(result.is_news).lower()
    kept = str(folder) if reports else ""  # a summary alone is no artifact
    return {**reports, **counts, "folder": kept, "summary": str(folder / "summary.md"), "news": news}
