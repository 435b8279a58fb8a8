"""What a reader of sources is: it knows its own kind by a name alone, and turns one source into models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from gradaudit.domain.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Reader:
    """One way to read a source; its module is imported when it reads, since telling kinds apart needs no arrays."""

    name: str
    """What it reads, in a word or two: `spec`, `Python object`."""
    module: str
    """Below gradaudit.inputs; its function `read_models(source)` gives every model in the source.

    It raises SpecError or InputError (with a Location where there is one) for whatever cannot be read.
    """
    reads: Callable[[str], bool]
    """Whether the source is of this reader's kind, by its name alone: the file need not exist."""
    kinds: tuple[str, ...] = ()
    """Of content.kind_of: what it reads whatever the file's name."""

    def read(self, source: str) -> tuple[ModelSpec, ...]:
        """Every model in the source. Raises SpecError, InputError."""
        module = import_module(f"gradaudit.inputs.{self.module}")
        return cast("tuple[ModelSpec, ...]", module.read_models(source))
