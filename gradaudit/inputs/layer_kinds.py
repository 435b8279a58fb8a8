"""Which kind of layer an entry of `layers` is meant to be, decided by its form before its content is checked."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from gradaudit.inputs.names import Fault
from gradaudit.inputs.suggest import hint, nearest, quoted

KINDS = ("batch_norm", "layer_norm", "dropout", "residual")

MODEL_KINDS = {
    "<dense>": "a dense layer",
    "<norm>": "a normalisation layer",
    "<dropout>": "a dropout layer",
    "<residual>": "a residual block",
}
"""Tag of the union of layers → how a message calls the mapping. No key of a spec looks like a tag."""

_BARE = {
    "dropout": "dropout needs a rate; write {name: dropout, rate: 0.5}",
    "residual": "a residual block needs layers; write {name: residual, layers: [64, 64]}",
}


def kind_of_layer(value: object) -> str | None:
    """The tag of the entry's kind, None where it cannot be told; `fault_of_layer` then says why."""
    if isinstance(value, int | float):
        return "<units>"
    if isinstance(value, str):
        return "<word>" if value in ("batch_norm", "layer_norm") else None
    return _kind_of_mapping(value) if isinstance(value, Mapping) else None


def _kind_of_mapping(layer: Mapping[str, object]) -> str | None:
    """By `units`, else by the kind in `name`; a block or dropout may bear a name of its own."""
    name = layer.get("name")
    if "units" in layer:
        return "<dense>"
    if isinstance(name, str) and name in KINDS:
        return "<norm>" if name.endswith("_norm") else f"<{name}>"
    if _is_misspelt(name):
        return None
    return "<residual>" if "layers" in layer else "<dropout>" if "rate" in layer else None


def _is_misspelt(name: object) -> bool:
    """`residul` is a slip; `residual_1` and `block` are names."""
    if not isinstance(name, str) or any(kind in name for kind in KINDS):
        return False
    return bool(get_close_matches(name.lower(), KINDS, n=1, cutoff=0.8))


def fault_of_layer(value: object) -> Fault:
    """Why the entry is no layer, and what to write."""
    if isinstance(value, str) and value.isdecimal():
        return Fault((), f"{quoted(value)} is text; write {value[:20]} without quotes")
    if isinstance(value, str):
        return Fault((), _BARE.get(value) or f"{quoted(value)} is no layer{hint(value, KINDS)}")
    if not isinstance(value, Mapping):
        return Fault((), f"{quoted(value)} is no layer; write its number of units, or a mapping such as {{units: 64}}")
    if slip := next((key for key in value if nearest(key, ["units"])), None):
        return Fault((slip,), f"{quoted(slip)} is no key of a layer; did you mean 'units'?", at_key=True)
    if "name" not in value or value.keys() & {"activation", "init", "bias", "norm"}:
        return Fault((), "a dense layer needs units; write {units: 64} with what else it has")
    name = value["name"]
    return Fault(("name",), f"{quoted(name)} is no kind of layer{hint(name, KINDS)}")
