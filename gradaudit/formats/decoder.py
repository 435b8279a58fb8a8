"""Plain values of JSON as dataclasses, led by their fields: strict about these, and passing over everything else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from gradaudit.formats.plain_values import Json, restored, undefined_counted

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

MAX_DEPTH = 32
"""Of free-form values inside one another; what reads them calls itself for each."""

_SHOWN, _LARGEST = 40, int(1e300)
_SCALARS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}

Reader: TypeAlias = "Callable[[Decoder, Any, str], object]"


class Free:
    """Stands for `Plain`, a type that holds itself, in the hints of a dataclass."""


class MismatchError(Exception):
    """A value is not what its place asks for; `path` is its place in the document: `reports[0].model.name`."""

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        super().__init__(f"{path}: {message}" if path else message)


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads values of any type that is built of dataclasses, tuples, mappings, literals and scalars."""

    readers: Mapping[Any, Reader]
    """Type → what reads it, where its fields do not say how."""
    keys: Mapping[str, str]
    """Field → its key, where the two differ."""

    def read(self, wanted: Any, value: Any, path: str) -> Any:  # noqa: ANN401 - of the type that is wanted
        """The value as that type. Raises MismatchError."""
        if wanted in self.readers:
            return self.readers[wanted](self, value, path)
        if is_dataclass(wanted):
            return self.record(wanted, value, path)
        return self._composed(wanted, value, path)

    def _composed(self, wanted: Any, value: Any, path: str) -> Any:  # noqa: ANN401
        origin, inside = get_origin(wanted), get_args(wanted)
        if origin in (Union, UnionType):
            (some,) = (each for each in inside if each is not NoneType)
            return None if value is None else self.read(some, value, path)
        if origin is Literal:
            return one_of(inside, value, path)
        if origin is tuple:
            return self._items(inside, value, path)
        if origin is Mapping:
            return self._mapping(inside, value, path)
        return free(value, path) if wanted is Free else _scalar(wanted, value, path)

    def record(self, wanted: Any, value: Any, path: str) -> Any:  # noqa: ANN401
        """The dataclass by its fields alone; a field with a default may be absent. Raises MismatchError."""
        given = undefined_counted(restored(mapping(value, path)))
        found = {}
        for each, hint in _hints(wanted):
            key = self.keys.get(each.name, each.name)
            if key in given:
                found[each.name] = self.read(hint, given[key], inner(path, key))
            elif each.default is MISSING and each.default_factory is MISSING:
                raise MismatchError(inner(path, key), "is missing")
        return wanted(**found)

    def _items(self, inside: tuple[Any, ...], value: Any, path: str) -> tuple[Any, ...]:  # noqa: ANN401
        items = sequence(value, path)
        wanted = [inside[0]] * len(items) if inside[-1] is ... else [*inside]
        if len(wanted) != len(items):
            raise MismatchError(path, f"{len(wanted)} values are needed, not {len(items)}")
        pairs = enumerate(zip(wanted, items, strict=True))
        return tuple(self.read(kind, item, f"{path}[{i}]") for i, (kind, item) in pairs)

    def _mapping(self, inside: tuple[Any, ...], value: Any, path: str) -> dict[Any, Any]:  # noqa: ANN401
        name, kind = inside
        given = restored(mapping(value, path))
        given = given if kind is Free else undefined_counted(given)
        return {self.read(name, k, path): self.read(kind, v, inner(path, k)) for k, v in given.items()}


@cache
def _hints(wanted: type) -> tuple[tuple[Field[Any], Any], ...]:
    """Each field with its type as an object."""
    hints = get_type_hints(wanted, localns={"Plain": Free})
    return tuple((each, hints[each.name]) for each in fields(wanted))


def inner(path: str, key: str) -> str:
    """The path of a key, which may come from outside, inside another."""
    name = key if len(key) <= _SHOWN else f"{key[: _SHOWN - 1]}…"
    return f"{path}.{name}" if path else name


def mapping(value: object, path: str) -> dict[str, Json]:
    """The value if it is one. Raises MismatchError."""
    if not isinstance(value, dict):
        raise MismatchError(path, f"a mapping is needed, not {_named(value)}")
    return value


def sequence(value: object, path: str) -> list[Json]:
    """The value if it is a list. Raises MismatchError."""
    if not isinstance(value, list):
        raise MismatchError(path, f"a list is needed, not {_named(value)}")
    return value


def one_of(names: tuple[Any, ...], value: object, path: str) -> Any:  # noqa: ANN401 - of the names' type
    """The value if it is one of the names. Raises MismatchError."""
    if not isinstance(value, str) or value not in names:
        raise MismatchError(path, f"{_named(value)} is none of {', '.join(map(str, names))}")
    return value


def free(value: Any, path: str, depth: int = 0) -> Plain:  # noqa: ANN401 - plain values of JSON, infinities among them
    """A value of any form, its numbers that are not finite restored. Raises MismatchError where it is too deep."""
    if depth > MAX_DEPTH:
        raise MismatchError(path, f"is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        return {key: free(part, inner(path, key), depth + 1) for key, part in restored(value).items()}
    if isinstance(value, list):
        return [free(part, f"{path}[{i}]", depth + 1) for i, part in enumerate(value)]
    scalar: Plain = value
    return scalar


def _scalar(wanted: Any, value: Any, path: str) -> Any:  # noqa: ANN401
    """A whole number will do for a number, within the range of a float; a boolean is neither."""
    if type(value) not in ((int, float) if wanted is float else (wanted,)):
        raise MismatchError(path, f"{_SCALARS[wanted]} is needed, not {_named(value)}")
    if type(value) is int and not -_LARGEST <= value <= _LARGEST:
        raise MismatchError(path, "the number is out of range")
    return value


def _named(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…")
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return "a number that is not finite" if isinstance(value, float) and not math.isfinite(value) else "a number"
    return "a list" if isinstance(value, list | tuple) else "a mapping"
