"""`gradaudit check SOURCE…`: audit models, print the findings, write the reports."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from os import environ
from pathlib import Path
from typing import Any

import click

from gradaudit.cli.audits import Audits
from gradaudit.cli.baseline import baseline_option
from gradaudit.cli.config import Config, load_config
from gradaudit.cli.excerpts import source_lines
from gradaudit.cli.options import audit_options
from gradaudit.cli.outputs import parse_outputs, refuse_to_overwrite, usable, write_outputs
from gradaudit.cli.progress import Progress
from gradaudit.cli.rule_names import split_names
from gradaudit.cli.settings import settings_of
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put, tell, wants_color
from gradaudit.formats import PRINTED, SUFFIXES, get
from gradaudit.formats.text import Detail, TextFormat

DEFAULT = "text; github on GitHub's runners"


@click.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--format", type=click.Choice(PRINTED), help=f"What standard output gets.  [default: {DEFAULT}]")
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
@baseline_option
@audit_options
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **given: Any) -> int:  # noqa: ANN401 - the options above
    """Audit each SOURCE, print what is wrong, write the reports that -o asks for.

    A SOURCE is a spec (.yaml, .yml, .json), a scikit-learn model (.skops, .joblib, .pkl, .pickle; no code in it is
    run), a Keras model (.keras, or its to_json() as .json), an ONNX model (.onnx), a Python object (path.py:NAME or
    package.module:NAME), a folder or a glob with such files, or - for a spec on standard input.
    """
    from gradaudit.inputs import discover

    config = load_config(given["config"], Path.cwd())
    printed = given["format"] or config.printing.get("format") or _usual_format()
    discovery = discover(sources)
    refuse_to_overwrite(given["output"], discovery.sources)
    outputs = usable(given["output"])
    needs = frozenset(need for name in (printed, *(each.format_name for each in outputs)) for need in get(name).needs)
    with Progress(wanted=not (given["quiet"] or given["no_progress"])) as progress:
        audits = Audits(replace(settings_of(ctx, config, needs), baseline=given["baseline"]), progress)
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


def _usual_format() -> str:
    """Text for people; what annotates files where GitHub's runner reads it."""
    return "github" if environ.get("GITHUB_ACTIONS") == "true" else "text"


def _text_format(given: Mapping[str, Any], config: Config, lines: Mapping[tuple[str, int], str]) -> TextFormat:
    """As the person wants to read it."""
    color = wants_color(given["color"] or config.printing.get("color", "auto"), sys.stdout, environ)
    detail: Detail = "verbose" if given["verbose"] else "quiet" if given["quiet"] else "normal"
    return TextFormat(color=color, detail=detail, lines=lines)


def _tell_passed_over(count: int) -> None:
    files = "1 YAML or JSON file" if count == 1 else f"{count} YAML or JSON files"
    tell(f"passed over {files} without a `layers` list")
