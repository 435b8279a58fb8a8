"""Rules by their names, as a person types them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

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
