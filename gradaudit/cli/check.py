"""`gradaudit check SOURCE…`: audit models, print the findings, write the reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from gradaudit.cli.audits import Audits
from gradaudit.cli.baseline import baseline_option
from gradaudit.cli.cluster import at_once
from gradaudit.cli.config import load_config
from gradaudit.cli.excerpts import source_lines
from gradaudit.cli.options import audit_options, fail_on_option, parse_jobs, rule_options
from gradaudit.cli.outputs import (
    output_options,
    print_report,
    refuse_to_overwrite,
    text_format,
    usable,
    usual_format,
    write_outputs,
)
from gradaudit.cli.progress import Progress
from gradaudit.cli.rule_names import complete_files
from gradaudit.cli.settings import settings_of
from gradaudit.cli.streams import tell
from gradaudit.domain.plurals import counted
from gradaudit.formats import get


@click.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", shell_complete=complete_files)
@output_options
@rule_options
@fail_on_option("severity", "error")
@baseline_option
@click.option(
    "--only-specs", is_flag=True, help="Pass over named YAML and JSON files that are no specs, as in a folder."
)
@click.option(
    "--jobs",
    metavar="N",
    default="1",
    callback=parse_jobs,
    help="Audit so many sources at once; 0, -1 or auto: one a core.  [default: 1]",
)
@click.option("--dask", metavar="ADDRESS", help="Audit them on a Dask cluster instead, by its scheduler's address.")
@audit_options
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **given: Any) -> int:  # noqa: ANN401 - the options above
    """Audit each SOURCE, print what is wrong, write the reports that -o asks for.

    A SOURCE is a spec (.yaml, .yml, .json), a scikit-learn model (.skops, .joblib, .pkl, .pickle, .sav; no code in it
    is run), a Keras model (.keras, or its to_json() as .json), an ONNX model (.onnx), a Python object (path.py:NAME or
    package.module:NAME), a folder or a glob with such files, or - for a spec on standard input.
    """
    from gradaudit.inputs import discover
    from gradaudit.inputs.discovery import with_number

    config = load_config(given["config"], Path.cwd())
    printed = given["format"] or config.format or usual_format()
    discovery = discover(sources, only_specs=given["only_specs"])
    refuse_to_overwrite(given["output"], discovery.sources)
    outputs = usable(given["output"])
    needs = frozenset(need for name in (printed, *(each.format_name for each in outputs)) for need in get(name).needs)
    settings = replace(settings_of(ctx, config, needs), baseline=given["baseline"])
    with (
        Progress.asked(given) as progress,
        at_once(given["jobs"], given["dask"], len(discovery.sources)) as pool,
    ):
        audits = Audits(settings, progress, pool)
        audits.run(discovery)
    audits.close()
    if discovery.passed_over and not given["quiet"]:
        files = counted(len(discovery.passed_over), "YAML or JSON file")
        tell(f"passed over {files} without a `layers` list")
    if not given["quiet"]:
        tell(*(f"passed over: {with_number(said, count)}" for said, count in discovery.left_out))
    report = audits.report()
    text = text_format(given, given["color"] or config.color, source_lines(report, audits.texts))
    return max(
        audits.status,
        write_outputs(outputs, report, given),
        print_report(printed, report, text, quiet=given["quiet"]),
    )
