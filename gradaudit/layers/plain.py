"""An entry of `layers` as a spec writes it, and the layer that it is; both forms of the spec, `type:` and `name:`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from typing import Any

from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.functions.named import Named, Plain
from gradaudit.functions.parameter import Shape
from gradaudit.layers import TYPES
from gradaudit.layers.interface import Layer

BY_NAME = ("batch_norm", "layer_norm", "dropout", "residual")
"""The types that may stand in `name` where there is no `type`: the older form."""


def keys_of(layer: type[Layer]) -> tuple[Field[Any], ...]:
    """The fields that are its keys, in the order of the schema."""
    return fields(layer)


def needs_no_key(layer: type[Layer]) -> bool:
    """Whether its type alone is an entry."""
    return all(key.default is not MISSING for key in keys_of(layer))


def type_of(entry: Mapping[str, object]) -> str | None:
    """The type of a mapping: its `type`, else by its keys and by `name`; None where it cannot be told.

    Without a `type`, a block or a dropout may bear a name of its own.
    """
    if "type" in entry:
        said = entry["type"]
        return said if isinstance(said, str) and said in TYPES else None
    name = entry.get("name")
    if "units" in entry:
        return "dense"
    if name in BY_NAME:
        return str(name)
    if "name" not in entry or _is_misspelt(name):
        return None
    return "residual" if "layers" in entry else "dropout" if "rate" in entry else None


def _is_misspelt(name: object) -> bool:
    """`residul` is a slip; `residual_1` and `block` are names."""
    from difflib import get_close_matches

    if not isinstance(name, str) or any(kind in name for kind in BY_NAME):
        return False
    return bool(get_close_matches(name.lower(), BY_NAME, n=1, cutoff=0.8))


def own_name(entry: Mapping[str, object]) -> str | None:
    """What the person calls the layer, where `name` is more than its type."""
    name = entry.get("name")
    return None if name is None or ("type" not in entry and "units" not in entry and name in BY_NAME) else str(name)


def first_entry(inputs: Shape) -> Plain:
    """The first entry of `layers`: a number, or the shape of one input."""
    return inputs[0] if len(inputs) == 1 else [*inputs]


def layer_of(entry: Plain) -> Layer:
    """The layer of an entry that is known to be right. Raises KeyError for what is no layer."""
    if isinstance(entry, str):
        return TYPES[entry]()
    if not isinstance(entry, dict):
        return TYPES["dense"](units=int(entry))  # type: ignore[arg-type,call-arg]
    kind = TYPES[type_of(entry) or ""]
    given = {key.name: read_value(key.metadata["sort"], entry[key.name]) for key in keys_of(kind) if key.name in entry}
    return kind(**{**given, "name": own_name(entry)})


_CANONICAL = {
    alias: name for table in (ACTIVATIONS, INITIALIZERS) for name, row in table.items() for alias in row.aliases
}


def _canonical(named: Named) -> Named:
    """The name that tables have, where a spec's own spelling of it was written."""
    name = _CANONICAL.get(named.name)
    return named if name is None else replace(named, name=name, spelling=named.name)


def read_value(sort: str, value: Plain) -> Any:  # noqa: ANN401 - whatever the field holds
    """A key's value as its field holds it."""
    if sort in ("activation", "hidden", "initializer", "bias", "norm"):
        return value if value is False or value is None else _canonical(Named.read(value))
    if sort == "layers":
        return tuple(layer_of(each) for each in value)  # type: ignore[union-attr]
    if sort in ("sides", "padding"):
        return tuple(value) if isinstance(value, list) else value
    return float(value) if sort in ("share", "positive") else value  # type: ignore[arg-type]
