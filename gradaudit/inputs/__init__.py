"""A file or an object becomes a ModelSpec: one reader a module, each listed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from gradaudit.errors import InputError
from gradaudit.files.opening import STDIN
from gradaudit.inputs import discovery, estimator_file, onnx, python_object, spec_file
from gradaudit.inputs.discovery import Discovery
from gradaudit.inputs.document import from_document
from gradaudit.inputs.interface import Reader
from gradaudit.inputs.keras import file as keras_file
from gradaudit.inputs.suppressions import Suppression, suppressions
from gradaudit.spec import ModelSpec

__all__ = [
    "ALL",
    "Discovery",
    "Reader",
    "Suppression",
    "discover",
    "from_document",
    "read",
    "reader_of",
    "suppressions",
]

ALL: tuple[Reader, ...] = (
    spec_file.READER,
    keras_file.READER,
    onnx.READER,
    estimator_file.READER,
    python_object.READER,
)
"""Every reader; the first that claims a source reads it."""


def read(source: str, *, stdin: BinaryIO | None = None) -> tuple[ModelSpec, ...]:
    """Every model in a source; `stdin` is what `-` reads, standard input where it is None.

    Raises SpecError or InputError, with a Location where there is one.
    """
    if source == STDIN:
        return (spec_file.from_stdin(stdin),)
    reader = reader_of(source)
    if reader is None:
        raise InputError(discovery.unknown(source, ALL))
    return reader.read(source)


def reader_of(source: str) -> Reader | None:
    """The reader of a source, by its name, else by its first bytes; None where it is of no kind."""
    return discovery.reader_of(source, ALL)


def discover(arguments: Sequence[str], *, only_specs: bool = False) -> Discovery:
    """The sources that the arguments of a command stand for: files, folders, globs, `-`.

    With `only_specs` a YAML or JSON file that is no spec is passed over where it is named, too.
    """
    return discovery.discover(arguments, ALL, only_specs=only_specs)
