"""What a reader of sources is: it knows its own kind and turns one source into models."""

from __future__ import annotations

from typing import Protocol

from gradaudit.spec import ModelSpec


class Reader(Protocol):
    """One way to read a source; the module that holds it exports an instance as `READER`."""

    @property
    def name(self) -> str:
        """What it reads, in a word or two: `spec`, `Python object`."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of content.kind_of: what it reads whatever the file's name."""
        ...

    def reads(self, source: str) -> bool:
        """Whether the source is of this reader's kind, by its name alone: the file need not exist."""
        ...

    def read(self, source: str) -> tuple[ModelSpec, ...]:
        """Every model in the source.

        Raises SpecError or InputError (with a Location where there is one) for whatever cannot be read.
        """
        ...
