"""What a shell offers for an argument that is half typed, where click cannot know it."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from gradaudit.cli.rule_names import known_rules


def files(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders: most sources are such."""
    return [CompletionItem(incomplete, type="file")]


def rules(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules that begin like what stands behind the last comma, with their summaries."""
    before, comma, begun = incomplete.rpartition(",")
    fitting = [rule for name, rule in known_rules().items() if name.startswith(begun)]
    return [CompletionItem(f"{before}{comma}{rule.name}", help=rule.summary) for rule in fitting]
