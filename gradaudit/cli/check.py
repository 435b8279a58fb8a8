"""`gradaudit check SOURCE…`: audit models, print the findings, write the reports."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import Any

import click

from gradaudit.cli.audits import Audits
from gradaudit.cli.config import COLORS
from gradaudit.cli.excerpts import source_lines
from gradaudit.cli.outputs import parse_outputs, refuse_to_overwrite, usable, write_outputs
from gradaudit.cli.progress import Progress
from gradaudit.cli.rule_names import split_names
from gradaudit.cli.settings import parse_data, read_config, settings_of
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put, tell, wants_color
from gradaudit.formats import PRINTED, SUFFIXES, get
from gradaudit.formats.text import Detail, TextFormat
from gradaudit.report import Report

_STDIN_BYTES = 1 << 22


@click.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--format", type=click.Choice(PRINTED), default="text", show_default=True, help="What standard output gets."
)
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
@click.option("--seed", type=click.IntRange(0, 2**63), metavar="K", help="The first seed.  [default: 0]")
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
    "--config",
    is_eager=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=read_config,
    help="Settings, in place of [tool.gradaudit] of the nearest pyproject.toml.",
)
@click.option(
    "--color", type=click.Choice(COLORS), default="auto", show_default=True, help="Colours on standard output."
)
@click.option("-q", "--quiet", is_flag=True, help="One line a finding, and nothing else but errors.")
@click.option("-v", "--verbose", is_flag=True, help="All evidence, all layers, and where an internal error happened.")
@click.option("--no-progress", is_flag=True, help="Do not show on a terminal what is being measured.")
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **given: Any) -> int:  # noqa: ANN401 - the options above
    """Audit each SOURCE, print what is wrong, write the reports that -o asks for.

    A SOURCE is a spec (.yaml, .yml, .json), a Python object (path.py:NAME or package.module:NAME), a folder or a glob
    with such files, or - for a spec on standard input.
    """
    refuse_to_overwrite(given["output"], sources)
    outputs = usable(given["output"])
    needs = frozenset(
        need for name in (given["format"], *(each.format_name for each in outputs)) for need in get(name).needs
    )
    settings = settings_of(ctx, needs)
    stdin = sys.stdin.buffer.read(_STDIN_BYTES) if "-" in sources else b""
    with Progress(wanted=not (given["quiet"] or given["no_progress"])) as progress:
        audits = Audits(settings, progress)
        audits.run(sources, stdin=io.BytesIO(stdin))
    audits.close()
    report = audits.report()
    if audits.passed_over and not given["quiet"]:
        files = "1 YAML or JSON file" if audits.passed_over == 1 else f"{audits.passed_over} YAML or JSON files"
        tell(f"passed over {files} without a `layers` list")
    return max(
        audits.status,
        Status.CLEAN if outputs == given["output"] else Status.NOT_AUDITED,
        write_outputs(outputs, report, verbose=given["verbose"], quiet=given["quiet"]),
        _print(report, given, {"<stdin>": stdin.decode("utf-8", "replace")}),
    )


def _print(report: Report, given: Mapping[str, Any], texts: Mapping[str, str]) -> Status:
    """The report on standard output, in the format that was asked for."""
    if given["format"] != "text":
        return put(get(given["format"]).render(report))
    color = wants_color(given["color"], sys.stdout, environ)
    detail: Detail = "verbose" if given["verbose"] else "quiet" if given["quiet"] else "normal"
    text = TextFormat(color=color, detail=detail, lines=source_lines(report, texts))
    return put(text.render(report).decode(), color=color)
