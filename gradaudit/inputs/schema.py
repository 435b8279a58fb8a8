"""The spec's shape as pydantic models: every fault of a file at once, and the JSON Schema for editors.

Import it in the function that needs it: pydantic takes a fifth of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from gradaudit.inputs.json_schema import DIALECT, named_schema, without_null
from gradaudit.inputs.layer_kinds import MODEL_KINDS, kind_of_layer
from gradaudit.inputs.names import (
    ACTIVATION,
    DATA,
    HIDDEN,
    INITIALIZER,
    LOSS,
    NORM,
    OPTIMIZER,
    Fault,
    Kind,
    read_named,
    scalar_fault,
    text_fault,
)
from gradaudit.inputs.ranges import COUNT, NOT_NEGATIVE, POSITIVE, SHARE, Range
from gradaudit.inputs.suggest import hint, quoted
from gradaudit.spec import NORM_EPS, Named, Scalar


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


def _checked(complain: Callable[[Any], str | None]) -> PlainValidator:
    """A validator that gives the value back, or says the complaint's sentence."""

    def check(value: object) -> object:
        if message := complain(value):
            raise _fail([Fault((), message)], value)
        return value

    return PlainValidator(check)


def _named(kind: Kind) -> PlainValidator:
    """A validator for the name-or-mapping rule."""

    def check(value: object) -> Named:
        found = read_named(kind, value)
        if isinstance(found, Named):
            return found
        raise _fail(found, value)

    return PlainValidator(check)


def _bias(value: object) -> Named | Literal[False]:
    if isinstance(value, bool):
        if value:
            raise _fail([Fault((), "true is no initializer; leave bias out to have biases, or name one")], value)
        return False
    found = read_named(INITIALIZER, value)
    if isinstance(found, Named):
        return found
    raise _fail(found, value)


def _one_of(noun: str, *known: str) -> PlainValidator:
    return _checked(lambda value: None if value in known else f"{quoted(value)} is no {noun}{hint(value, known)}")


def _ranged(allowed: Range) -> tuple[PlainValidator, WithJsonSchema]:
    return _checked(allowed.complaint), WithJsonSchema(allowed.schema())


_TEXT_SCHEMA = WithJsonSchema({"type": "string", "minLength": 1})
_SEED, _SEEDS, _SAMPLES = Range(0, 2**63, whole=True), Range(1, 1000, whole=True), Range(1, 1_000_000, whole=True)

Text = Annotated[str, _checked(text_fault), _TEXT_SCHEMA]
AnyScalar = Annotated[Scalar, _checked(scalar_fault), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Width = Annotated[int, *_ranged(COUNT)]
Repeat = Annotated[int, *_ranged(Range(1, 1_000, whole=True))]
Count = Annotated[int, *_ranged(COUNT)]
Amount = Annotated[float, *_ranged(NOT_NEGATIVE)]
Share = Annotated[float, *_ranged(SHARE)]
Epsilon = Annotated[float, *_ranged(POSITIVE)]
Seed = Annotated[int, *_ranged(_SEED)]
Seeds = Annotated[int, *_ranged(_SEEDS)]
Samples = Annotated[int, *_ranged(_SAMPLES)]
Activation = Annotated[Named, _named(ACTIVATION), WithJsonSchema(named_schema(ACTIVATION))]
HiddenActivation = Annotated[Named, _named(HIDDEN), WithJsonSchema(named_schema(HIDDEN))]
Initializer = Annotated[Named, _named(INITIALIZER), WithJsonSchema(named_schema(INITIALIZER))]
Loss = Annotated[Named, _named(LOSS), WithJsonSchema(named_schema(LOSS))]
Optimizer = Annotated[Named, _named(OPTIMIZER), WithJsonSchema(named_schema(OPTIMIZER))]
Data = Annotated[Named, _named(DATA), WithJsonSchema(named_schema(DATA))]
Bias = Annotated[
    Named | Literal[False],
    PlainValidator(_bias),
    WithJsonSchema({"anyOf": [{"const": False}, *named_schema(INITIALIZER)["anyOf"]]}),
]
NormName = Annotated[
    Literal["batch_norm", "layer_norm"],
    _one_of("normalisation", "batch_norm", "layer_norm"),
    WithJsonSchema({"enum": ["batch_norm", "layer_norm"]}),
]
OwnNorm = Annotated[Named, _named(NORM), WithJsonSchema(named_schema(NORM))]
Precision = Annotated[
    Literal["float64", "float32", "float16", "bfloat16"],
    _one_of("precision", "float64", "float32", "float16", "bfloat16"),
    WithJsonSchema({"enum": ["float64", "float32", "float16", "bfloat16"]}),
]
EffortName = Annotated[
    Literal["quick", "standard", "thorough"],
    _one_of("effort", "quick", "standard", "thorough"),
    WithJsonSchema({"enum": ["quick", "standard", "thorough"]}),
]
FailOn = Annotated[
    Literal["error", "warning", "never"],
    _one_of("level to fail on", "error", "warning", "never"),
    WithJsonSchema({"enum": ["error", "warning", "never"]}),
]


class _Mapping(BaseModel):
    """A mapping of the spec: no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dense(_Mapping):
    """A dense layer with more to say than its number of units."""

    units: Width = Field(description="Number of units.")
    activation: Activation | None = Field(None, description="Instead of the model's `activation` or `output`.")
    init: Initializer | None = Field(None, description="Of the weights, instead of the model's `init`.")
    bias: Bias | None = Field(None, description="Of the biases; false for none.")
    norm: OwnNorm | None = Field(None, description="Between the linear map and the activation.")
    repeat: Repeat = Field(1, description="So many of this layer, one after another.")
    name: Text | None = Field(None, description="What reports call the layer.")


class Norm(_Mapping):
    """A normalisation layer of its own."""

    name: NormName = Field(description="Its kind.")
    eps: Epsilon = Field(NORM_EPS, description="Added to the variance before its root is taken.")
    activation: HiddenActivation | None = Field(None, description="Behind the normalisation (none).")
    repeat: Repeat = Field(1, description="So many of this layer, one after another.")


class Dropout(_Mapping):
    """Dropout: on in the training run alone."""

    name: Text = Field(description="`dropout`, or what reports call the layer.")
    rate: Share = Field(description="Share of the values that are set to 0.")
    activation: HiddenActivation | None = Field(None, description="Behind the dropout (none).")
    repeat: Repeat = Field(1, description="So many of this layer, one after another.")


class Residual(_Mapping):
    """The sum of the input and what the layers make of it; the widths must agree."""

    name: Text = Field(description="`residual`, or what reports call the block.")
    layers: list[Layer] = Field(min_length=1, description="The layers of the block.")
    activation: HiddenActivation | None = Field(None, description="Of the sum (none).")
    repeat: Repeat = Field(1, description="So many of this block, one after another.")


Layer = Annotated[
    Annotated[Width, Tag("<units>")]
    | Annotated[NormName, Tag("<word>")]
    | Annotated[Dense, Tag("<dense>")]
    | Annotated[Norm, Tag("<norm>")]
    | Annotated[Dropout, Tag("<dropout>")]
    | Annotated[Residual, Tag("<residual>")],
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
    batch_size: Count | None = Field(None, description="The training run's mini-batch; all rows where it is absent.")
    epochs: Count | None = Field(None, description="The training you plan; findings are judged against it.")
    precision: Precision = Field("float32", description="What you train in.")
    data: Data | None = Field(None, description="gaussian where it is absent.")
    weights: Text | None = Field(None, description="Path of an .npz, .safetensors or PyTorch file with given weights.")
    audit: Audit | None = Field(None, description="How to audit this model.")


MODELS: dict[str, type[BaseModel]] = {
    MODEL_KINDS["<dense>"]: Dense,
    MODEL_KINDS["<norm>"]: Norm,
    MODEL_KINDS["<dropout>"]: Dropout,
    MODEL_KINDS["<residual>"]: Residual,
    "the audit section": Audit,
    "a spec": Spec,
}
"""How a message calls the mapping → its model."""


def json_schema() -> dict[str, Any]:
    """The spec's JSON Schema, 2020-12."""
    schema: dict[str, Any] = without_null(Spec.model_json_schema())
    inputs = {**COUNT.schema(), "description": "The number of inputs."}
    schema["properties"]["layers"]["prefixItems"] = [inputs]
    return {"$schema": DIALECT, "title": "gradaudit model spec", **schema}
