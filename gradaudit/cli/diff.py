"""`gradaudit diff`: two reports, two sources, or a git revision and the working tree: what got better, what worse."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gradaudit.cli.config import Config, load_config
from gradaudit.cli.options import audit_options, fail_on_option, rule_options
from gradaudit.cli.outputs import output_option, refuse_to_overwrite, style_and_detail, usable, write_file
from gradaudit.cli.progress import Progress
from gradaudit.cli.settings import CommandSettings, settings_of
from gradaudit.cli.sides import Measuring, Side, as_measured, relative_to_argument, side_of, told_apart
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put
from gradaudit.errors import InputError

if TYPE_CHECKING:
    from gradaudit.comparison import Comparison

_PATHS = "gradaudit.diff.paths"
_SUFFIXES = {".json": "json", ".md": "markdown"}
_MEASURING = ("seeds", "seed", "effort", "data", "select", "ignore", "unsafe_load")
WORKING_TREE = "the working tree"


class _Diff(click.Command):
    """Remembers what stands behind `--`, which click does not tell: the paths of a revision."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PATHS] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


@click.command("diff", cls=_Diff)
@click.argument("sides", nargs=-1, metavar="BASE HEAD | REV [-- PATH...]")
@click.option(
    "--format", type=click.Choice(("text", "json", "markdown")), default="text", help="What standard output gets."
)
@output_option("the comparison", _SUFFIXES)
@rule_options
@fail_on_option("regression", "warning")
@audit_options
@click.pass_context
def command(ctx: click.Context, /, sides: tuple[str, ...], **given: Any) -> int:  # noqa: ANN401 - the options above
    """Compare BASE with HEAD, or the git revision REV with the working tree: what got better, what got worse.

    BASE and HEAD are JSON reports that check wrote, or sources as check takes them. Of a revision, every source below
    the working directory is compared, or below each PATH.

    Both sides are measured with the same seeds and compared seed by seed. A regression is a warning or an error that
    is new or graver, or a training run that reaches less beyond the seeds' spread; other numbers are shown. Sources
    that are equal in REV and now are not measured.

    Exit status: 0 no regression, 1 a regression, 2 something could not be audited or read.
    """
    config = load_config(given["config"], Path.cwd())
    outputs = usable(given["output"])
    settings = replace(settings_of(ctx, config, frozenset()), verbose=given["verbose"])
    with Progress.asked(given) as progress:
        measuring, found = _compared(ctx, sides, settings, progress)
    return max(
        measuring.status,
        Status.CLEAN if outputs == given["output"] else Status.NOT_AUDITED,
        _judged(found, _fail_on(settings)),
        *(write_file(each.path, _rendered(each.format_name, found), quiet=given["quiet"]) for each in outputs),
        _print(found, given, config),
    )


def _compared(
    ctx: click.Context, sides: tuple[str, ...], settings: CommandSettings, progress: Progress
) -> tuple[Measuring, Comparison]:
    """Whichever of the two forms was asked for. Raises UsageError for neither."""
    paths: tuple[str, ...] | None = ctx.meta.get(_PATHS)
    if paths is not None and not sides:  # `diff -- BASE HEAD`
        sides, paths = paths, None
    if len(sides) == 1:
        refuse_to_overwrite(ctx.params["output"], paths or ())
        return _with_revision(sides[0], paths or (".",), settings, progress)
    if len(sides) != 2 or paths is not None:
        raise click.UsageError("name BASE and HEAD, or a git revision and, behind --, its paths", ctx)
    refuse_to_overwrite(ctx.params["output"], sides)
    return _of_two(ctx, [_side(side, sides) for side in sides], settings, progress)


def _side(argument: str, sides: tuple[str, ...]) -> Side:
    """A revision in the place of a file is the likeliest mistake."""
    from gradaudit.inputs import discover

    side = side_of(argument)
    if side.report is None and argument == sides[0] and discover(side.sources).failures and not Path(argument).exists():
        with contextlib.suppress(InputError):
            from gradaudit.cli.git.repository import find_repository

            find_repository(Path.cwd()).commit_of(argument)
            raise click.UsageError(f"for the git revision '{argument}', write: gradaudit diff {argument} -- {sides[1]}")
    return side


def _of_two(
    ctx: click.Context, sides: Sequence[Side], settings: CommandSettings, progress: Progress
) -> tuple[Measuring, Comparison]:
    from gradaudit.comparison import compare_reports

    if all(side.report is not None for side in sides):
        _refuse_measuring(ctx)
    measuring = Measuring(as_measured(settings, sides), progress)
    base, head = (relative_to_argument(measuring.report(side), side.name) for side in sides)
    return measuring, compare_reports(base, head, names=(sides[0].name, sides[1].name))


def _refuse_measuring(ctx: click.Context) -> None:
    """Raises UsageError for an option that two finished reports leave no use for."""
    for key in _MEASURING:
        if ctx.get_parameter_source(key) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{key.replace('_', '-')} has no use: of two reports nothing is measured", ctx)


def _with_revision(
    revision: str, paths: Sequence[str], settings: CommandSettings, progress: Progress
) -> tuple[Measuring, Comparison]:
    from gradaudit.cli.git.repository import find_repository
    from gradaudit.cli.git.tree import export
    from gradaudit.comparison import compare_reports
    from gradaudit.files.workspace import widened
    from gradaudit.inputs import discover

    repo = find_repository(Path.cwd())
    commit, wanted = repo.commit_of(revision), repo.paths_in(paths)
    with TemporaryDirectory(prefix="gradaudit-", ignore_cleanup_errors=True) as name, widened(Path(name)):
        progress.about(revision)
        here = export(repo, commit, Path(name).resolve(), with_untracked=True)
        with contextlib.chdir(here):
            then = discover(wanted)
        then, now, equal = told_apart(then, discover(wanted), here)
        measuring = Measuring(as_measured(_with_fixed_data(settings), ()), progress)
        before = measuring.report(Side(revision, wanted, folder=here), then)
        after = measuring.report(Side(WORKING_TREE, wanted), now)
    return measuring, compare_reports(before, after, names=(revision, WORKING_TREE), unchanged=equal)


def _with_fixed_data(settings: CommandSettings) -> CommandSettings:
    """`--data` names one file for both sides, wherever they are."""
    data = settings.data
    if data is None:
        return settings
    path = Path(str(data.get("path", default=""))).absolute()
    return replace(settings, data=data.having(path=str(path)))


def _fail_on(settings: CommandSettings) -> str:
    """A spec's own word is for `check`: it speaks of findings, new or old."""
    return settings.options.fail_on or settings.environment.fail_on or settings.config.audit.fail_on or "warning"


def _judged(found: Comparison, fail_on: str) -> Status:
    from gradaudit.comparison import is_regression

    return Status.FINDINGS if is_regression(found, fail_on) else Status.CLEAN


def _rendered(name: str, found: Comparison) -> bytes:
    return bytes(import_module(f"gradaudit.comparison.{name}").render(found))


def _print(found: Comparison, given: dict[str, Any], config: Config) -> Status:
    if given["format"] != "text":
        return put(_rendered(given["format"], found))
    from gradaudit.comparison.text import ComparisonText

    style, detail = style_and_detail(given, given["color"] or config.color)
    return put(ComparisonText(style, detail).render(found).decode(), color=style.color)
