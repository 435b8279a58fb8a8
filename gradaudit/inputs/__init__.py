"""A file or an object becomes a ModelSpec: one reader a module, each listed in `readers`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from gradaudit.errors import InputError
from gradaudit.files.opening import STDIN
from gradaudit.inputs.discovery import Discovery, discover, reader_of, unknown
from gradaudit.inputs.readers import ALL, Reader

if TYPE_CHECKING:
    from gradaudit.domain.spec import ModelSpec

__all__ = ["ALL", "Discovery", "Reader", "discover", "from_document", "read", "reader_of"]


def from_document(document: Mapping[str, Any], source: str = "<dict>") -> ModelSpec:
    """The model that a dict describes, in the form of a spec file; paths are relative to the working directory.

    Raises SpecError with every fault of it, InputError where its weights cannot be read.
    """
    from gradaudit.inputs.yaml_spec import document as reading

    return reading.from_document(document, source)


def read(source: str, *, stdin: BinaryIO | None = None) -> tuple[ModelSpec, ...]:
    """Every model in a source; `stdin` is what `-` reads, standard input where it is None.

    Raises SpecError or InputError, with a Location where there is one.
    """
    if source == STDIN:
        from gradaudit.inputs.yaml_spec import file

        return (file.from_stdin(stdin),)
    reader = reader_of(source)
    if reader is None:
        raise InputError(unknown(source))
    return reader.read(source)
