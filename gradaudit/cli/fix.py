"""`gradaudit fix SOURCE`: the smallest set of verified changes that fixes the findings, as a diff or written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradaudit.api import Subject, subjects
from gradaudit.cli.cache import Kept
from gradaudit.cli.config import load_config
from gradaudit.cli.options import audit_options, rules_option
from gradaudit.cli.outputs import style_and_detail
from gradaudit.cli.plan_text import diff_lines, plan_lines, tried_lines
from gradaudit.cli.progress import Progress
from gradaudit.cli.rule_names import complete_files
from gradaudit.cli.settings import CommandSettings, settings_of
from gradaudit.cli.source import audit_source, failure_text
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put, tell
from gradaudit.domain.findings import Severity
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import STDIN, recorded
from gradaudit.formats.finding_text import Detail
from gradaudit.remedies import ALL
from gradaudit.text.printable import inert
from gradaudit.text.text_style import TextStyle

if TYPE_CHECKING:
    from gradaudit.auditing.pipeline import Audited
    from gradaudit.auditing.search_plan import SearchOptions, SearchPlan
    from gradaudit.cli.cache.plans import PlanCache
    from gradaudit.domain.findings import Fix
    from gradaudit.domain.spec import ModelSpec


KINDS = tuple(remedy.name for remedy in ALL)


def split_kinds(_ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """`--allow activation,initializer` → each the name of a kind of change."""
    from gradaudit.text.suggest import hint

    kinds = tuple(kind.strip() for value in values for kind in value.split(",") if kind.strip())
    for kind in kinds:
        if kind not in KINDS:
            raise click.BadParameter(f"'{kind}' is no kind of change{hint(kind, KINDS)}", param=parameter)
    return kinds


@click.command("fix")
@click.argument("source", metavar="SOURCE", shell_complete=complete_files)
@click.option("--write/--diff", help="Write the changes to the spec, or show them.  [default: diff]")
@rules_option("--only", help="Fix the findings of these rules.")
@click.option(
    "--allow",
    multiple=True,
    metavar="KINDS",
    callback=split_kinds,
    help=f"Make these changes alone: {', '.join(KINDS)}.",
)
@click.option("--max-changes", type=click.IntRange(1, 10), metavar="N", default=4, help="Join at most N of them.  [4]")
@audit_options
@click.pass_context
def command(ctx: click.Context, /, source: str, **given: Any) -> int:  # noqa: ANN401 - the options above
    """Search the smallest set of changes that fixes the findings of SOURCE, each of them tried and measured.

    Shows the changes as a diff with the numbers before and after; --write makes them in the spec, whose comments and
    layout stay, and checks it again. Exit status: 0 nothing to change, or all fixed by --write; 1 changes proposed,
    or findings left; 2 SOURCE cannot be fixed.
    """
    from gradaudit.auditing.search import search
    from gradaudit.auditing.search_plan import SearchOptions

    config = load_config(given["config"], Path.cwd())
    settings = settings_of(ctx, config, frozenset())
    style, detail = style_and_detail(given, given["color"] or config.color)
    asked = SearchOptions(frozenset(given["only"]), frozenset(given["allow"]), given["max_changes"])
    cache = _cache(source, settings, asked)
    with recorded() as opened, Progress.asked(given) as progress:
        subject = _subject(source, settings)
        file = SpecFile.of(source, subject.spec, writes=given["write"])
        plan = cache.recall() if cache else None
        if plan is None:
            progress.about(source)
            audited = _audited(subject, settings, progress)
            plan = search(audited, subject.spec, asked, progress.searching)
            if cache and not audited.failures:
                cache.remember(Kept((audited.report,), (subject.spec.audit.fail_on or "",)), plan, opened)
    shown = Shown(plan, file.diff(subject, plan.fixes) if file else "", style=style, detail=detail)
    written = put(shown.text(), color=style.color)
    if plan.interrupted:
        tell("interrupted: this is the best so far" if plan.fixes else "interrupted before anything helped")
        return Status.INTERRUPTED
    if file is None or not given["write"] or not plan.fixes:
        return max(written, Status.FINDINGS if plan.fixes or plan.left else Status.CLEAN)
    file.write(subject, plan.fixes)
    tell(f"wrote {source}")
    with Progress.asked(given) as progress:
        return max(written, _checked_again(source, settings, asked.only, progress))


@dataclass(frozen=True)
class SpecFile:
    """The text of a spec as it was read; nothing else can be edited."""

    path: Path
    data: bytes

    @classmethod
    def of(cls, source: str, spec: ModelSpec, *, writes: bool) -> SpecFile | None:
        """The source as a spec file; None where it is none, and nothing is to be written. Else raises InputError."""
        from gradaudit.files.opening import read_text
        from gradaudit.files.writing import check_writable
        from gradaudit.inputs.readers import SPEC_SUFFIXES

        if spec.framework is None and source != STDIN and source.lower().endswith(SPEC_SUFFIXES):
            if writes:
                check_writable(Path(source))
            return cls(Path(source), read_text(source).encode())
        if writes:
            what = "standard input" if source == STDIN else "no spec file"
            says = f"is {what}, so nothing can be written to it; without --write the changes are shown"
            raise InputError(Problem(says, Location(source)))
        return None

    def edited(self, subject: Subject, fixes: tuple[Fix, ...]) -> str:
        """The text with the fixes made one after another. Raises InputError where it cannot hold them."""
        from gradaudit.editing.spec_changes import apply
        from gradaudit.editing.spec_edit import edited

        text, spec = self.data.decode(), subject.spec
        for fix in fixes:
            spec = apply(spec, fix.changes)
            text = edited(text, fix.changes, spec)
        return text

    def diff(self, subject: Subject, fixes: tuple[Fix, ...]) -> str:
        """What the fixes change in the file."""
        from gradaudit.editing.text_diff import diff

        return diff(self.data.decode(), self.edited(subject, fixes), self.path.as_posix())

    def write(self, subject: Subject, fixes: tuple[Fix, ...]) -> None:
        """Put the edited text in the file's place. Raises InputError where the file has changed meanwhile."""
        from gradaudit.files.writing import write_whole

        content = self.edited(subject, fixes).encode()
        if self._now() != self.data:
            says = "has changed since it was read, so nothing was written; run fix again"
            raise InputError(Problem(says, Location(str(self.path))))
        write_whole(self.path, content)

    def _now(self) -> bytes | None:
        """What the file holds by now; None where it has gone."""
        from gradaudit.files.opening import MAX_BYTES, FileError, read_file

        try:
            return read_file(self.path, MAX_BYTES, "a spec")
        except FileError:
            return None


@dataclass(frozen=True)
class Shown:
    """What goes to standard output."""

    plan: SearchPlan
    diff: str
    style: TextStyle
    detail: Detail

    def text(self) -> str:
        """The diff, the numbers, and with -v everything that was tried; with -q the diff alone."""
        return "".join(f"{inert(line)}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        if self.diff:
            yield from diff_lines(self.diff, self.style)
        if self.detail == "quiet":
            return
        if self.diff:
            yield ""
        yield from plan_lines(self.plan, self.style)
        if self.detail == "verbose" and self.plan.fixes:
            yield from tried_lines(self.plan, self.style)


def _subject(source: str, settings: CommandSettings) -> Subject:
    """The one model of the source. Raises InputError where there are several, or none."""
    if Path(source).is_dir():
        raise InputError(Problem("is a folder; fix takes one model", Location(source)))
    found = subjects(source, data=settings.data, unsafe_load=settings.unsafe_load)
    if len(found) == 1:
        return found[0]
    names = ", ".join(subject.spec.name for subject in found)
    advice = "make specs of them (gradaudit convert -o '{name}.yaml') and fix one"
    held = f"holds {len(found)} models ({names}); {advice}" if found else "holds no model"
    raise InputError(Problem(held, Location(source)))


def _cache(source: str, settings: CommandSettings, asked: SearchOptions) -> PlanCache | None:
    """The cache in which the plan may lie; None where nothing is to be kept."""
    from gradaudit.cli.cache.plans import PlanCache

    if settings.cache is None or settings.unsafe_load:
        return None
    options = (repr(sorted(asked.only)), repr(sorted(asked.kinds)), repr(asked.most))
    return PlanCache.of(settings.cache, settings.question(source, None), options)


def _audited(subject: Subject, settings: CommandSettings, progress: Progress) -> Audited:
    from gradaudit.auditing.pipeline import audit

    defaults = settings.defaults(subject.spec.source)
    return audit(subject.spec, settings.options, defaults, X=subject.X, y=subject.y, progress=progress)


def _checked_again(source: str, settings: CommandSettings, only: frozenset[str], progress: Progress) -> Status:
    """Audit what was written, and say what is left."""
    progress.about(source)
    outcome = audit_source(source, settings, progress=progress)
    progress.wipe()
    if outcome.failures:
        tell(*map(failure_text, outcome.failures))
        return Status.FAULT if any(each.internal for each in outcome.failures) else Status.NOT_AUDITED
    (report,) = outcome.reports
    left = {f.rule for f in report.counted if f.severity > Severity.INFO and (not only or f.rule in only)}
    still = f", still found: {', '.join(sorted(left))}" if left else ""
    put(f"checked again: {report.verdict}{still}\n")
    return Status.FINDINGS if left else Status.CLEAN
