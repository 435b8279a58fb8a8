"""`dataclass` as Python has it, but cheap to declare: a constructor is made where it is first asked for.

Python compiles six methods for each class that is declared, a millisecond a class, and most of them are never called:
of a small audit that was a quarter. Here the constructor alone is compiled; what compares, hashes and shows a noun
reads its fields. `fields`, `replace` and `is_dataclass` work as ever.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import partial
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]


def _dataclass(cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True) -> Any:  # noqa: ANN401 - a class, or what makes one
    """The class with its fields and methods; what it defines itself stays."""
    if cls is None:
        return partial(_dataclass, frozen=frozen, slots=slots, eq=eq)
    own = {name for name, value in vars(cls).items() if value is not None}  # __hash__ is None beside an own __eq__
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods: dict[str, object] = {"__init__": _Constructor(made, frozen=frozen), "__repr__": _repr}
    if eq:
        methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
    if frozen and slots:  # how copies and pickles are filled, which otherwise set attributes
        methods |= {"__getstate__": _state, "__setstate__": _restore}
    for name in methods.keys() - own:
        setattr(made, name, methods[name])
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass


class _Constructor:
    """Stands where a class's `__init__` will be, and puts it there when somebody asks."""

    def __init__(self, cls: type, *, frozen: bool) -> None:
        self.cls, self.frozen = cls, frozen

    def __get__(self, noun: object, owner: type) -> Any:  # noqa: ANN401 - the function, bound to a noun or to none
        made = _constructor(self.cls, frozen=self.frozen)
        setattr(self.cls, "__init__", made)  # noqa: B010 - from now on there is no detour
        return made.__get__(noun, owner)


def _constructor(cls: Any, frozen: bool) -> Any:  # noqa: ANN401
    """`__init__(self, …)` with a parameter for each field, and its default."""
    known: dict[str, Any] = {"MISSING": MISSING, "put": object.__setattr__}
    given, lines = ["self"], []
    for place, each in enumerate(fields(cls)):
        name, value = each.name, each.name
        if each.default is not MISSING:
            known[f"default{place}"] = each.default
            given.append(f"{name}=default{place}")
        elif each.default_factory is not MISSING:
            known[f"new{place}"] = each.default_factory
            given.append(f"{name}=MISSING")
            value = f"new{place}() if {name} is MISSING else {name}"
        else:
            given.append(name)
        lines.append(f"put(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    exec(f"def __init__({', '.join(given)}):\n " + "\n ".join(lines or ["pass"]), known)  # noqa: S102 - of our own names
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


def _values(noun: Any) -> tuple[object, ...]:  # noqa: ANN401 - any of these classes
    return tuple([getattr(noun, each.name) for each in fields(noun) if each.compare])


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:  # noqa: ANN401
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *value: object) -> None:
    """Raises FrozenInstanceError: nouns stay as they are."""
    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
