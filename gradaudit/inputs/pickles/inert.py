"""What a model file holds, as plain values: names that are never looked up, objects that have no class.

Beside these a tree holds None, bool, int, float, str, lists, tuples, dicts, and NumPy arrays of numbers or text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BYTES = 1 << 27
"""Of a model file, unpacked: a perceptron of 4 million weights with Adam's moments in float64."""


class UnreadableError(ValueError):
    """A model file that is damaged, too large, or asks for what no model needs."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function as the file calls it."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Inert:
    """What an object of some class was made from; none of it does anything."""

    kind: Name
    arguments: tuple[object, ...] = ()
    """What its class, or the function that makes it, would be called with."""
    state: object = None
    """What its attributes would be set to, mostly a dict."""
    entries: dict[object, object] | None = None
    """Of a dict's subclass."""
    items: list[object] | None = None
    """Of a subclass of a list or a set."""


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """An array of Python objects, which is never made: its items, in the order in which they were written."""

    shape: tuple[int, ...]
    items: list[object] = field(repr=False)


def attributes(thing: Inert) -> Mapping[str, object]:
    """Its attributes by name: `state`, or the two halves of a class with slots."""
    halves = thing.state if isinstance(thing.state, tuple) else (thing.state,)
    return {
        key: value for half in halves if isinstance(half, dict) for key, value in half.items() if isinstance(key, str)
    }
