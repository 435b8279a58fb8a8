"""`gradaudit report RESULTS.json`: render a report again, from what was measured before."""

from __future__ import annotations

from typing import Any

import click

from gradaudit.cli.config_keys import COLORS
from gradaudit.cli.outputs import (
    output_options,
    print_report,
    refuse_to_overwrite,
    text_format,
    usable,
    usual_format,
    write_outputs,
)
from gradaudit.cli.status import Status
from gradaudit.formats.json_reader import read_report


@click.command("report")
@click.argument("results", metavar="RESULTS.json")
@output_options
@click.option("--color", type=click.Choice(COLORS), default="auto", help="Colours on standard output.  [default: auto]")
@click.option("-q", "--quiet", is_flag=True, help="No more than the findings, and errors.")
@click.option("-v", "--verbose", is_flag=True, help="All evidence, all layers, and where an internal error happened.")
def command(results: str, **given: Any) -> int:  # noqa: ANN401 - the options above
    """Render the report in RESULTS.json, which check wrote, in any format; - reads it from standard input.

    Nothing is measured, and no model is read. Where -o is given, standard output stays empty unless --format asks for
    it. Exit status: 0 whatever the report says; 2 RESULTS.json is no report, or something could not be written.
    """
    refuse_to_overwrite(given["output"], (results,))
    report = read_report(results)
    outputs = usable(given["output"])
    printed = given["format"] or (None if given["output"] else usual_format())
    text = text_format(given, given["color"], {})
    return max(
        write_outputs(outputs, report, given),
        print_report(printed, report, text, quiet=given["quiet"]) if printed else Status.CLEAN,
    )
