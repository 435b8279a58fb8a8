"""Rooms list what they hold in their explicit `ALL`; a rule is its own manual and has its own sample."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("formats", "inputs", "probes", "remedies", "rules")
SECTIONS = ("What it measures", "Why it hurts", "What to do", "References")


def room(name: str) -> ModuleType:
    """One room of the package."""
    return importlib.import_module(f"gradaudit.{name}")


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Every module below a package but the contract itself."""
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not info.name.endswith(".interface"):
            yield importlib.import_module(info.name)


def contract(package: ModuleType) -> set[str]:
    """The names that a thing of this room must have: those of the one protocol of its interface.py."""
    interface = importlib.import_module(f"{package.__name__}.interface")
    protocols = [value for value in vars(interface).values() if getattr(value, "_is_protocol", False)]
    (protocol,) = (value for value in protocols if value.__module__ == interface.__name__)
    return {name for name in {*vars(protocol), *inspect.get_annotations(protocol)} if not name.startswith("_")}


def exhibits(package: ModuleType) -> Iterator[tuple[str, Any]]:
    """Everything in a room that fulfils its contract: instances, or classes that nobody makes instances of."""
    names = contract(package)
    for module in modules(package):
        for key, value in vars(module).items():
            home = value.__module__ if isinstance(value, type) else module.__name__
            if home == module.__name__ and all(hasattr(value, name) for name in names):
                yield f"{module.__name__}.{key}", value


def listed(package: ModuleType) -> list[Any]:
    """The room's explicit list."""
    return list(package.ALL)


@pytest.mark.parametrize("name", ROOMS)
def test_everything_in_a_room_is_listed(name: str) -> None:
    """What fulfils a room's contract stands in its `ALL`, itself or by its instances; nothing is found by magic."""
    known = listed(room(name))
    kinds = [type(item) for item in known]

    assert [where for where, thing in exhibits(room(name)) if thing not in known and thing not in kinds] == []


@pytest.mark.parametrize("name", ROOMS)
def test_everything_listed_fulfils_the_contract(name: str) -> None:
    """Each entry of `ALL` has every name that the room's interface asks for, and none is there twice."""
    names, known = contract(room(name)), listed(room(name))

    assert known
    assert [(item, key) for item in known for key in names if not hasattr(item, key)] == []
    assert len(known) == len({id(item) for item in known})


@pytest.mark.parametrize("name", ROOMS)
def test_names_are_unique(name: str) -> None:
    """No two entries of a room answer to one name."""
    names = [item.name for item in listed(room(name))]

    assert sorted(names) == sorted(set(names))


RULES = listed(room("rules"))


def manual(rule: Any) -> str:  # noqa: ANN401  (a rule may be listed as a class or as an instance)
    """A rule's docstring."""
    return inspect.getdoc(rule if isinstance(rule, type) else type(rule)) or ""


def sections(text: str) -> dict[str, str]:
    """The sections of a manual by title, in their order; a title begins a line, whatever marks it as one."""
    titles = "|".join(SECTIONS)
    parts = re.split(rf"^[^\w\n]*({titles})\b[^\w\n]*", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_its_own_manual(rule: Any) -> None:  # noqa: ANN401
    """A rule's docstring has the four sections in their order, each with something to read."""
    found = sections(manual(rule))

    assert tuple(found) == SECTIONS
    assert [title for title, text in found.items() if len(text.split()) < 5] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_one_name(rule: Any) -> None:  # noqa: ANN401
    """A rule's module and its sample model are named after it."""
    module = (rule if isinstance(rule, type) else type(rule)).__module__

    assert module == f"gradaudit.rules.{rule.name.replace('-', '_')}"
    assert (ROOT / "sample_models" / f"{rule.name}.yaml").is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_a_test(rule: Any) -> None:  # noqa: ANN401
    """A rule's test stands where its module does."""
    assert (ROOT / "tests" / "rules" / f"test_{rule.name.replace('-', '_')}.py").is_file()


def test_a_rule_s_sample_shows_it() -> None:
    """A sample model that is named after a rule asks for that rule in its header."""
    silent = []
    for rule in RULES:
        text = (ROOT / "sample_models" / f"{rule.name}.yaml").read_text(encoding="utf-8")
        wanted = re.findall(r"^# present: *(.*)$", text, re.MULTILINE)
        silent += [rule.name for line in wanted or [""] if rule.name not in re.split(r"[|,\s]+", line)]

    assert silent == []
