"""`gradaudit check SOURCE…`: audit models, print the findings, write the reports."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import Any

import click

from gradaudit.cli.audits import Audits
from gradaudit.cli.config import COLORS, Config, load_config
from gradaudit.cli.excerpts import source_lines
from gradaudit.cli.outputs import parse_outputs, refuse_to_overwrite, usable, write_outputs
from gradaudit.cli.progress import Progress
from gradaudit.cli.rule_names import split_names
from gradaudit.cli.settings import parse_data, parse_unsafe_load, settings_of
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put, tell, wants_color
from gradaudit.formats import PRINTED, SUFFIXES, get
from gradaudit.formats.text import Detail, TextFormat


@click.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--format", type=click.Choice(PRINTED), help="What standard output gets.  [default: text]")
@click.option(
    "-o",
    "--output",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=parse_outputs,
    help=f"Write a report too; the suffix chooses the format: {', '.join(SUFFIXES)}. May be repeated.",
)
@click.option("--select", multiple=True, metavar="RULES", callback=split_names, help="Check these rules alone.")
@click.option("--ignore", multiple=True, metavar="RULES", callback=split_names, help="Do not check these rules.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "never")),
    help="The least severity that makes the exit status 1.  [default: error]",
)
@click.option(
    "--seeds", type=click.IntRange(1, 1000), metavar="N", help="Draw the weights so many times.  [default: 8]"
)
@click.option("--seed", type=click.IntRange(0), metavar="K", help="The first seed.  [default: 0]")
@click.option(
    "--effort",
    type=click.Choice(("quick", "standard", "thorough")),
    help="How much to compute.  [default: standard]",
)
@click.option(
    "--data",
    metavar="FILE[:TARGET]",
    callback=parse_data,
    help="A CSV or npz file for models that name no data.",
)
@click.option(
    "--unsafe-load",
    is_flag=True,
    callback=parse_unsafe_load,
    help="Let joblib, pickle or skops load a scikit-learn file that cannot be read inertly: this runs whatever code is "
    "in the file. Where CI is set, only GRADAUDIT_CHECK_UNSAFE_LOAD=1 in the environment asks for it.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings, in place of [tool.gradaudit] of the nearest pyproject.toml.",
)
@click.option("--color", type=click.Choice(COLORS), help="Colours on standard output.  [default: auto]")
@click.option("-q", "--quiet", is_flag=True, help="One line a finding, and nothing else but errors.")
@click.option("-v", "--verbose", is_flag=True, help="All evidence, all layers, and where an internal error happened.")
@click.option("--no-progress", is_flag=True, help="Do not show on a terminal what is being measured.")
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **given: Any) -> int:  # noqa: ANN401 - the options above
    """Audit each SOURCE, print what is wrong, write the reports that -o asks for.

    A SOURCE is a spec (.yaml, .yml, .json), a scikit-learn model (.skops, .joblib, .pkl, .pickle; no code in it is
    run), a Python object (path.py:NAME or package.module:NAME), a folder or a glob with such files, or - for a spec on
    standard input.
    """
    from gradaudit.inputs import discover

    config = load_config(given["config"], Path.cwd())
    printed = given["format"] or config.printing.get("format", "text")
    discovery = discover(sources)
    refuse_to_overwrite(given["output"], discovery.sources)
    outputs = usable(given["output"])
    needs = frozenset(need for name in (printed, *(each.format_name for each in outputs)) for need in get(name).needs)
    with Progress(wanted=not (given["quiet"] or given["no_progress"])) as progress:
        audits = Audits(settings_of(ctx, config, needs), progress)
        audits.run(discovery)
    audits.close()
    if discovery.passed_over and not given["quiet"]:
        _tell_passed_over(len(discovery.passed_over))
    report = audits.report()
    text = _text_format(given, config, source_lines(report, audits.texts))
    return max(
        audits.status,
        Status.CLEAN if outputs == given["output"] else Status.NOT_AUDITED,
        write_outputs(outputs, report, verbose=given["verbose"], quiet=given["quiet"]),
        put(text.render(report).decode(), color=text.color) if printed == "text" else put(get(printed).render(report)),
    )


def _text_format(given: Mapping[str, Any], config: Config, lines: Mapping[tuple[str, int], str]) -> TextFormat:
    """As the person wants to read it."""
    color = wants_color(given["color"] or config.printing.get("color", "auto"), sys.stdout, environ)
    detail: Detail = "verbose" if given["verbose"] else "quiet" if given["quiet"] else "normal"
    return TextFormat(color=color, detail=detail, lines=lines)


def _tell_passed_over(count: int) -> None:
    files = "1 YAML or JSON file" if count == 1 else f"{count} YAML or JSON files"
    tell(f"passed over {files} without a `layers` list")
