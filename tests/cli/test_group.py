from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gradaudit.cli.group import COMMANDS, program

ROOT = Path(__file__).parents[2]


def help_of(*arguments: str) -> str:
    """What --help prints, eighty columns wide."""
    return CliRunner().invoke(program, [*arguments, "--help"], standalone_mode=False, prog_name="gradaudit").output


def test_every_command_has_its_line() -> None:
    """The program's help lists each command with its line."""
    text = help_of()

    assert [line.split(maxsplit=1) for line in text.split("Commands:\n")[1].split("\n\n")[0].splitlines()] == [
        [name, line] for name, (_, line) in COMMANDS.items()
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_table_says(name: str) -> None:
    """A command of the table is a click command of that name, and -h is --help."""
    command = program.get_command(click.Context(program), name)

    assert command is not None
    assert command.name == name
    assert help_of(name).startswith(f"Usage: gradaudit {name} ")
    assert CliRunner().invoke(program, [name, "-h"], prog_name="gradaudit").output == help_of(name)


def test_every_option_says_what_it_does() -> None:
    """No option of check is without a help text."""
    command = program.get_command(click.Context(program), "check")
    assert command is not None

    info = command.to_info_dict(click.Context(command))["params"]
    assert [option["name"] for option in info if option["param_type_name"] == "option" and not option["help"]] == []


def test_help_imports_no_command() -> None:
    """`gradaudit --help` reads the table, and no command's module nor anything that computes."""
    code = (
        "import sys; from gradaudit.cli import main; main(['--help']); print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(run.stderr.split())

    assert "gradaudit.cli.group" in modules
    assert not modules & {module for module, _ in COMMANDS.values()}
    assert not modules & {
        "numpy",
        "jinja2",
        "sklearn",
        "yaml",
        "gradaudit.auditing.pipeline",
        "gradaudit.formats",
    }
