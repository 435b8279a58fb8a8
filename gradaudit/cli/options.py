"""The options that every command takes which audits: how to measure, and how to show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gradaudit.cli.config_keys import COLORS
from gradaudit.cli.outputs import Decorator, in_order
from gradaudit.cli.rule_names import complete_files, complete_rules, split_names
from gradaudit.cli.settings import parse_data, parse_unsafe_load
from gradaudit.domain.audit_options import FAIL_ON

MOST_JOBS = 1000

data_option = click.option(
    "--data",
    shell_complete=complete_files,
    metavar="FILE[:TARGET]",
    callback=parse_data,
    help="A CSV or npz file for models that name no data.",
)
unsafe_load_option = click.option(
    "--unsafe-load",
    is_flag=True,
    callback=parse_unsafe_load,
    help="Let joblib, pickle or skops load a scikit-learn file that cannot be read inertly: this runs whatever code is "
    "in the file. Where CI is set, only the command's own variable asks for it: "
    "GRADAUDIT_CHECK_UNSAFE_LOAD=1, GRADAUDIT_FIX_UNSAFE_LOAD=1, …",
)

audit_options = in_order(
    click.option(
        "--seeds", type=click.IntRange(1, 1000), metavar="N", help="Draw the weights so many times.  [default: 8]"
    ),
    click.option("--seed", type=click.IntRange(0), metavar="K", help="The first seed.  [default: 0]"),
    click.option(
        "--effort",
        type=click.Choice(("quick", "standard", "thorough")),
        help="How much to compute.  [default: standard]",
    ),
    data_option,
    unsafe_load_option,
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Settings, in place of [tool.gradaudit] of the nearest pyproject.toml.",
    ),
    click.option("--color", type=click.Choice(COLORS), help="Colours on standard output.  [default: auto]"),
    click.option("-q", "--quiet", is_flag=True, help="No more than the findings, or the changes, and errors."),
    click.option(
        "-v", "--verbose", is_flag=True, help="All evidence, all layers, and where an internal error happened."
    ),
    click.option("--no-cache", is_flag=True, help="Measure again what is unchanged, and keep nothing of it."),
    click.option("--no-progress", is_flag=True, help="Do not show on a terminal what is being measured."),
)


def parse_jobs(_ctx: click.Context, parameter: click.Parameter, value: str) -> int:
    """The number of processes, 0 for one a core."""
    if value.lower() in ("auto", "0", "-1"):
        return 0
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= MOST_JOBS:
        raise click.BadParameter(
            f"'{value}' is neither auto nor a number from 1 to {MOST_JOBS} (0 and -1 are auto)", param=parameter
        )
    return int(value)


def rules_option(name: str, **given: Any) -> Decorator:  # noqa: ANN401 - as click's option
    """An option that takes rules by their names, several by commas or by repeating it."""
    return click.option(
        name, multiple=True, metavar="RULES", callback=split_names, shell_complete=complete_rules, **given
    )


rule_options = in_order(
    rules_option("--select", help="Check these rules alone."),
    rules_option("--ignore", help="Do not check these rules."),
)
"""The choice of rules."""


def fail_on_option(what: str, default: str) -> Decorator:
    """Which findings, or which regressions, fail the command."""
    says = f"The least {what} that makes the exit status 1.  [default: {default}]"
    return click.option("--fail-on", type=click.Choice(tuple(FAIL_ON)), help=says)
