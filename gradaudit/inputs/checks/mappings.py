"""Mappings and lists of a spec: every fault of what they hold at once, each with its path, and their JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from inspect import cleandoc
from typing import Any

from gradaudit.inputs.checks.key_sorts import KeySort
from gradaudit.inputs.checks.names import Fault
from gradaudit.inputs.yaml_spec.json_schema import Schema
from gradaudit.text.suggest import hint, quoted


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping."""

    sort: KeySort
    description: str
    default: object = None
    """What the JSON Schema names; None: nothing."""
    is_required: bool = False
    example: str = ""
    """What may be written where it is missing."""

    def schema(self) -> Schema:
        """Its JSON Schema, with its description and its default."""
        told = {} if self.default is None else {"default": self.default}
        return {"description": self.description, **told, **self.sort.schema()}


@dataclass(frozen=True, slots=True)
class Keys:
    """A mapping that has no other keys than these."""

    noun: str
    """How a message calls it: `a dense layer`."""
    description: str
    keys: Mapping[str, Key]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """What is no key of it → where that belongs."""
    forms: tuple[Schema, ...] = ()
    """JSON Schemas, of which it meets one."""

    def read(self, value: object) -> dict[str, Any] | list[Fault]:
        """What is given, in its canonical form, or all that is wrong; a key without a value is told elsewhere."""
        if not isinstance(value, Mapping):
            return [Fault((), f"{quoted(value)} is no mapping; write one, such as {{key: value}}")]
        said, faults = {}, list(self._missing(value))
        for name, item in value.items():
            if name not in self.keys:
                way = self.elsewhere.get(name) or hint(name, self.keys)
                faults.append(Fault((name,), f"{quoted(name)} is no key of {self.noun}{way}", at_key=True))
            elif item is not None:
                said[name] = _gathered(name, self.keys[name].sort.read(item), faults)
        return faults or said

    def _missing(self, value: Mapping[str, object]) -> Iterator[Fault]:
        """One fault for all that it lacks."""
        missing = [name for name, key in self.keys.items() if key.is_required and name not in value]
        if missing:
            names, one = " and ".join(map(quoted, missing)), len(missing) == 1
            examples = ", ".join(self.keys[name].example or f"{name}: …" for name in missing)
            what = "is missing; write it" if one else "are missing; write them"
            yield Fault((), f"{names} {what}, such as {examples}")

    def schema(self) -> Schema:
        """Its JSON Schema."""
        required = [name for name, key in self.keys.items() if key.is_required]
        forms = [form for form in self.forms if form.get("required") != required]
        return {
            "description": cleandoc(self.description),
            "type": "object",
            "properties": {name: key.schema() for name, key in self.keys.items()},
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **(forms[0] if len(forms) == 1 else {"anyOf": forms} if forms else {}),
        }


def _gathered(place: str | int, found: Any, faults: list[Fault]) -> Any:  # noqa: ANN401 - whatever was read
    """What was read at this place; its faults join the others."""
    if isinstance(found, list):
        faults += (replace(fault, path=(place, *fault.path)) for fault in found)
    return found


def list_of(each: KeySort, told: Schema, refuse: Callable[[int], str | None] = lambda length: None) -> KeySort:
    """A list, of whose length `refuse` says what is wrong; read as a tuple. `told` joins its JSON Schema."""

    def read(value: object) -> tuple[Any, ...] | list[Fault]:
        if not isinstance(value, list):
            return [Fault((), f"{quoted(value)} is no list; write one, such as [a, b]")]
        faults: list[Fault] = []
        found = tuple(_gathered(place, each.read(item), faults) for place, item in enumerate(value))
        if not faults and (message := refuse(len(value))):
            faults.append(Fault((), message))
        return faults or found

    return KeySort(read, lambda: {"type": "array", "items": each.schema(), **told})


def mapping_of(each: KeySort) -> KeySort:
    """A mapping with any keys, each with such a value."""

    def read(value: object) -> dict[str, Any] | list[Fault]:
        if not isinstance(value, Mapping):
            return [Fault((), f"{quoted(value)} is no mapping; write one, such as {{key: value}}")]
        faults: list[Fault] = []
        given = {name: item for name, item in value.items() if item is not None}
        found = {name: _gathered(name, each.read(item), faults) for name, item in given.items()}
        return faults or found

    return KeySort(read, lambda: {"type": "object", "additionalProperties": each.schema()})
