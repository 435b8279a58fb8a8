"""Whole models in HDF5, as Keras 2 saved them and Keras 3 still does: `.h5`, `.hdf5`.

The configuration and the compile settings are JSON in attributes, the weights groups by the layers' names. A file that
`save_weights` wrote has no configuration. Source: keras/legacy/saving/legacy_h5_format.
"""

from __future__ import annotations

import json
from itertools import takewhile
from typing import BinaryIO

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem, short_reason
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import Place
from gradaudit.inputs.keras.configuration import model_of
from gradaudit.inputs.keras.stored import MAX_LAYERS, ArrayBudget, inside, read_array
from gradaudit.inputs.keras.weights_file import MAX_CONFIG, MAX_WEIGHTS, HDF5Group, HDF5Node, read_hdf5
from gradaudit.inputs.yaml_text.plain_tree import tree_at

WEIGHTS_ONLY = (
    "it holds weights alone, not the model that they belong to; where the model is, "
    "write model.save('model.keras') and name that file, or name the model itself, as in file.py:model"
)


def from_hdf5(file: BinaryIO, size: int, name: str, here: Location) -> ModelSpec:
    """The model in an open HDF5 file: as its configuration draws it, and with its weights.

    Raises InputError for a file that is damaged, holds weights alone or is not audited, SpecError for impossible
    values, MissingLibraryError where h5py is missing.
    """
    root = read_hdf5(file, size, here)
    config = _json(root, "model_config", here)
    if not isinstance(config, dict) or not {"class_name", "config"} <= config.keys():
        raise InputError(Problem(_no_model(root), here))
    trained = _json(root, "training_config", here)
    if isinstance(trained, dict):
        compiled = {"loss": trained.get("loss"), "optimizer": trained.get("optimizer_config")}
        config["compile_config"] = {key: value for key, value in compiled.items() if value}
    config["keras_version"] = _version(root) or config.get("keras_version", "2")
    weights = NamedStored(inside(root, "model_weights"), ArrayBudget(min(size, MAX_WEIGHTS)))
    return model_of(tree_at(config, here), name, weights)


def _no_model(root: HDF5Group) -> str:
    """What such a file is, and what to do instead."""
    is_keras = _names(root, "layer_names") or any(
        inside(root, key) is not None for key in ("layers", "_layer_checkpoint_dependencies", "model_weights")
    )
    return WEIGHTS_ONLY if is_keras else "there is no Keras model in it; save one with model.save('model.keras')"


def _version(root: HDF5Group) -> str | None:
    try:
        return _text(root.attributes.get("keras_version"))
    except ValueError:
        return None


def _json(root: HDF5Group, key: str, here: Location) -> object:
    """An attribute's JSON; None where there is no such attribute."""
    if key not in root.attributes:
        return None
    try:
        return json.loads(_text(root.attributes[key]))
    except RecursionError:
        raise InputError(Problem(f"its {key} is nested too deeply", here)) from None
    except ValueError as error:
        raise InputError(Problem(f"its {key} cannot be read: {short_reason(error)}", here)) from None


def _text(value: object) -> str:
    """Text, which is UTF-8. Raises ValueError for whatever is none, or too long."""
    if isinstance(value, dict):
        raise ValueError(value.get("fault"))  # noqa: TRY004 - a fault of the file
    if not isinstance(value, str):
        raise ValueError("it is no text")  # noqa: TRY004
    if len(value) > MAX_CONFIG:
        raise ValueError(f"it is larger than {MAX_CONFIG >> 20} MiB")
    return value.encode("utf-8", "surrogateescape").decode("utf-8")


def _names(group: HDF5Node | None, key: str) -> list[str]:
    """An attribute that lists names, which Keras cuts in pieces where it is large: weight_names0, weight_names1, …"""
    given = group.attributes if isinstance(group, HDF5Group) else {}
    pieces = (f"{key}{number}" for number in range(MAX_LAYERS))
    found = [given[key]] if key in given else [given[piece] for piece in takewhile(given.__contains__, pieces)]
    names = [name for piece in found if isinstance(piece, list) for name in piece]
    return names[:MAX_LAYERS] if all(isinstance(name, str) for name in names) else []


class NamedStored:
    """A group that has its layers' groups by name, each with the names of its arrays in order.

    A model inside the model is one group, in which a layer's arrays are those with its name in theirs.
    """

    def __init__(
        self, group: HDF5Node | None, budget: ArrayBudget, names: list[str] | None = None, depth: int = 0
    ) -> None:
        self.group, self.budget, self.depth = group, budget, depth
        self.names = _names(group, "weight_names") if names is None else names

    def child(self, kind: str, name: str) -> NamedStored:
        if not self.depth:
            return NamedStored(inside(self.group, name), self.budget, depth=1)
        own = [each for each in self.names if name in each.split("/")[:-1]]
        return NamedStored(self.group, self.budget, own, self.depth + 1)

    def part(self, path: tuple[str, ...], first: int) -> NamedStored:
        return NamedStored(self.group, self.budget, self.names[first:], self.depth)

    def array(self, index: int, place: Place) -> Array:
        found = self.group
        for part in self.names[index].split("/") if index < len(self.names) else ("",):
            found = inside(found, part)
        return read_array(found, index, self.budget, place)
