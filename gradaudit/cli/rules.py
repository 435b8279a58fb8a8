"""`gradaudit rules`: every rule in a line."""

from __future__ import annotations

import click

from gradaudit.cli.rule_names import known_rules
from gradaudit.cli.streams import put


@click.command("rules")
def command() -> int:
    """List all rules, each with its one-line summary."""
    rules = known_rules()
    width = max(map(len, rules), default=0)
    return put("".join(f"{name:<{width}}  {rule.summary}\n" for name, rule in rules.items()))
