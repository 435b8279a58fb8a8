"""A checked spec becomes the ModelSpec that everything behind the readers works on; defaults are filled in here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from gradaudit.inputs.layer_kinds import KINDS
from gradaudit.spec import (
    NORM_EPS,
    AuditOptions,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    ModelSpec,
    Named,
    NormSpec,
    ResidualSpec,
)

if TYPE_CHECKING:
    from gradaudit.inputs import schema


def model_spec(spec: schema.Spec, *, name: str, source: str, folder: str) -> ModelSpec:
    """The spec's nouns; `name` is for a spec that gives none, relative paths start at `folder`.

    Weights are not read yet: `audits_initialisation` and `assumed` already count on them.
    """
    layers = tuple(_layer(layer) for layer in spec.layers[1:])
    defaults = ModelSpec(name="", inputs=0, layers=())
    return ModelSpec(
        name=spec.name or name,
        inputs=_inputs(spec),
        layers=layers,
        activation=spec.activation or defaults.activation,
        output=spec.output,
        init=spec.init or defaults.init,
        bias=spec.bias,
        loss=spec.loss,
        l2=float(spec.l2),
        optimizer=spec.optimizer or defaults.optimizer,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        precision=spec.precision,
        data=_placed(spec.data, folder) if spec.data else defaults.data,
        audits_initialisation=_draws(spec, layers),
        audit=_audit(spec.audit),
        assumed=tuple(_assumed(spec, layers)),
        source=source,
    )


def _inputs(spec: schema.Spec) -> int:
    first = spec.layers[0]
    if not isinstance(first, int):
        raise TypeError(f"the first entry of layers is {first!r}: geometry should have refused it")
    return first


def _layer(layer: schema.Layer) -> LayerSpec:
    match layer:
        case int():
            return DenseSpec(layer)
        case "batch_norm" | "layer_norm":
            return NormSpec(layer)
    return _mapping(layer)


def _mapping(layer: schema.Dense | schema.Norm | schema.Dropout | schema.Residual) -> LayerSpec:
    from gradaudit.inputs import schema

    match layer:
        case schema.Dense():
            norm = layer.norm or Named("")
            own = (layer.activation, layer.init, layer.bias, _norm_name(norm.name))
            return DenseSpec(layer.units, *own, layer.repeat, layer.name, norm.number("eps", NORM_EPS))
        case schema.Norm():
            return NormSpec(layer.name, layer.repeat, eps=float(layer.eps), activation=layer.activation)
        case schema.Dropout():
            return DropoutSpec(float(layer.rate), layer.repeat, _own_name(layer.name), layer.activation)
        case schema.Residual():
            inside = tuple(_layer(inner) for inner in layer.layers)
            return ResidualSpec(inside, layer.repeat, _own_name(layer.name), layer.activation)


def _norm_name(name: str) -> Literal["batch_norm", "layer_norm"] | None:
    return "batch_norm" if name == "batch_norm" else "layer_norm" if name else None


def _own_name(name: str) -> str | None:
    """What the person calls it, where `name` is more than its kind."""
    return None if name in KINDS else name


def _placed(data: Named, folder: str) -> Named:
    """The data with its path relative to the working directory."""
    path = data.get("path")
    if path is None:
        return data
    return Named.of(data.name, **{**dict(data.parameters), "path": placed(str(path), folder)})


def placed(path: str, folder: str) -> str:
    """A path of the spec, seen from the working directory."""
    return str(PurePath(folder) / path)


def _dense(layers: tuple[LayerSpec, ...]) -> Iterator[DenseSpec]:
    for layer in layers:
        if isinstance(layer, ResidualSpec):
            yield from _dense(layer.layers)
        elif isinstance(layer, DenseSpec):
            yield layer


def _draws(spec: schema.Spec, layers: tuple[LayerSpec, ...]) -> bool:
    """Whether weights are drawn at all: not where they are given and nothing says how to draw them."""
    return spec.weights is None or spec.init is not None or any(layer.init is not None for layer in _dense(layers))


def _assumed(spec: schema.Spec, layers: tuple[LayerSpec, ...]) -> Iterator[str]:
    if spec.init is None and _draws(spec, layers) and any(layer.init is None for layer in _dense(layers)):
        yield "init"
    for key in ("loss", "optimizer", "epochs", "data"):
        if getattr(spec, key) is None:
            yield key


def _audit(audit: schema.Audit | None) -> AuditOptions:
    if audit is None:
        return AuditOptions()
    thresholds = tuple((rule, key, value) for rule, given in audit.rules.items() for key, value in given.items())
    return AuditOptions(
        audit.seeds,
        audit.seed,
        audit.samples,
        audit.effort,
        tuple(audit.select),
        tuple(audit.ignore),
        audit.fail_on,
        thresholds,
    )
