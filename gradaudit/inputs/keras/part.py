"""A value of a Keras configuration with its path: what is read from it, and how a message names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradaudit.domain.spec import Plain
from gradaudit.errors import InputError
from gradaudit.inputs.described.model import Place
from gradaudit.inputs.yaml_text.tree import TreeNode
from gradaudit.text.suggest import quoted

MOST_OF_A_NAME = 80
"""Letters of a layer's name that a message shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One value; `path` is where it stands, as `config.layers[3].config`."""

    node: TreeNode
    path: str = ""

    def get(self, key: str) -> Part | None:
        """The value of a key; None where it is absent, null, or this is no mapping."""
        if not isinstance(self.node.value, Mapping) or key not in self.node.value:
            return None
        part = Part(self.node.value[key].value, f"{self.path}.{key}".lstrip("."))
        return None if part.node.value is None else part

    def need(self, key: str) -> Part:
        """The part at a key that must be there; raises InputError where it is not."""
        part = self.get(key)
        if part is None:
            raise self.refusal(f"{key!r} is missing")
        return part

    def items(self) -> Iterator[Part]:
        """The items of a list; none where it is no list."""
        if isinstance(self.node.value, tuple):
            for index, item in enumerate(self.node.value):
                yield Part(item, f"{self.path}[{index}]")

    @property
    def value(self) -> Plain:
        """The value as plain Python, without places."""
        return self.node.plain()

    def _typed(self, key: str, default: object, fits: Callable[[object], bool], fault: str) -> Any:  # noqa: ANN401
        part = self.get(key)
        if part is None:
            return default
        if not fits(part.value):
            raise part.refusal(f"{quoted(part.value)} is {fault}")
        return part.value

    def text(self, key: str, default: str = "") -> str:
        """A text below this; raises InputError where something else stands there, as do `number` and `flag`."""
        return str(self._typed(key, default, lambda value: isinstance(value, str), "no text"))

    def number(self, key: str, default: float) -> float:
        """A number below this."""
        return float(self._typed(key, default, _is_number, "no number"))

    def flag(self, key: str, default: bool) -> bool:
        """True or false below this."""
        return bool(self._typed(key, default, lambda value: isinstance(value, bool), "neither true nor false"))

    def numbers(self, key: str) -> list[float] | None:
        """The numbers below this, alone or in lists; None where there are none.

        Raises InputError where something else stands there.
        """
        part = self.get(key)
        if part is None:
            return None
        found, waiting = [], [part.value]
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting += reversed(value)
            elif not _is_number(value):
                raise part.refusal(f"{quoted(value)} is no number")
            else:
                found.append(float(value))  # type: ignore[arg-type]
        return found

    def named(self) -> tuple[str, Part]:
        """Class and configuration of a serialised object: a mapping of both, or its name alone."""
        if isinstance(self.node.value, str):
            return self.node.value, self
        inside = self.get("config")
        return self.text("class_name"), self if inside is None else inside

    @property
    def kind(self) -> str:
        """A layer's class; one of the person's own keeps its module, whatever its name."""
        kind = self.text("class_name")
        is_own = not self.is_of_keras or ">" in self.text("registered_name")
        return f"{self.text('module', 'keras')}.{kind}" if is_own else kind

    @property
    def is_of_keras(self) -> bool:
        """Whether its class stands in one of Keras's modules."""
        return self.text("module", "keras").split(".")[0] in ("keras", "tf_keras", "tensorflow")

    @property
    def name(self) -> str:
        """What the person calls the layer, empty where nothing does."""
        config = self.get("config")
        return self.text("name") or (config.text("name") if config else "")

    @property
    def layer_place(self) -> Place:
        """A layer's place, with its name."""
        return self.place(self.name)

    def place(self, name: str = "") -> Place:
        """The part's place, with what the person calls it."""
        name = name if len(name) <= MOST_OF_A_NAME else f"{name[:MOST_OF_A_NAME]}…"
        return Place(f"{self.path} ({name})" if name else self.path, self.node.location)

    def refusal(self, message: str) -> InputError:
        """The error that says why it is not read."""
        return self.place().refusal(message)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
