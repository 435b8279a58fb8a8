"""The README shows what the program does: its help, its rules, and what its commands print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from gradaudit import layers, rules

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d[\d,]*(\.\d+)?(e[+-]?\d+)?")


@dataclass(frozen=True)
class Example:
    """A command in a console block, and the lines that the README shows below it."""

    command: str
    shown: tuple[str, ...]


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def examples() -> list[Example]:
    """Every command of the console blocks that runs gradaudit."""
    found = []
    for block in blocks("console"):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = entry.rstrip().split("\n")
            if command.startswith("gradaudit"):
                found.append(Example(command, tuple(shown)))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A person's folder: the sample models, the README's first spec as model.yaml, and gradaudit on the PATH."""
    shutil.copytree(ROOT / "sample_models", tmp_path / "sample_models")
    for spec in blocks("yaml")[:1]:
        (tmp_path / "model.yaml").write_text(spec, encoding="utf-8")
    launcher = tmp_path / "bin" / "gradaudit"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradaudit "$@"\n')
    launcher.chmod(0o755)
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs one line of shell, eighty columns wide, without colours."""
    path = os.pathsep.join((str(folder / "bin"), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
    environment.pop("GITHUB_ACTIONS", None)
    return subprocess.run(  # noqa: S602  (the README's own lines)
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def agrees(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether the lines shown were printed in this order; numbers may differ, and `...` stands for any lines."""
    pattern = "\n".join(r"(?:.*\n)*?.*" if line.strip() == "..." else re.escape(masked(line)) for line in shown)
    return re.fullmatch(pattern, "\n".join(masked(line) for line in printed)) is not None


def masked(line: str) -> str:
    """A line without trailing blanks, each of its numbers a zero: last digits belong to the machine."""
    return NUMBER.sub("0", line.rstrip())


def test_the_help_is_the_program_s(folder: Path) -> None:
    """The README shows `gradaudit --help` word for word."""
    (example,) = (example for example in examples() if example.command == "gradaudit --help")

    assert list(example.shown) == run(example.command, folder).stdout.rstrip().splitlines()


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.command)
def test_a_command_does_what_the_readme_shows(example: Example, folder: Path) -> None:
    """A command of the README audits what it names; where output is shown, it is what is printed."""
    done = run(example.command, folder)

    assert done.returncode in {0, 1}, done.stderr
    assert not example.shown or agrees(example.shown, done.stdout.rstrip().splitlines()), done.stdout


def test_the_rule_table_is_the_program_s(folder: Path) -> None:
    """The README's table of rules has each rule's name and summary, in order, and `gradaudit rules` prints the same."""
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]*?) *\|$", README, flags=re.MULTILINE)
    printed = " ".join(run("gradaudit rules", folder).stdout.split())

    assert rows == [(rule.name, rule.summary) for rule in rules.ALL]
    assert [name for name, summary in rows if name not in printed or summary not in printed] == []


def test_the_comparison_sees_a_difference() -> None:
    """Other words, missing lines and further lines are differences; other digits and lines under `...` are not."""
    printed = ["a.yaml:3:1: error[dead-units] 7 of 8", "", "1 error, 0 warnings"]

    assert agrees(("a.yaml:3:1: error[dead-units] 6 of 8", "...", "1 error, 0 warnings"), printed)
    assert not agrees(("a.yaml:3:1: error[plateau] 7 of 8", "...", "1 error, 0 warnings"), printed)
    assert not agrees((printed[0],), printed)
    assert not agrees((*printed, "more"), printed)


def test_the_page_of_layers_has_every_type_with_its_keys() -> None:
    """In the rows that name the type; what any layer may say stands below the table."""
    page = (ROOT / ".github" / "LAYERS.md").read_text(encoding="utf-8")
    rows = [tuple(map(names, row)) for row in re.findall(r"^\| ([^|]*`[^|]*) \| ([^|]*)\|$", page, flags=re.MULTILINE)]
    for name, layer in layers.TYPES.items():
        told = [keys for types, keys in rows if name in types]
        assert told, name
        assert layer_keys(layer) - COMMON == set().union(*told) - COMMON, name


COMMON = {"repeat", "name", "activation"}
"""What the page says of all layers at once; an activation is in the rows of those that need one."""


def names(text: str) -> set[str]:
    """What stands in back quotes."""
    return set(re.findall(r"`([a-z0-9_]+)`", text))


def layer_keys(layer: type[layers.Layer]) -> set[str]:
    """The keys that a spec may say of a layer."""
    return {field.name for field in fields(layer)}
