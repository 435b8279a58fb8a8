"""What is typed on a command line: rules by their names, and what a shell offers for an argument that is half typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gradaudit.text.suggest import hint

if TYPE_CHECKING:
    from gradaudit.rules.interface import Rule


def known_rules() -> dict[str, Rule]:
    """Every rule by its name, in the order of the list."""
    from gradaudit.rules import ALL

    return {rule.name: rule for rule in ALL}


def no_rule(name: str, rules: Iterable[str]) -> str:
    """`'vanishing' is no rule; did you mean 'vanishing-gradient'?`"""
    return f"'{name}' is no rule{hint(name, rules)}"


def split_names(_ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """`--select a,b --select c` → (a, b, c), each the name of a rule."""
    names = tuple(name.strip() for value in values for name in value.split(",") if name.strip())
    rules = known_rules() if names else {}
    for name in names:
        if name not in rules:
            raise click.BadParameter(no_rule(name, rules), param=parameter)
    return names


def complete_files(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders: most sources are such."""
    return [CompletionItem(incomplete, type="file")]


def complete_rules(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules that begin like what stands behind the last comma, with their summaries."""
    before, comma, begun = incomplete.rpartition(",")
    fitting = [rule for name, rule in known_rules().items() if name.startswith(begun)]
    return [CompletionItem(f"{before}{comma}{rule.name}", help=rule.summary) for rule in fitting]
