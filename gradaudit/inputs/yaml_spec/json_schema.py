"""JSON Schema (2020-12) of named things, for editors: names enumerated, parameters described by their ranges."""

from __future__ import annotations

from typing import Any

from gradaudit.inputs.checks.names import Kind
from gradaudit.inputs.checks.ranges import FINITE, PARAMETERS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def named_schema(kind: Kind) -> Schema:
    """The name-or-mapping rule: a name that needs no parameters, or a mapping of `name` and them."""
    groups: dict[str, list[str]] = {}
    for name in kind.names:
        groups.setdefault(_signature(kind, kind.aliases.get(name, name)), []).append(name)
    bare = [name for name in kind.names if not kind.required(kind.aliases.get(name, name))]
    mappings = [_mapping(kind, names) for names in groups.values()]
    return {"anyOf": [*([{"enum": bare}] if bare else []), *mappings]}


def _signature(kind: Kind, name: str) -> str:
    """Equal for names whose mappings have the same schema."""
    properties = {key: parameter_schema(kind, name, key) for key in kind.table[name]}
    return repr((properties, kind.required(name)))


def _mapping(kind: Kind, names: list[str]) -> Schema:
    canonical = kind.aliases.get(names[0], names[0])
    properties = {key: parameter_schema(kind, canonical, key) for key in kind.table[canonical]}
    if kind.label == "optimizer" and "beta_1" in properties:
        properties["betas"] = {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
            "minItems": 2,
            "maxItems": 2,
            "description": "beta_1 and beta_2 as PyTorch writes them.",
        }
    return {
        "type": "object",
        "properties": {"name": {"enum": names}, **properties},
        "required": ["name", *kind.required(canonical)],
        "additionalProperties": False,
    }


def parameter_schema(kind: Kind, name: str, key: str) -> Schema:
    """What one parameter may be, with its default."""
    default = kind.table[name][key]
    told: Schema = {} if default is None or default == "" else {"default": default}
    if choices := kind.choices.get((name, key)):
        return {"enum": list(choices), **told}
    if isinstance(default, bool):
        return {"type": "boolean", **told}
    if key == "target":
        return {"type": ["string", "integer"], "description": "The column to predict, by header or number."}
    if key == "path":
        return {"type": "string", "minLength": 1, "description": "Relative to the spec's folder."}
    return {**PARAMETERS.get((kind.label, key), FINITE).schema(), **told}
