"""`gradaudit explain RULE`: a rule's manual, which is its docstring, and its thresholds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent, wrap
from typing import TYPE_CHECKING

import click

from gradaudit.cli.rule_names import complete_rules, known_rules, no_rule
from gradaudit.cli.streams import put

if TYPE_CHECKING:
    from gradaudit.rules.interface import Rule

WIDTH = 100


@click.command("explain")
@click.argument("name", metavar="RULE", shell_complete=complete_rules)
def command(name: str) -> int:
    """Print the manual of RULE: what it measures, why it hurts, what to do, its thresholds."""
    from gradaudit.rules.manuals import MANUALS

    rules = known_rules()
    if name not in MANUALS:
        raise click.UsageError(no_rule(name, rules))
    thresholds = _thresholds(rules[name]) if name in rules else ()
    return put("\n".join((name, "", MANUALS[name].text, *thresholds)) + "\n")


def _thresholds(rule: Rule) -> Iterator[str]:
    """Each threshold with its value and what it means, and how a spec sets them."""
    named = [(field.name, getattr(rule, field.name)) for field in fields(rule)]
    if not named:
        return
    meanings = _meanings(rule)
    yield "\nThresholds"
    for name, value in named:
        yield f"    {name}: {value:g}" if isinstance(value, float) else f"    {name}: {value}"
        yield from (f"        {line}" for line in wrap(meanings.get(name, ""), WIDTH))
    settings = ", ".join(f"{name}: {value:g}" for name, value in named)
    yield f"    In a spec: audit: {{rules: {{{rule.name}: {{{settings}}}}}}}"


def _meanings(rule: Rule) -> dict[str, str]:
    """The text below each field in the rule's own source: reasons stand where the numbers are."""
    (definition,) = ast.parse(dedent(getsource(type(rule)))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: cleandoc(text.value.value)
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
