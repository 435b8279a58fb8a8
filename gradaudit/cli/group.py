"""The program and its table of commands; a command's module is imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

COMMANDS = {
    "check": ("gradaudit.cli.check", "Audit models: print what is wrong, write reports."),
    "fix": ("gradaudit.cli.fix", "Search the changes that fix the findings; show or write them."),
    "diff": ("gradaudit.cli.diff", "Compare models, reports or a git revision: better or worse?"),
    "convert": ("gradaudit.cli.convert", "Write a model as a spec, with its weights beside it."),
    "report": ("gradaudit.cli.report", "Render a JSON report again, without measuring."),
    "explain": ("gradaudit.cli.explain", "Print a rule's manual."),
    "rules": ("gradaudit.cli.rules", "List all rules."),
    "schema": ("gradaudit.cli.schema", "Print the model spec's JSON Schema."),
    "init": ("gradaudit.cli.init", "Write a starter spec, or a workflow for GitHub."),
}
"""Name → the module that holds it as `command`, and its line in `gradaudit --help`."""


class Program(click.Group):
    """A group that knows its commands by name and imports none of them to say so."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        return cast(click.Command, import_module(module).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not ctx.resilient_parsing:
            from gradaudit.text.suggest import hint

            ctx.fail(f"'{args[0]}' is no command{hint(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from gradaudit import __version__

        click.echo(f"gradaudit {__version__}")
        ctx.exit()


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GRADAUDIT"},
    epilog="Exit status: 0 nothing found, 1 findings, 2 something could not be audited, 3 a fault of gradaudit.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def program() -> None:
    """Will this network's gradients let it learn?

    gradaudit reads a model spec, measures the network and says what keeps it from learning, and what would help.
    """
