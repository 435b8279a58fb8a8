"""A Keras model of the running program, on any backend: read through its own `to_json`, with its weights if trained."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import Place
from gradaudit.inputs.keras.configuration import model_of
from gradaudit.inputs.yaml_text.plain_tree import tree_at

_MODULES = ("keras", "tf_keras", "tensorflow")


def is_keras(candidate: object) -> bool:
    """Whether it is a Keras model, of Keras 2 or 3. Does not import Keras."""
    return any(
        base.__name__ == "Model" and base.__module__.split(".")[0] in _MODULES for base in type(candidate).__mro__
    )


def from_live(model: Any, name: str, source: str = "", here: Location | None = None) -> ModelSpec:  # noqa: ANN401
    """The model as its configuration draws it and, where it was trained, with its weights.

    Raises InputError for a subclass that has no configuration, and for what is not audited.
    """
    with warnings.catch_warnings(action="ignore"):  # of Keras about itself
        spec = _read(model, name, source)
    return replace(spec, source=source, lines={"": here} if here else {})


def _read(model: Any, name: str, source: str) -> ModelSpec:  # noqa: ANN401
    try:
        config = json.loads(model.to_json())
    except Exception as error:  # noqa: BLE001 - a class of the person's own may do anything
        says = f"its to_json() fails ({type(error).__name__}); Sequential and functional models have a configuration"
        raise InputError(says) from None
    if "compile_config" not in config and hasattr(model, "get_compile_config"):  # Keras 2 leaves it out
        config["compile_config"] = json.loads(json.dumps(model.get_compile_config() or {}, default=str))
    stored = LiveStored(model) if _is_trained(model) else None
    try:
        return model_of(tree_at(config, Location(source)), name, stored)
    except InputError as error:
        raise InputError([replace(problem, location=None) for problem in error.problems]) from None


def flat_rows(X: object) -> object:
    """X as it is behind the Flatten that an image goes through."""
    shape: Any = getattr(X, "shape", ())
    return np.asarray(X).reshape(shape[0], -1) if len(shape) > 2 else X


def _is_trained(model: Any) -> bool:  # noqa: ANN401
    """Whether its optimizer has made a step, or an initial bias of 0 is none any more; a fresh draw is one of many."""
    iterations = getattr(getattr(model, "optimizer", None), "iterations", 0)
    return bool(_numbers(iterations)) or any(
        _numbers(weight).any() for weight in model.weights if str(getattr(weight, "path", weight.name)).endswith("bias")
    )


def _numbers(tensor: Any) -> Array:  # noqa: ANN401
    """A tensor of whatever backend as an array."""
    value = tensor.numpy() if hasattr(tensor, "numpy") else tensor
    value = value.detach().cpu() if hasattr(value, "detach") else value
    return np.asarray(value, dtype=np.float64)


class LiveStored:
    """The weights of a layer or model, asked of it by name."""

    def __init__(self, layer: Any, first: int = 0) -> None:  # noqa: ANN401
        self.layer, self.first = layer, first

    def child(self, kind: str, name: str) -> LiveStored:
        return LiveStored(next((each for each in getattr(self.layer, "layers", ()) if each.name == name), None))

    def part(self, path: tuple[str, ...], first: int) -> LiveStored:
        return LiveStored(self.layer, first)

    def array(self, index: int, place: Place) -> Array:
        arrays = [] if self.layer is None else self.layer.get_weights()[self.first :]
        if index >= len(arrays):
            raise place.refusal(f"array {index} of its weights: the layer has {len(arrays)}; call the model once")
        return np.asarray(arrays[index], dtype=np.float64)
