"""The options that every command takes which audits: how to measure, and how to show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gradaudit.cli.config import COLORS
from gradaudit.cli.rule_names import split_names
from gradaudit.cli.settings import parse_data, parse_unsafe_load

Function = TypeVar("Function", bound=Callable[..., Any])

data_option = click.option(
    "--data",
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

_OPTIONS = (
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
    click.option("--no-progress", is_flag=True, help="Do not show on a terminal what is being measured."),
)


_RULES = (
    click.option("--select", multiple=True, metavar="RULES", callback=split_names, help="Check these rules alone."),
    click.option("--ignore", multiple=True, metavar="RULES", callback=split_names, help="Do not check these rules."),
)


def rule_options(command: Function) -> Function:
    """Decorate a command with the choice of rules."""
    for option in reversed(_RULES):
        command = option(command)
    return command


def audit_options(command: Function) -> Function:
    """Decorate a command with them, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
