"""The spec's shape: its keys, those of each layer, and what may stand in them; the JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from dataclasses import Field as DataclassField
from typing import Any

from gradaudit.domain.audit_options import FAIL_ON
from gradaudit.domain.spec import ModelSpec
from gradaudit.inputs.checks.key_sorts import SORTS, KeySort, checked, named, ranged
from gradaudit.inputs.checks.layer_kinds import WORDS, fault_of_layer, type_of_layer
from gradaudit.inputs.checks.mappings import Key, Keys, list_of, mapping_of
from gradaudit.inputs.checks.names import DATA, LOSS, OPTIMIZER, scalar_fault
from gradaudit.inputs.checks.ranges import COUNT, NOT_NEGATIVE, Range
from gradaudit.inputs.yaml_spec.json_schema import DIALECT, Schema
from gradaudit.layers import ALL
from gradaudit.layers.interface import Layer
from gradaudit.layers.plain import BY_NAME, keys_of, needs_no_key
from gradaudit.text.suggest import hint, quoted

_EXAMPLES = {
    "layers": "layers: [8, 8]",
    "units": "units: 64",
    "rate": "rate: 0.5, the share of values to drop",
    "channels": "channels: 16",
    "kernel_size": "kernel_size: 3",
    "size": "size: 2",
    "vocabulary": "vocabulary: 1000",
}
"""Key of a layer → what may be written where it is missing."""
_OF_THE_OPTIMIZER = "; it is the optimizer's: optimizer: {name: sgd, %s}"
_ELSEWHERE = {
    "learning_rate": _OF_THE_OPTIMIZER % "learning_rate: 0.1",
    "lr": _OF_THE_OPTIMIZER % "learning_rate: 0.1",
    "momentum": _OF_THE_OPTIMIZER % "momentum: 0.9",
    "weight_decay": _OF_THE_OPTIMIZER % "weight_decay: 0.01",
    "clip_norm": _OF_THE_OPTIMIZER % "clip_norm: 1.0",
}
"""Where a key belongs that stands at the top of a spec."""
_EMPTY_BLOCK = "a residual block without layers does nothing; give it one or remove it"
_TOO_SHORT = "a model needs the number of inputs and at least one layer, such as [2, 8, 1]"


def _one_of(noun: str, *known: str) -> KeySort:
    def complain(value: object) -> str | None:
        return None if value in known else f"{quoted(value)} is no {noun}{hint(value, known)}"

    return checked(complain, lambda: {"enum": list(known)})


def _read_entry(value: object) -> Any:  # noqa: ANN401 - as a spec writes it, but for names that are read already
    """An entry of `layers`, or its faults; that a shape stands first only is told by `geometry`."""
    if isinstance(value, int | float):
        return _WIDTH.read(value)
    if isinstance(value, list):
        return _SHAPE.read(value)
    its_type = type_of_layer(value)
    if its_type is None:
        return [fault_of_layer(value)]
    return value if isinstance(value, str) else LAYERS[its_type].read(value)


def _entry_schema() -> Schema:
    mappings = [{"$ref": f"#/$defs/{_title(layer)}"} for layer in ALL]
    return {"oneOf": [COUNT.schema(), {"enum": list(WORDS)}, *mappings]}


def _title(layer: type[Layer]) -> str:
    return layer.__name__.removesuffix("Spec")


_TEXT, _WIDTH = SORTS["text"], ranged(COUNT)
_SHAPE = list_of(_WIDTH, {"minItems": 1, "maxItems": 3})
_ENTRY = KeySort(_read_entry, _entry_schema)
_INSIDE = list_of(_ENTRY, {"minItems": 1}, lambda length: None if length else _EMPTY_BLOCK)
_ENTRIES = list_of(_ENTRY, {"minItems": 2}, lambda length: None if length > 1 else _TOO_SHORT)
_SCALAR = checked(scalar_fault, lambda: {"type": ["string", "number", "boolean"]})
_DEFAULTS = ModelSpec(name="", inputs=0, layers=())


def _keys(layer: type[Layer]) -> Keys:
    """The mapping of this type, in both forms: with `type`, or with the type in `name`."""
    its_type = checked(lambda value: None, lambda: {"const": layer.type})
    keys = {key.name: _key(key) for key in keys_of(layer)}
    return Keys(layer.noun, layer.__doc__ or "", {**keys, "type": Key(its_type, "Its type.")}, forms=_forms(layer))


def _key(key: DataclassField[Any]) -> Key:
    sort = _INSIDE if key.metadata["sort"] == "layers" else SORTS[key.metadata["sort"]]
    is_required = key.default is MISSING
    default = None if is_required else [*key.default] if isinstance(key.default, tuple) else key.default
    return Key(sort, key.metadata["description"], default, is_required, _EXAMPLES.get(key.name, ""))


def _forms(layer: type[Layer]) -> tuple[Schema, ...]:
    """How an entry says that it is of this type."""
    if layer.type == "dense":
        return ({"required": ["units"]},)
    by_type: Schema = {"required": ["type"]}
    if layer.type not in BY_NAME:
        return (by_type,)
    norm = {"properties": {"name": {"const": layer.type}}} if needs_no_key(layer) else {}
    return by_type, {**norm, "required": ["name"]}


LAYERS: Mapping[str, Keys] = {layer.type: _keys(layer) for layer in ALL}
"""By type."""

AUDIT = Keys(
    "the audit section",
    "How to audit this model; the command line is above it.",
    {
        "seeds": Key(ranged(Range(1, 1000, whole=True)), "How many times the weights are drawn (8)."),
        "seed": Key(ranged(Range(0, 2**63, whole=True)), "The first seed (0)."),
        "samples": Key(ranged(Range(1, 1_000_000, whole=True)), "Rows of the batch that the probes use (256)."),
        "effort": Key(_one_of("effort", "quick", "standard", "thorough"), "How much to compute (standard)."),
        "select": Key(list_of(_TEXT, {}), "Rules to check, all where it is empty.", []),
        "ignore": Key(list_of(_TEXT, {}), "Rules not to check.", []),
        "fail_on": Key(
            _one_of("level to fail on", *FAIL_ON),
            "The least severity that fails the check (error).",
        ),
        "rules": Key(mapping_of(mapping_of(_SCALAR)), "Thresholds by rule.", {}),
    },
)

SPEC = Keys(
    "a spec",
    "A neural network, its data and its training, as gradaudit audits them.",
    {
        "name": Key(_TEXT, "What reports call the model; the file's stem where it is absent."),
        "layers": Key(
            _ENTRIES,
            "The number of inputs, then the layers.",
            is_required=True,
            example="layers: [2, 8, 1], the number of inputs and the layers",
        ),
        "activation": Key(SORTS["hidden"], "Of the hidden layers that name none (relu)."),
        "output": Key(SORTS["activation"], "Activation of the last dense layer; the loss decides it."),
        "init": Key(SORTS["initializer"], "Of the weights of layers that name none (glorot_uniform)."),
        "bias": Key(SORTS["bias"], "Of the biases (zeros, or what a framework's init brings)."),
        "loss": Key(named(LOSS), "The data decide it where it is absent."),
        "l2": Key(ranged(NOT_NEGATIVE), "½·l2·Σ‖W‖² over the weights is added to the loss.", _DEFAULTS.l2),
        "optimizer": Key(named(OPTIMIZER), "sgd with learning rate 0.01 where it is absent."),
        "batch_size": Key(_WIDTH, "The training run's mini-batch; all rows where it is absent."),
        "epochs": Key(_WIDTH, "The training you plan; findings are judged against it."),
        "precision": Key(
            _one_of("precision", "float64", "float32", "float16", "bfloat16"),
            "What you train in.",
            _DEFAULTS.precision,
        ),
        "data": Key(named(DATA), "gaussian where it is absent."),
        "weights": Key(_TEXT, "Path of an .npz, .safetensors or PyTorch file with given weights."),
        "audit": Key(KeySort(AUDIT.read, lambda: {"$ref": "#/$defs/Audit"}), "How to audit this model."),
    },
    _ELSEWHERE,
)


def json_schema() -> Schema:
    """The spec's JSON Schema, 2020-12."""
    schema = SPEC.schema()
    first = {"anyOf": [COUNT.schema(), _SHAPE.schema()]}
    told = "The number of inputs, or the shape of one, channels last."
    schema["properties"]["layers"]["prefixItems"] = [{"description": told, **first}]
    parts = {**{_title(layer): LAYERS[layer.type].schema() for layer in ALL}, "Audit": AUDIT.schema()}
    return {"$schema": DIALECT, "title": "gradaudit model spec", **schema, "$defs": parts}
