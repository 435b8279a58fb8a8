"""Rooms list what they hold in their explicit `ALL`; a rule is its own manual, with its own sample and test."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from gradaudit import rules

ROOT = Path(__file__).parents[1]
MARKS = {  # by what a room's exhibits are known: an instance or a function of that name, or a class with such a method
    "formats": "FORMAT",
    "probes": "measure",
    "remedies": "propose",
    "rules": "judge",
}
SECTIONS = ("What it measures", "Why it hurts", "What to do", "References")


def room(name: str) -> ModuleType:
    """One room of the package."""
    return importlib.import_module(f"gradaudit.{name}")


def exhibits(package: ModuleType, mark: str) -> Iterator[object]:
    """Everything in a room's modules that bears its mark: an instance, a module with the function, or a class."""
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if info.name.endswith(".interface"):
            continue
        module = importlib.import_module(info.name)
        marked = vars(module).get(mark)
        if inspect.isfunction(marked):
            yield module
        elif marked is not None:
            yield marked
        yield from (
            value
            for value in vars(module).values()
            if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, mark)
        )


def unlisted(package: ModuleType, mark: str) -> list[str]:
    """The exhibits that are missing from the room's `ALL`, where a class may stand by its instance."""
    known = [*package.ALL]
    kinds = [type(item) for item in known]
    return [str(thing) for thing in exhibits(package, mark) if thing not in known and thing not in kinds]


@pytest.mark.parametrize("name", MARKS)
def test_everything_in_a_room_is_listed(name: str) -> None:
    """Each rule, probe, format, reader and remedy stands in its room's `ALL`; nothing is found by magic."""
    assert list(exhibits(room(name), MARKS[name]))
    assert unlisted(room(name), MARKS[name]) == []


@pytest.mark.parametrize("name", MARKS)
def test_entries_are_told_apart(name: str) -> None:
    """No two entries of a room's `ALL` answer to one name."""
    names = [getattr(item, "name", None) or item.__name__ for item in room(name).ALL]

    assert len(set(names)) == len(names) > 0


def test_every_reader_is_listed() -> None:
    """Each module of the readers' room with `read_models` is some reader's own, and answers to one name."""
    readers = room("inputs").ALL
    modules = [f"gradaudit.inputs.{reader.module}" for reader in readers]

    assert sorted(modules) == sorted(thing.__name__ for thing in exhibits(room("inputs"), "read_models"))  # type: ignore[attr-defined]
    assert len({reader.name for reader in readers}) == len(readers)


def test_a_forgotten_exhibit_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module, an instance and a class that nobody listed are each reported; listed ones are not."""
    package = tmp_path / "attic"
    package.mkdir()
    (package / "__init__.py").write_text("from attic import a\nfrom attic.b import B\nALL = (a, B())")
    (package / "a.py").write_text("def judge(): ...")
    (package / "b.py").write_text("class B:\n    def judge(self): ...\nclass Forgotten(B): ...")
    (package / "c.py").write_text("from attic.b import B\ndef judge(): ...")
    (package / "d.py").write_text("from attic.b import B\njudge = 'an instance'")
    (package / "interface.py").write_text("class Judge:\n    def judge(self): ...")
    monkeypatch.syspath_prepend(tmp_path)

    (b, c, d) = unlisted(importlib.import_module("attic"), "judge")

    assert "Forgotten" in b
    assert "attic.c" in c
    assert d == "an instance"


def slug(rule: rules.Rule) -> str:
    """A rule's name as Python spells it."""
    return rule.name.replace("-", "_")


def sections(manual: str) -> dict[str, str]:
    """The sections of a manual by title, in their order; a title begins a line, whatever marks it as one."""
    parts = re.split(rf"^[^\w\n]*({'|'.join(SECTIONS)})\b[^\w\n]*", manual, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.name)
def test_a_rule_is_its_own_manual(rule: rules.Rule) -> None:
    """A rule's docstring has the four sections in their order, each with something to read."""
    found = sections(inspect.getdoc(type(rule)) or "")

    assert tuple(found) == SECTIONS
    assert [title for title, text in found.items() if len(text.split()) < 5] == []


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.name)
def test_a_rule_has_one_name(rule: rules.Rule) -> None:
    """A rule's module and its test are named after it."""
    assert type(rule).__module__ == f"gradaudit.rules.{slug(rule)}"
    assert (ROOT / "tests" / "rules" / f"test_{slug(rule)}.py").is_file()


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.name)
def test_a_rule_has_a_sample_that_shows_it(rule: rules.Rule) -> None:
    """The sample model that is named after a rule asks for that rule in its header."""
    text = (ROOT / "sample_models" / f"{rule.name}.yaml").read_text(encoding="utf-8")
    asked = re.findall(r"^# *present:(.*)$", text, re.MULTILINE)

    assert rule.name in re.split(r"[|,\s]+", " ".join(asked))
