"""Spec files: YAML or JSON, from a path or from standard input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import BinaryIO

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Problem
from gradaudit.files.opening import STDIN, file_name, read_text
from gradaudit.inputs.yaml_spec.document import from_tree
from gradaudit.inputs.yaml_text.tree import compose


def from_text(text: str, source: str) -> ModelSpec:
    """The model that a spec's text describes; `source` gives its name and the folder of its paths.

    Raises SpecError with every fault of it, InputError for a Keras file or weights that cannot be read.
    """
    problems: list[Problem] = []
    root = compose(text, file_name(source), problems)
    path = PurePath(source)
    name = "stdin" if source == STDIN else path.stem
    folder = "" if source == STDIN else str(path.parent)
    spec = from_tree(root, name=name, source=source, folder=folder, problems=problems)
    return replace(spec, text=text) if spec.framework is None else spec


def from_stdin(stdin: BinaryIO | None = None) -> ModelSpec:
    """The model of a spec on standard input; its paths start at the working directory."""
    return from_text(read_text(STDIN, stdin), STDIN)


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """The model of a spec, or of a Keras configuration. Raises SpecError, InputError."""
    return (from_text(read_text(source), source),)
