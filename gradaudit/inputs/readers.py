"""What a reader of sources is, and every one of them, told by the name of the source alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from gradaudit.files.opening import STDIN

if TYPE_CHECKING:
    from gradaudit.domain.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A model to audit, with the data that came with it as the network sees them; None and None where none did."""

    spec: ModelSpec
    X: object = None
    y: object = None


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


SPEC_SUFFIXES = (".yaml", ".yml", ".json")
_OTHER_SUFFIXES = frozenset(
    ("yaml", "yml", "json", "skops", "joblib", "pkl", "pickle", "onnx", "keras", "h5", "hdf5", "npz", "csv")
)
"""What stands before the colon is no module where it ends like a file of another kind."""


def _with_suffix(*suffixes: str) -> Callable[[str], bool]:
    return lambda source: source.lower().endswith(suffixes)


def is_spec_file(source: str) -> bool:
    """Whether a source is a spec by its name; a Keras configuration has the same one."""
    return source == STDIN or source.lower().endswith(SPEC_SUFFIXES)


def is_object(source: str) -> bool:
    """Whether a source names an object in code; the colon behind a drive's letter is followed by no name."""
    place, colon, name = source.rpartition(":")
    if not colon or not all(part.isidentifier() for part in name.split(".")):
        return False
    if place.lower().endswith(".py"):
        return True
    parts = place.split(".")
    is_other_file = len(parts) > 1 and parts[-1].lower() in _OTHER_SUFFIXES
    return all(part.isidentifier() for part in parts) and not is_other_file


SPEC = Reader("spec (.yaml, .yml, .json, - for standard input)", "yaml_spec.file", is_spec_file, ("spec",))
KERAS = Reader(
    "Keras model (.keras, .h5, .hdf5)", "keras.file", _with_suffix(".keras", ".h5", ".hdf5"), ("keras", "hdf5")
)
ONNX = Reader("ONNX (.onnx)", "onnx.file", _with_suffix(".onnx"), ("onnx",))
ESTIMATOR = Reader(
    "scikit-learn model (.joblib, .pkl, .pickle, .sav, .skops)",
    "sklearn_model.file",
    _with_suffix(".joblib", ".pkl", ".pickle", ".sav", ".skops"),
    ("pickle", "skops"),
)
PYTHON_OBJECT = Reader("Python object (path.py:NAME, package.module:NAME)", "python_object", is_object)

ALL = (SPEC, KERAS, ONNX, ESTIMATOR, PYTHON_OBJECT)
"""The first that claims a source reads it."""
