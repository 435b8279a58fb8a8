"""Every option of every command has its variable, and a shell can ask what to offer."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.core import ParameterSource

from gradaudit.cli.group import COMMANDS, program
from gradaudit.domain.report import Report
from gradaudit.formats import get
from gradaudit.formats.templates import templates

VALUES = {
    "data": "a.csv",
    "jobs": "2",
    "allow": "activation",
    "only": "dead-units plateau",
    "select": "dead-units,plateau",
    "ignore": "dead-units",
    "output": "a.json",
    "weights": "a.npz",
}


def options() -> Iterator[tuple[str, click.Option]]:
    """(name of the command, option) of all that may be left out."""
    ctx = click.Context(program)
    for name in COMMANDS:
        command = program.get_command(ctx, name)
        assert command is not None
        yield from ((name, each) for each in command.params if isinstance(each, click.Option) and not each.required)


def context(command: str) -> click.Context:
    """The command's parsed parameters, where nothing but its arguments is typed."""
    parent = program.make_context("gradaudit", [command])
    found = program.get_command(parent, command)
    assert found is not None
    arguments = ["x.yaml" for each in found.params if isinstance(each, click.Argument)]
    typed = [*arguments, "-o", "x.yaml"] if command == "convert" else arguments
    return found.make_context(command, typed, parent=parent)


@pytest.mark.parametrize(("command", "option"), list(options()), ids=lambda value: getattr(value, "name", value))
def test_each_option_has_its_variable(command: str, option: click.Option, monkeypatch, tmp_path) -> None:
    """GRADAUDIT_CHECK_SEEDS, GRADAUDIT_FIX_WRITE, …: the command, and the option's long name."""
    long = max(option.opts, key=len).removeprefix("--")
    value = "1" if option.is_flag else VALUES.get(long, "3")
    if isinstance(option.type, click.Choice):
        value = list(option.type.choices)[-1]
    if long == "template":
        value = str(templates())
    if long == "baseline":
        value = str(tmp_path / "r.json")
        (tmp_path / "r.json").write_bytes(get("json").render(Report(())))
    monkeypatch.setenv(f"GRADAUDIT_{command}_{long}".upper().replace("-", "_"), value)

    ctx = context(command)

    assert ctx.get_parameter_source(option.name or "") is ParameterSource.ENVIRONMENT
    assert ctx.params[option.name] not in (None, False, ())


def offered(words: str, launch, monkeypatch) -> list[str]:
    """What bash is told to offer for the last of the words."""
    monkeypatch.setenv("_GRADAUDIT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    out, err = launch(code="import sys; from gradaudit.cli import main; sys.exit(main())").communicate()
    assert err == b""
    return out.decode().split()


@pytest.mark.parametrize(
    ("words", "offers"),
    [
        ("gradaudit e", ["plain,explain"]),
        ("gradaudit check --eff", ["plain,--effort"]),
        ("gradaudit check --effort t", ["plain,thorough"]),
        ("gradaudit check --select plateau,dead", ["plain,plateau,dead-units"]),
        ("gradaudit explain vanishing", ["plain,vanishing-gradient"]),
        ("gradaudit check mod", ["file,mod"]),
    ],
)
def test_a_shell_completes(words: str, offers: list[str], launch, monkeypatch) -> None:
    """Commands, options, choices and rules by name; files for a source."""
    assert offered(words, launch, monkeypatch) == offers
