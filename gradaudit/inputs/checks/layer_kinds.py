"""Which kind of layer an entry of `layers` is meant to be, decided by its form before its content is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING

from gradaudit.inputs.checks.names import Fault
from gradaudit.layers import TYPES
from gradaudit.layers.plain import keys_of, needs_no_key, type_of
from gradaudit.text.suggest import hint, nearest, quoted

WORDS = tuple(name for name, layer in TYPES.items() if needs_no_key(layer))
"""The types that stand alone."""


def type_of_layer(value: object) -> str | None:
    """The type that the entry is meant to be; None where it cannot be told, and `fault_of_layer` then says why."""
    if isinstance(value, int | float):
        return "dense"
    if isinstance(value, str):
        return value if value in WORDS else None
    return type_of(value) if isinstance(value, Mapping) else None


def fault_of_layer(value: object) -> Fault:
    """Why the entry is no layer, and what to write."""
    if isinstance(value, str) and value.isdecimal():
        return Fault((), f"{quoted(value)} is text; write {value[:20]} without quotes")
    if isinstance(value, str):
        return Fault((), _needs(value) if value in TYPES else f"{quoted(value)} is no layer{hint(value, TYPES)}")
    if not isinstance(value, Mapping):
        return Fault((), f"{quoted(value)} is no layer; write its number of units, or a mapping such as {{units: 64}}")
    return _fault_of_mapping(value)


def _fault_of_mapping(layer: Mapping[str, object]) -> Fault:
    if "type" in layer:
        return Fault(("type",), f"{quoted(layer['type'])} is no type of layer{hint(layer['type'], TYPES)}")
    if slip := next((key for key in layer if nearest(key, ["units"])), None):
        return Fault((slip,), f"{quoted(slip)} is no key of a layer; did you mean 'units'?", at_key=True)
    if "name" not in layer or layer.keys() & {"init", "bias", "norm"}:
        return Fault((), "a dense layer needs units, any other a type; write {units: 64} with what else it has")
    return Fault(("name",), f"{quoted(layer['name'])} is no kind of layer{hint(layer['name'], TYPES)}")


def _needs(name: str) -> str:
    """What to write for a type that does not stand alone."""
    required = [key.name for key in keys_of(TYPES[name]) if key.default is MISSING]
    example = ", ".join(f"{key}: …" for key in required)
    return f"{name} needs {' and '.join(required)}; write {{type: {name}, {example}}}"
