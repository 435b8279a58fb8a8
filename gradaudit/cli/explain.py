"""`gradaudit explain RULE`: a rule's manual, which is its docstring, and its thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from inspect import cleandoc
from typing import TYPE_CHECKING

import click

from gradaudit.cli.rule_names import find_rule
from gradaudit.cli.streams import put

if TYPE_CHECKING:
    from gradaudit.rules.interface import Rule


@click.command("explain")
@click.argument("name", metavar="RULE")
def command(name: str) -> int:
    """Print the manual of RULE: what it measures, why it hurts, what to do, its thresholds."""
    rule = find_rule(name)
    return put("\n".join((f"{rule.name}", "", cleandoc(rule.__doc__ or rule.summary), *_thresholds(rule))) + "\n")


def _thresholds(rule: Rule) -> Iterator[str]:
    """Each threshold with its value, and how a spec sets one."""
    named = [(field.name, getattr(rule, field.name)) for field in fields(rule)]
    if not named:
        return
    yield "\nThresholds"
    yield from (
        f"    {name}: {value:g}" if isinstance(value, float) else f"    {name}: {value}" for name, value in named
    )
    name, value = named[0]
    yield f"    In a spec: audit: {{rules: {{{rule.name}: {{{name}: {value}}}}}}}"
