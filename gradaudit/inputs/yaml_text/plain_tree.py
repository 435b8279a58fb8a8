"""A Python dict as a tree of nodes, held to the limits of a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import NoReturn

import numpy as np

from gradaudit.domain.spec import Scalar
from gradaudit.errors import Location, Problem, SpecError
from gradaudit.inputs.yaml_text.tokens import MAX_DEPTH, MAX_DIGITS
from gradaudit.inputs.yaml_text.tree import MAX_NODES, TreeEntry, TreeNode, is_key, parent_of
from gradaudit.text.suggest import quoted


def tree_of(value: object, file: str) -> TreeNode:
    """The value's tree; NumPy's numbers, tuples and paths are taken for what they stand for.

    Raises SpecError for what no spec can hold.
    """
    return tree_at(value, Location(file))


def tree_at(value: object, location: Location) -> TreeNode:
    """A tree of nodes for a value that stands at one place of a file."""
    return _Builder(location).node(value, 1)


class _Builder:
    """Counts as it goes, so that a dict that contains itself ends in a message."""

    def __init__(self, location: Location) -> None:
        self.location, self.total = location, 0

    def node(self, value: object, depth: int) -> TreeNode:
        self.total += 1
        if depth > MAX_DEPTH or self.total > MAX_NODES:
            self.stop(f"nested more than {MAX_DEPTH} levels deep, or more than {MAX_NODES:,} values in all")
        if isinstance(value, Mapping):
            entries = {self.key(key): self.entry(key, item, depth) for key, item in value.items()}
            return parent_of(entries, self.location, 0, 0)
        if isinstance(value, list | tuple):
            return parent_of(tuple(self.node(item, depth + 1) for item in value), self.location, 0, 0)
        return TreeNode(self.scalar(value), self.location)

    def entry(self, key: str, item: object, depth: int) -> TreeEntry:
        return TreeEntry(TreeNode(key, self.location), self.node(item, depth + 1))

    def key(self, key: object) -> str:
        if not is_key(key):
            self.stop(f"{quoted(key)} is no key; keys are short names")
        return str(key)

    def scalar(self, value: object) -> Scalar | None:
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, os.PathLike):
            return str(os.fspath(value))
        if isinstance(value, Integral):
            return self.whole(int(value))
        if isinstance(value, Real):
            return float(value)
        return bool(value) if isinstance(value, np.bool_) else self.unknown(value)

    def unknown(self, value: object) -> NoReturn:
        self.stop(f"a value of type {type(value).__name__} cannot stand in a spec; write text, a number or a list")

    def whole(self, number: int) -> int:
        if abs(number) >= 10**MAX_DIGITS:
            self.stop(f"a whole number of more than {MAX_DIGITS} digits")
        return number

    def stop(self, message: str) -> NoReturn:
        raise SpecError(Problem(message, self.location))
