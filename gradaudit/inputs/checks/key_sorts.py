"""What each sort of a layer's keys may be: how a value is read, what is wrong with it, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradaudit.domain.spec import Named
from gradaudit.inputs.checks.names import ACTIVATION, HIDDEN, INITIALIZER, NORM, Fault, Kind, read_named, text_fault
from gradaudit.inputs.checks.ranges import RANGES, Allowed, Range
from gradaudit.inputs.yaml_spec.json_schema import Schema, named_schema
from gradaudit.text.suggest import quoted


@dataclass(frozen=True, slots=True)
class KeySort:
    """One sort of key: `read` gives the value in a spec's canonical form, or its faults."""

    read: Callable[[object], Any]
    """value → the canonical value, or a list of Fault."""
    schema: Callable[[], Schema]
    """Made when it is asked for: a check does without."""


def checked(complain: Callable[[Any], str | None], schema: Callable[[], Schema]) -> KeySort:
    """Values that stand as they are, unless there is a complaint."""

    def read(value: object) -> object:
        message = complain(value)
        if message:
            return [Fault((), message)]
        return tuple(value) if isinstance(value, list) else value  # a list would be faults

    return KeySort(read, schema)


def ranged(allowed: Allowed) -> KeySort:
    """Numbers of a range, and what else is allowed as they are."""
    return checked(allowed.complaint, allowed.schema)


def named(kind: Kind) -> KeySort:
    """The sort of a value that is a name, or a mapping of a name and its parameters."""
    return KeySort(lambda value: read_named(kind, value), lambda: named_schema(kind))


def _read_bias(value: object) -> Named | bool | list[Fault]:
    if value is True:
        return [Fault((), "true is no initializer; leave bias out to have biases, or name one")]
    return False if value is False else read_named(INITIALIZER, value)


SPOKEN = {"yes": "true", "on": "true", "true": "true", "1": "true"}
SPOKEN |= dict.fromkeys(("no", "off", "false", "0"), "false")
"""What is meant for true and false elsewhere."""
WORDS_OF_MEMORY = ("chrono",)
FORGETS = Range(low=-100, high=100)


def _flag_fault(value: object) -> str | None:
    meant = SPOKEN.get(str(value).lower())
    return (
        None
        if isinstance(value, bool)
        else f"{quoted(value)} is neither true nor false" + (f"; write {meant}" if meant else "")
    )


def _memory_fault(value: object) -> str | None:
    if isinstance(value, str) and value in WORDS_OF_MEMORY:
        return None
    message = FORGETS.complaint(value)
    return message and f"{message}, or {' or '.join(WORDS_OF_MEMORY)}"


def _bias_schema() -> Schema:
    return {"anyOf": [{"const": False}, *named_schema(INITIALIZER)["anyOf"]]}


SORTS: Mapping[str, KeySort] = {
    **{sort: ranged(allowed) for sort, allowed in RANGES.items()},
    "flag": checked(_flag_fault, lambda: {"type": "boolean"}),
    "memory": checked(_memory_fault, lambda: {"anyOf": [FORGETS.schema(), {"enum": [*WORDS_OF_MEMORY]}]}),
    "text": checked(text_fault, lambda: {"type": "string", "minLength": 1}),
    "activation": named(ACTIVATION),
    "hidden": named(HIDDEN),
    "initializer": named(INITIALIZER),
    "bias": KeySort(_read_bias, _bias_schema),
    "norm": named(NORM),
}
"""By `layers.interface.Sort`; `layers`, the layers inside, is read by those who walk them."""
