"""The spec's shape as pydantic models: every fault of a file at once, and the JSON Schema for editors.

Import it in the function that needs it: pydantic takes a fifth of a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from dataclasses import Field as DataclassField
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticUndefined

from gradaudit.domain.spec import Named, Scalar
from gradaudit.inputs.checks.layer_kinds import WORDS, kind_of_layer
from gradaudit.inputs.checks.layer_sorts import SORTS, KeySort, checked, named, ranged
from gradaudit.inputs.checks.names import DATA, LOSS, OPTIMIZER, Fault, scalar_fault
from gradaudit.inputs.checks.ranges import COUNT, NOT_NEGATIVE, Range
from gradaudit.inputs.yaml_spec.json_schema import DIALECT, without_null
from gradaudit.layers import ALL, TYPES
from gradaudit.layers.interface import Layer as LayerType
from gradaudit.layers.plain import BY_NAME, keys_of, needs_no_key
from gradaudit.text.suggest import hint, quoted


def _fail(faults: list[Fault], value: object) -> ValidationError:
    """The faults as errors under the place of the value that is being validated."""
    return ValidationError.from_exception_data(
        "spec",
        [
            InitErrorDetails(
                type=PydanticCustomError("fault", "{message}", {"message": fault.message, "at_key": fault.at_key}),
                loc=fault.path,
                input=value,
            )
            for fault in faults
        ],
    )


def _of(sort: KeySort) -> tuple[PlainValidator, WithJsonSchema]:
    """What pydantic needs to know of a sort: its check, with the message, and its JSON Schema."""

    def check(value: object) -> object:
        found = sort.read(value)
        if isinstance(found, list):
            raise _fail(found, value)
        return found

    return PlainValidator(check), WithJsonSchema(sort.schema)


def _one_of(noun: str, *known: str) -> tuple[PlainValidator, WithJsonSchema]:
    def complain(value: object) -> str | None:
        return None if value in known else f"{quoted(value)} is no {noun}{hint(value, known)}"

    return _of(checked(complain, {"enum": list(known)}))


_SEED, _SEEDS, _SAMPLES = Range(0, 2**63, whole=True), Range(1, 1000, whole=True), Range(1, 1_000_000, whole=True)
_PRECISIONS = ("float64", "float32", "float16", "bfloat16")

Text = Annotated[str, *_of(SORTS["text"])]
AnyScalar = Annotated[Scalar, *_of(checked(scalar_fault, {"type": ["string", "number", "boolean"]}))]
Width = Annotated[int, *_of(ranged(COUNT))]
Amount = Annotated[float, *_of(ranged(NOT_NEGATIVE))]
Seed = Annotated[int, *_of(ranged(_SEED))]
Seeds = Annotated[int, *_of(ranged(_SEEDS))]
Samples = Annotated[int, *_of(ranged(_SAMPLES))]
Activation = Annotated[Named, *_of(SORTS["activation"])]
HiddenActivation = Annotated[Named, *_of(SORTS["hidden"])]
Initializer = Annotated[Named, *_of(SORTS["initializer"])]
Bias = Annotated[Named | Literal[False], *_of(SORTS["bias"])]
Loss = Annotated[Named, *_of(named(LOSS))]
Optimizer = Annotated[Named, *_of(named(OPTIMIZER))]
Data = Annotated[Named, *_of(named(DATA))]
Precision = Annotated[Literal["float64", "float32", "float16", "bfloat16"], *_one_of("precision", *_PRECISIONS)]
EffortName = Annotated[Literal["quick", "standard", "thorough"], *_one_of("effort", "quick", "standard", "thorough")]
FailOn = Annotated[Literal["error", "warning", "never"], *_one_of("level to fail on", "error", "warning", "never")]


class _Mapping(BaseModel):
    """A mapping of the spec: no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Keys(_Mapping):
    """The keys of one type of layer, made of its dataclass by `_model_of`."""


_SORTS: Mapping[str, Any] = {
    **{name: Annotated[Any, *_of(sort)] for name, sort in SORTS.items()},
    "layers": "list[Layer]",
}
"""What each sort of key may be: check, message and JSON Schema."""


def _model_of(layer: type[LayerType]) -> type[BaseModel]:
    """The model of a mapping of this type, in both forms: with `type`, or with the type in `name`."""
    pairs: dict[str, Any] = {key.name: (_SORTS[key.metadata["sort"]], _field(key)) for key in keys_of(layer)}
    for key, (annotation, told) in pairs.items():
        pairs[key] = (annotation | None if told.default is None else annotation, told)
    its_type = Annotated[str, *_of(checked(lambda value: None, {"const": layer.type}))]
    pairs["type"] = (its_type | None, Field(None, description="Its type."))
    name, told = layer.__name__.removesuffix("Spec"), {"json_schema_extra": {"anyOf": _forms(layer)}}
    made = create_model(name, __base__=_Keys, __module__=__name__, __doc__=layer.__doc__, **pairs)
    made.model_config = {**made.model_config, **told}
    return made


def _field(key: DataclassField[Any]) -> Any:  # noqa: ANN401 - pydantic's Field
    default = PydanticUndefined if key.default is MISSING else key.default
    least = 1 if key.metadata["sort"] == "layers" else None
    return Field(default, description=key.metadata["description"], min_length=least)


def _forms(layer: type[LayerType]) -> list[dict[str, Any]]:
    """How an entry says that it is of this type."""
    forms: list[dict[str, Any]] = [{"required": ["type"]}]
    if layer.type == "dense":
        return [{"required": ["units"]}]
    if layer.type in BY_NAME:
        norm = {"properties": {"name": {"const": layer.type}}} if needs_no_key(layer) else {}
        forms.append({**norm, "required": ["name"]})
    return forms


_MODELS = {layer.type: _model_of(layer) for layer in ALL}

Word = Annotated[str, WithJsonSchema({"enum": list(WORDS)})]
Shape = Annotated[list[Width], Field(min_length=1, max_length=3)]

if TYPE_CHECKING:
    Layer: TypeAlias = Any
else:
    _ENTRIES = {"<units>": Width, "<word>": Word, "<shape>": Shape, **{f"<{name}>": _MODELS[name] for name in _MODELS}}
    Layer = Annotated[
        reduce(or_, (Annotated[entry, Tag(tag)] for tag, entry in _ENTRIES.items())),
        Discriminator(kind_of_layer, custom_error_type="layer", custom_error_message="no layer"),
    ]


class Audit(_Mapping):
    """How to audit this model; the command line is above it."""

    seeds: Seeds | None = Field(None, description="How many times the weights are drawn (8).")
    seed: Seed | None = Field(None, description="The first seed (0).")
    samples: Samples | None = Field(None, description="Rows of the batch that the probes use (256).")
    effort: EffortName | None = Field(None, description="How much to compute (standard).")
    select: list[Text] = Field([], description="Rules to check, all where it is empty.")
    ignore: list[Text] = Field([], description="Rules not to check.")
    fail_on: FailOn | None = Field(None, description="The least severity that fails the check (error).")
    rules: dict[str, dict[str, AnyScalar]] = Field({}, description="Thresholds by rule.")


class Spec(_Mapping):
    """A neural network, its data and its training, as gradaudit audits them."""

    name: Text | None = Field(None, description="What reports call the model; the file's stem where it is absent.")
    layers: list[Layer] = Field(min_length=2, description="The number of inputs, then the layers.")
    activation: HiddenActivation | None = Field(None, description="Of the hidden layers that name none (relu).")
    output: Activation | None = Field(None, description="Activation of the last dense layer; the loss decides it.")
    init: Initializer | None = Field(None, description="Of the weights of layers that name none (glorot_uniform).")
    bias: Bias | None = Field(None, description="Of the biases (zeros, or what a framework's init brings).")
    loss: Loss | None = Field(None, description="The data decide it where it is absent.")
    l2: Amount = Field(0.0, description="½·l2·Σ‖W‖² over the weights is added to the loss.")
    optimizer: Optimizer | None = Field(None, description="sgd with learning rate 0.01 where it is absent.")
    batch_size: Width | None = Field(None, description="The training run's mini-batch; all rows where it is absent.")
    epochs: Width | None = Field(None, description="The training you plan; findings are judged against it.")
    precision: Precision = Field("float32", description="What you train in.")
    data: Data | None = Field(None, description="gaussian where it is absent.")
    weights: Text | None = Field(None, description="Path of an .npz, .safetensors or PyTorch file with given weights.")
    audit: Audit | None = Field(None, description="How to audit this model.")


MODELS: dict[str, type[BaseModel]] = {
    **{TYPES[name].noun: model for name, model in _MODELS.items()},
    "the audit section": Audit,
    "a spec": Spec,
}
"""How a message calls the mapping → its model."""


def json_schema() -> dict[str, Any]:
    """The spec's JSON Schema, 2020-12."""
    schema: dict[str, Any] = without_null(Spec.model_json_schema())
    lists = [schema["properties"]["layers"], *(each["properties"].get("layers") for each in schema["$defs"].values())]
    kinds = [entries["items"]["oneOf"] for entries in lists if entries]
    shapes = [each.pop(next(k for k, entry in enumerate(each) if entry.get("type") == "array")) for each in kinds]
    first = {"anyOf": [COUNT.schema(), shapes[0]]}
    told = "The number of inputs, or the shape of one, channels last."
    schema["properties"]["layers"]["prefixItems"] = [{**first, "description": told}]
    return {"$schema": DIALECT, "title": "gradaudit model spec", **schema}
